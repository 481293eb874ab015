import { GridError } from '../../shared/errors.ts';
import type { Registration } from '../../coordinator/store/agent-store.ts';
import type { Fence } from '../../coordinator/domain/task.ts';
import { memoryAgentStore } from '../../coordinator/store/memory/agent-store.ts';
import { memoryEventStore } from '../../coordinator/store/memory/event-store.ts';
import { memoryJobStore } from '../../coordinator/store/memory/job-store.ts';
import { memoryLeaseStore } from '../../coordinator/store/memory/lease-store.ts';
import { MemoryState } from '../../coordinator/store/memory/state.ts';
import type { GrantedTask } from '../../coordinator/store/lease-store.ts';
import type { WakeMessage, WakeSource } from '../../coordinator/store/wake-source.ts';
import { copy } from './copy.ts';
import { addCounts, type Counts } from './happenings.ts';
import type { Random } from './random.ts';
import { SimProcess, type World } from './world.ts';

export function memoryStores(state: MemoryState) {
  return {
    leases: memoryLeaseStore(state),
    jobs: memoryJobStore(state),
    agents: memoryAgentStore(state),
    events: memoryEventStore(state),
  };
}

export type Stores = ReturnType<typeof memoryStores>;

/** What replaces parts of the stores by broken ones. */
export type Plant = (stores: Stores, state: MemoryState) => Stores;

/** Probabilities for each call. */
export interface DatabaseFaults {
  /** The call fails before it does anything. */
  refused: number;
  /** It happens, and its answer is lost. */
  unanswered: number;
  /** The caller dies: half of the times before, half of the times after it happened. */
  crash: number;
  slowMs: number;
  lostNotify: number;
  /** Until then nothing answers. */
  stalledUntilMs: number;
  /** Until then everything is refused. */
  downUntilMs: number;
}

interface Statement {
  readonly name: string;
  readonly args: readonly unknown[];
}

interface Held {
  readonly fence: Fence;
  readonly sessionId: string;
}

const READS = new Set(['context', 'list', 'get', 'task', 'tasks', 'head', 'after', 'countByState']);
const REVOKING = new Set(['cancel', 'revokeDrained', 'redoClip', 'retry', 'fail']);
const HOUR_MS = 3_600_000;
/** How much likelier than at other statements a crash is: some come all the time with nothing to do, some hardly ever. */
const CRASH_FACTOR: Readonly<Record<string, number>> = {
  expire: 0.03,
  revokeDrained: 0.03,
  grant: 0.3,
  submit: 3,
  commit: 5,
  fail: 8,
  shorten: 4,
  disconnect: 12,
  drain: 6,
  undrain: 12,
  cancel: 12,
  retry: 25,
  redoClip: 40,
};

/** The server's clock: that of the next server after a failover is a little different. */
class Server extends SimProcess {
  skewMs = 0;

  override wallMs(): number {
    return super.wallMs() + this.skewMs;
  }
}

/** One database for all coordinators: the memory stores, behind a connection that fails. */
export class SimDatabase {
  readonly state: MemoryState;
  readonly faults: DatabaseFaults = {
    refused: 0,
    unanswered: 0,
    crash: 0,
    slowMs: 5,
    lostNotify: 0,
    stalledUntilMs: 0,
    downUntilMs: 0,
  };
  /** At which statements a coordinator died, `before commit` or `after commit`. */
  readonly crashes: Counts<string> = {};
  /** After each call that may have changed something. */
  onCall: (name: string, args: readonly unknown[]) => void = () => undefined;
  onCrash: (process: SimProcess) => void = () => undefined;
  /** So many statements of one process are under way. */
  onUnderWay: (statements: number) => void = () => undefined;
  readonly #world: World;
  readonly #random: Random;
  readonly #stores: Stores;
  readonly #listeners = new Map<SimProcess, (message: WakeMessage) => void>();
  readonly #underWay = new Map<SimProcess, number>();
  readonly #server: Server;
  /** Rises with each failover: what was under way at the server before fails. */
  #primary = 0;

