import type { AgentGateway, OpenSession } from '../../coordinator/grid/agent-gateway.ts';
import { GridError, toGridError } from '../../shared/errors.ts';
import type { SessionRequest, SessionResponse } from '../../shared/gen/clipgrid/v1/session.ts';
import { copy } from './copy.ts';
import { fencesIn } from './story.ts';
import type { Random } from './random.ts';
import type { SimProcess, World } from './world.ts';

export type Request = NonNullable<SessionRequest['message']>;
export type Response = NonNullable<SessionResponse['message']>;
type Handler = (value?: never) => void;

export interface NetworkFaults {
  /** Longest time of a message, in milliseconds. */
  delayMs: number;
  /** Probability that a message breaks its stream, takes both sides silently apart, or arrives twice. */
  broken: number;
  halfOpen: number;
  twice: number;
}

/** A machine with agents on it, as the network sees it. */
export interface Machine {
  /** Until then nothing of it arrives anywhere, and nothing arrives there: all of that comes late. */
  holeUntilMs: number;
  /** The newest of its streams of which something arrived. */
  newestStream: number;
}

/** Hears what an agent says and what it is told, at the agent's end. */
export interface StreamWatch {
  said(message: Request): void;
  told(message: Response): void;
  /** So many messages wait for the agent to read them. */
  unread(messages: number): void;
  over(): void;
}

/** What an agent may say twice without being wrong: each is idempotent by its fence (L2, L3). */
const REPEATABLE: ReadonlySet<string> = new Set([
  'complete',
  'failed',
  'heartbeat',
  'uploadRequest',
  'release',
]);

const KEEPALIVE_MS = 20_000;
const LATE_MS = 400;

export interface StreamEnds {
  readonly world: World;
  readonly random: Random;
  readonly faults: NetworkFaults;
  readonly agent: SimProcess;
  readonly machine: Machine;
  readonly server: SimProcess;
  readonly gateway: AgentGateway;
  readonly watch: StreamWatch;
  /** Rises with each stream. */
  readonly ordinal: number;
}

/**
 * One gRPC stream, both ends: messages of one direction stay in order, those of two streams do not. What is under way
 * when it breaks is lost, or still comes to the coordinator when the agent may long be back on another stream.
 */
export class SimStream {
  writable = true;
  readonly #ends: StreamEnds;
  readonly #handlers = new Map<string, Handler>();
  #upMs = 0;
  #downMs = 0;
  #cut = false;
  #upLost = false;
  #silent = false;
  #unread = 0;
  #opening: Promise<void> | undefined;
  #open: OpenSession | undefined;
  #serverOver = false;
  #agentOver = false;

  constructor(ends: StreamEnds) {
    this.#ends = ends;
    if (!ends.server.alive) this.#ends.world.at(1, () => this.#toAgent('error', new Error('refused')));
  }

  /** Whether no message can pass any more. */
  get gone(): boolean {
    return this.#cut || (this.#agentOver && this.#serverOver);
  }

  on(event: string, handler: Handler): this {
    this.#handlers.set(event, handler);
    return this;
  }

