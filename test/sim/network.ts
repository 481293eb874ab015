import type { AgentGateway, OpenSession } from '../../coordinator/grid/agent-gateway.ts';
import { GridError, toGridError } from '../../shared/errors.ts';
import type { SessionRequest, SessionResponse } from '../../shared/gen/clipgrid/v1/session.ts';
import type { Random } from './random.ts';
import type { SimProcess, World } from './world.ts';

type Request = NonNullable<SessionRequest['message']>;
type Handler = (value?: never) => void;

export interface NetworkFaults {
  /** Longest time of a message, in milliseconds. */
  delayMs: number;
  /** Probability that a message breaks its stream, takes both sides silently apart, or arrives twice. */
  broken: number;
  halfOpen: number;
  twice: number;
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

export interface StreamEnds {
  readonly world: World;
  readonly random: Random;
  readonly faults: NetworkFaults;
  readonly agent: SimProcess;
  readonly server: SimProcess;
  readonly gateway: AgentGateway;
}

/** One gRPC stream, both ends: messages of one direction stay in order; those of two streams do not. */
export class SimStream {
  writable = true;
  readonly #ends: StreamEnds;
  readonly #handlers = new Map<string, Handler>();
  #upMs = 0;
  #downMs = 0;
  #cut = false;
  #silent = false;
  #opening: Promise<void> | undefined;
  #open: OpenSession | undefined;
  #serverOver = false;
  #agentOver = false;

  constructor(ends: StreamEnds) {
    this.#ends = ends;
    if (!ends.server.alive) this.#ends.world.at(1, () => this.#toAgent('error', new Error('refused')));
  }

  /** Whether messages may still pass. */
  get gone(): boolean {
    return this.#cut || (this.#agentOver && this.#serverOver);
  }

  on(event: string, handler: Handler): this {
    this.#handlers.set(event, handler);
    return this;
  }

  write({ message }: SessionRequest): void {
    if (message === undefined) return;
    this.#fault();
    const times = REPEATABLE.has(message.$case) && this.#ends.random.chance(this.#ends.faults.twice) ? 2 : 1;
    for (let k = 0; k < times; k++) this.#up(() => this.#received(message));
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
    this.#up(() => this.#closed('broken'));
  }

  /** The network, or one of the machines, is gone: both sides hear of it, where they can. */
  break(): void {
    if (this.#cut) return;
    this.#cut = true;
    this.#ends.world.at(5, () => this.#ends.server.run(() => this.#closed('broken')));
    this.#ends.world.at(5, () => this.#toAgent('error', new Error('the connection broke')));
  }

  /** A black hole: nothing arrives any more, nobody hears of it before the keepalive does. */
  fallSilent(): void {
    if (this.#silent) return;
    this.#silent = true;
    this.#ends.world.at(KEEPALIVE_MS, () => this.break());
  }

  #fault(): void {
    const { random, faults } = this.#ends;
    if (random.chance(faults.broken)) this.break();
    if (random.chance(faults.halfOpen)) this.fallSilent();
  }

  #up(fn: () => void): void {
    const { world, random, faults, server } = this.#ends;
    this.#upMs = Math.max(this.#upMs, world.nowMs + random.whole(1, faults.delayMs));
    world.at(this.#upMs - world.nowMs, () => {
      if (!this.#cut && !this.#silent) server.run(fn);
    });
  }

  #down(event: 'data' | 'end', value?: SessionResponse): void {
    const { world, random, faults } = this.#ends;
    this.#downMs = Math.max(this.#downMs, world.nowMs + random.whole(1, faults.delayMs));
    world.at(this.#downMs - world.nowMs, () => {
      if (!this.#cut && !this.#silent) this.#toAgent(event, value);
    });
  }

  #toAgent(event: string, value?: unknown): void {
    this.#ends.agent.run(() => {
      if (!this.#agentOver) this.#handlers.get(event)?.(value as never);
    });
  }

  #received(message: Request): void {
    if (this.#serverOver) return;
    if (message.$case !== 'hello') return void this.#handle(message);
    this.#opening = this.#greet(message);
  }

  async #greet({ value }: Extract<Request, { $case: 'hello' }>): Promise<void> {
    const { gateway } = this.#ends;
    const send = (message: NonNullable<SessionResponse['message']>): boolean => {
      if (this.#serverOver) return false;
      this.#fault();
      this.#down('data', { message: structuredClone(message) });
      return true;
    };
    const end = (reason: string, reconnect: boolean): void => this.#serverEnd(reason, reconnect);
    try {
      const open = await gateway.open(structuredClone(value), { send, end });
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
      await this.#open?.receive(structuredClone(message));
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