  constructor(world: World, random: Random, plant: Plant) {
    this.#world = world;
    this.#random = random;
    this.#server = new Server(world, 'database');
    this.state = new MemoryState(this.#server);
    this.#stores = plant(memoryStores(this.state), this.state);
  }

  seenFrom(process: SimProcess): Stores {
    const { leases, jobs, agents, events } = this.#stores;
    return {
      leases: this.#remote(leases, process),
      jobs: this.#remote(jobs, process),
      agents: this.#remote(agents, process),
      events: this.#remote(events, process),
    };
  }

  wakeSource(process: SimProcess): WakeSource {
    return {
      listen: (onMessage) => void this.#listeners.set(process, onMessage),
      stop: async () => void this.#listeners.delete(process),
    };
  }

  /** Somebody sets the server's clock, by seconds or by days. */
  jumpClock(): void {
    const byMs = this.#random.whole(500, this.#random.pick([10_000, HOUR_MS, 50 * HOUR_MS]));
    const on = this.#random.chance(0.5);
    this.#world.did(on ? 'the clock of the database jumped on' : 'the clock of the database jumped back');
    this.#world.say(() => `the clock of the database jumps ${byMs} ms ${on ? 'on' : 'back'}`);
    this.#server.skewMs += on ? byMs : -byMs;
  }

  /** Another server takes over: committed work is there, connections and what was on its way over them are not. */
  failOver(): void {
    this.#world.did('the database failed over');
    this.#primary++;
    this.#server.skewMs += this.#random.whole(-100, 100);
    const awayMs = this.#world.troubledFor(this.#random.whole(500, 6_000));
    this.faults.downUntilMs = this.#world.nowMs + awayMs;
  }

  #remote<S extends object>(store: S, process: SimProcess): S {
    const call = (name: string, args: unknown[]): Promise<unknown> =>
      this.#counted(process, { name, args }, () =>
        (store as Record<string, (...given: unknown[]) => Promise<unknown>>)[name]?.(...args),
      );
    const names = Object.keys(store);
    return Object.fromEntries(
      names.map((name) => [name, (...args: unknown[]): Promise<unknown> => call(name, args)]),
    ) as S;
  }

  async #counted(
    process: SimProcess,
    statement: Statement,
    act: () => Promise<unknown> | undefined,
  ): Promise<unknown> {
    const before = this.#underWay.get(process) ?? 0;
    this.#underWay.set(process, before + 1);
    this.onUnderWay(before + 1);
    try {
      return await this.#call(process, statement, act);
    } finally {
      this.#underWay.set(process, (this.#underWay.get(process) ?? 1) - 1);
    }
  }

  async #call(
    process: SimProcess,
    { name, args }: Statement,
    act: () => Promise<unknown> | undefined,
  ): Promise<unknown> {
    const { refused, unanswered, crash, slowMs } = this.faults;
    const random = this.#random;
    const world = this.#world;
    const dies = random.chance(crash * (CRASH_FACTOR[name] ?? 1));
    const early = random.chance(0.5);
    const isRefused = random.chance(refused);
    const isLost = random.chance(unanswered);
    const primary = this.#primary;
    await this.#wait(
      random.whole(0, slowMs) + Math.max(0, this.faults.stalledUntilMs - world.nowMs),
      process,
    );
    if (dies && early) return this.#die(process, 'before', name);
    const down = world.nowMs < this.faults.downUntilMs || this.#primary !== primary;
    if (isRefused) world.did('a statement was refused');
    if (isRefused || down) throw new GridError('unavailable', `the database refused ${name}`);
    const before = REVOKING.has(name) ? this.#leases() : undefined;
    const superseded = name === 'register' ? this.#sessionOf(args[0] as Registration) : undefined;
    const result = await act();
    if (!READS.has(name)) this.onCall(name, args);
    if (before) this.#sayRevoked(name, before);
    this.#notify(name, args);
    if (superseded !== undefined) this.say({ superseded });
    if (dies) return this.#die(process, 'after', name);
    await this.#wait(random.whole(0, slowMs), process);
    if (isLost || this.#primary !== primary) {
      world.did('the answer of a statement was lost');
      throw new GridError('unavailable', `the answer of ${name} was lost`);
    }
    return name === 'grant' ? unshared(result as GrantedTask[]) : result;
  }

  /** An answer that comes to nobody is one that never comes. */
  #wait(ms: number, process: SimProcess): Promise<void> {
    return new Promise((resolve) => void this.#world.at(ms, () => process.run(resolve)));
  }

  #die(process: SimProcess, when: 'before' | 'after', statement: string): Promise<never> {
    this.#world.did(`a coordinator crashed ${when} a statement`);
    addCounts(this.crashes, { [`${when} ${statement}`]: 1 });
    this.#listeners.delete(process);
    this.onCrash(process);
    return new Promise(() => undefined);
  }

  #leases(): Map<string, Held> {
    const leased = this.state.tasks().filter((task) => task.state === 'leased');
    return new Map(
      leased.map(({ taskId, epoch, lease }) => [
        taskId,
        { fence: { taskId, epoch, leaseId: lease?.leaseId ?? '' }, sessionId: lease?.sessionId ?? '' },
      ]),
    );
  }

  #notify(name: string, args: readonly unknown[]): void {
    if (name === 'submit') this.say({ wake: 'tasks' });
    if (name === 'drain' || name === 'undrain') this.#sayAgent(name, args);
  }

  #sayRevoked(name: string, before: ReadonlyMap<string, Held>): void {
    for (const [taskId, { fence, sessionId }] of before) {
      const task = this.state.jobOf(taskId)?.tree.tasks.get(taskId);
      const ended = task?.lease?.leaseId !== fence.leaseId && task?.committedBy !== fence.leaseId;
      if (ended) this.say({ revoke: fence, sessionId, reason: name });
    }
  }

  #sessionOf({ hello }: Registration): string | undefined {
    return this.state.agents.get(hello.agentId)?.sessionId;
  }

  #sayAgent(name: string, args: readonly unknown[]): void {
    const record = this.state.agents.get(String(args[0]));
    if (record?.sessionId === undefined) return;
    const deadlineS = typeof args[1] === 'number' ? args[1] : 0;
    this.say({ sessionId: record.sessionId, drain: name === 'drain', deadlineS });
  }

  /** NOTIFY: to whoever listens, late or not at all (L7). */
  say(message: WakeMessage): void {
    const primary = this.#primary;
    for (const [process, listener] of this.#listeners) {
      const lost = this.#random.chance(this.faults.lostNotify);
      this.#world.at(this.#random.whole(1, 50), () => {
        if (lost || primary !== this.#primary) return this.#world.did('a notification was lost');
        process.run(() => listener(message));
      });
    }
  }
}

/** Every grant reads its spec anew from the database. */
function unshared(granted: readonly GrantedTask[]): GrantedTask[] {
  return granted.map((task) => ({ ...task, spec: copy(task.spec) }));
}
