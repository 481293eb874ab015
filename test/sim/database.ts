import { GridError } from '../../shared/errors.ts';
import type { Registration } from '../../coordinator/store/agent-store.ts';
import type { Fence } from '../../coordinator/domain/task.ts';
import { memoryAgentStore } from '../../coordinator/store/memory/agent-store.ts';
import { memoryEventStore } from '../../coordinator/store/memory/event-store.ts';
import { memoryJobStore } from '../../coordinator/store/memory/job-store.ts';
import { memoryLeaseStore } from '../../coordinator/store/memory/lease-store.ts';
import { MemoryState } from '../../coordinator/store/memory/state.ts';
import type { WakeMessage, WakeSource } from '../../coordinator/store/wake-source.ts';
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

interface Held {
  readonly fence: Fence;
  readonly sessionId: string;
}

const READS = new Set(['context', 'list', 'get', 'task', 'tasks', 'head', 'after', 'countByState']);

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
  /** After each call that may have changed something. */
  onCall: (name: string, args: readonly unknown[]) => void = () => undefined;
  onCrash: (process: SimProcess) => void = () => undefined;
  readonly #world: World;
  readonly #random: Random;
  readonly #stores: Stores;
  readonly #listeners = new Map<SimProcess, (message: WakeMessage) => void>();

  constructor(world: World, random: Random, plant: Plant) {
    this.#world = world;
    this.#random = random;
    this.state = new MemoryState(new SimProcess(world, 'database'));
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

  #remote<S extends object>(store: S, process: SimProcess): S {
    const call = (name: string, args: unknown[]): Promise<unknown> =>
      this.#call(process, { name, args }, () =>
        (store as Record<string, (...given: unknown[]) => Promise<unknown>>)[name]?.(...args),
      );
    return new Proxy(store, {
      get:
        (_, name) =>
        (...args: unknown[]) =>
          call(String(name), args),
    });
  }

  async #call(
    process: SimProcess,
    { name, args }: { name: string; args: unknown[] },
    act: () => Promise<unknown> | undefined,
  ): Promise<unknown> {
    const { refused, unanswered, crash, slowMs } = this.faults;
    const random = this.#random;
    const dies = random.chance(crash);
    const early = random.chance(0.5);
    const isRefused = random.chance(refused);
    const isLost = random.chance(unanswered);
    const now = this.#world.nowMs;
    await this.#wait(random.whole(0, slowMs) + Math.max(0, this.faults.stalledUntilMs - now), process);
    if (dies && early) return this.#die(process);
    const down = this.#world.nowMs < this.faults.downUntilMs;
    if (isRefused || down) throw new GridError('unavailable', `the database refused ${name}`);
    const before = READS.has(name) ? undefined : this.#leases();
    const superseded = name === 'register' ? this.#sessionOf(args[0] as Registration) : undefined;
    const result = await act();
    if (before) {
      this.onCall(name, args);
      this.#notify(name, args, before);
      if (superseded !== undefined) this.say({ superseded });
    }
    if (dies) return this.#die(process);
    await this.#wait(random.whole(0, slowMs), process);
    if (isLost) throw new GridError('unavailable', `the answer of ${name} was lost`);
    return result;
  }

  /** An answer that comes to nobody is one that never comes. */
  #wait(ms: number, process: SimProcess): Promise<void> {
    return new Promise((resolve) => void this.#world.at(ms, () => process.run(resolve)));
  }

  #die(process: SimProcess): Promise<never> {
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

  #notify(name: string, args: readonly unknown[], before: ReadonlyMap<string, Held>): void {
    if (name === 'submit') this.say({ wake: 'tasks' });
    if (name === 'drain' || name === 'undrain') this.#sayAgent(name, args);
    if (!['cancel', 'revokeDrained', 'redoClip', 'retry', 'fail'].includes(name)) return;
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
    for (const [process, listener] of this.#listeners) {
      if (this.#random.chance(this.faults.lostNotify)) continue;
      this.#world.at(this.#random.whole(1, 50), () => process.run(() => listener(message)));
    }
  }
}