  write({ message }: SessionRequest): void {
    if (message === undefined || this.#cut) return;
    this.#ends.watch.said(message);
    this.#fault();
    const { world, random, faults } = this.#ends;
    const again = REPEATABLE.has(message.$case) && random.chance(faults.twice);
    if (again) world.did('a message came twice');
    for (let k = 0; k < (again ? 2 : 1); k++) this.#up(() => this.#received(message));
  }

  /** The agent half-closes: what it said still arrives, then the coordinator ends the stream. */
  end(): void {
    this.writable = false;
    this.#up(() => this.#serverEnd('the agent ended the stream', true));
  }

  cancel(): void {
    if (this.#agentOver) return;
    this.#agentOver = true;
    this.writable = false;
    this.#ends.watch.over();
    this.#up(() => this.#closed('broken'));
  }

  /** The network, or one of the machines, is gone: both sides hear of it, where they can, the coordinator maybe late. */
  break(): void {
    if (this.#cut) return;
    const { world, random, server } = this.#ends;
    this.#cut = true;
    world.did('a stream broke');
    const late = random.chance(0.5);
    this.#upLost = !late;
    const afterMs = late ? Math.max(5, this.#upMs - world.nowMs) + random.whole(0, 3_000) : 5;
    world.at(afterMs, () => server.run(() => this.#closed('broken')));
    world.at(5, () => this.#toAgent('error', new Error('the connection broke')));
  }

  /** Nothing arrives any more, nobody hears of it before the keepalive does. */
  fallSilent(): void {
    if (this.#silent) return;
    this.#silent = true;
    this.#ends.world.did('a stream was half open');
    this.#ends.world.at(KEEPALIVE_MS, () => this.break());
  }

  #fault(): void {
    const { random, faults } = this.#ends;
    if (random.chance(faults.broken)) this.break();
    if (random.chance(faults.halfOpen)) this.fallSilent();
  }

  /** When what is sent now arrives. */
  #arrivalMs(notBeforeMs: number): number {
    const { world, random, faults, machine } = this.#ends;
    const delayMs = random.whole(1, faults.delayMs);
    if (delayMs > LATE_MS) world.did('a message was delayed');
    return Math.max(notBeforeMs, Math.max(world.nowMs, machine.holeUntilMs) + delayMs);
  }

  #up(fn: () => void): void {
    const { world, server, machine, ordinal } = this.#ends;
    this.#upMs = this.#arrivalMs(this.#upMs);
    world.at(this.#upMs - world.nowMs, () => {
      if (this.#upLost || this.#silent) return world.did('a message was dropped');
      if (machine.newestStream > ordinal) world.did('a message came after one of a newer stream');
      else machine.newestStream = ordinal;
      server.run(fn);
    });
  }

  #down(event: 'data' | 'end', value?: SessionResponse): void {
    const { world, watch } = this.#ends;
    this.#downMs = this.#arrivalMs(this.#downMs);
    watch.unread(++this.#unread);
    world.at(this.#downMs - world.nowMs, () => {
      if (this.#cut || this.#silent) return world.did('a message was dropped');
      this.#toAgent(event, value);
    });
  }

  #toAgent(event: string, value?: unknown): void {
    const { world, agent, watch } = this.#ends;
    agent.run(() => {
      if (event !== 'error') this.#unread--;
      if (this.#agentOver) return;
      if (event === 'data') {
        const { message } = value as SessionResponse;
        if (message) watch.told(message);
        if (message) world.say(() => `${agent.name} is told ${message.$case}${fencesIn(message.value)}`);
      }
      this.#handlers.get(event)?.(value as never);
    });
  }

  #received(message: Request): void {
    if (this.#serverOver) return;
    const { world, server } = this.#ends;
    world.say(() => `${server.name} is told ${message.$case}${fencesIn(message.value)}`);
    if (message.$case !== 'hello') return void this.#handle(message);
    this.#opening = this.#greet(message);
  }

  async #greet({ value }: Extract<Request, { $case: 'hello' }>): Promise<void> {
    const { gateway } = this.#ends;
    const send = (message: Response): boolean => {
      if (this.#serverOver) return false;
      this.#fault();
      this.#down('data', { message: copy(message) });
      return true;
    };
    const end = (reason: string, reconnect: boolean): void => this.#serverEnd(reason, reconnect);
    try {
      const open = await gateway.open(copy(value), { send, end });
      if (this.#serverOver) return await open.closed('broken');
      this.#open = open;
      send({ $case: 'welcome', value: open.welcome });
      if (open.drain) send({ $case: 'drain', value: open.drain });
    } catch (thrown) {
      const error = toGridError(thrown);
      const final = error.code === 'invalid_argument' || error.code === 'failed_precondition';
      this.#serverEnd(`${error.code}: ${error.message}`, !final);
    }
  }

  async #handle(message: Request): Promise<void> {
    try {
      await this.#opening;
      await this.#open?.receive(copy(message));
    } catch (thrown) {
      const error = toGridError(thrown);
      const passes = (thrown instanceof GridError && thrown.retryable) || error.code === 'unavailable';
      if (!passes) this.#serverEnd(`${error.code}: ${error.message}`, true);
    }
  }

  #serverEnd(reason: string, reconnect: boolean): void {
    if (this.#serverOver) return;
    this.#down('data', { message: { $case: 'goodbye', value: { reason, reconnect, reconnectAfterMs: 0 } } });
    this.#down('end');
    this.#closed('broken');
  }

  #closed(why: 'broken' | 'stopping'): void {
    if (this.#serverOver && this.#open === undefined) return;
    this.#serverOver = true;
    const open = this.#open;
    this.#open = undefined;
    if (open) void open.closed(why).catch(() => undefined);
  }
}
