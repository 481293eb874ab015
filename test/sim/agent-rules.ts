import type { MemoryState } from '../../coordinator/store/memory/state.ts';
import { commonWork } from '../../shared/common-work.ts';
import type { Fence, LeaseGrant } from '../../shared/gen/clipgrid/v1/lease.ts';
import type { SimAgent } from './agent.ts';
import type { Request, Response, StreamWatch } from './network.ts';
import type { Judge } from './rules.ts';

export interface AgentTimes {
  readonly ttlMs: number;
  readonly marginMs: number;
  readonly heartbeatMs: number;
}

export interface AgentRulesDeps {
  readonly agent: SimAgent;
  readonly state: MemoryState;
  readonly times: AgentTimes;
}

/** More than a stopped or silent agent can be sent before its stream ends. */
const MAX_UNREAD = 64;
/** A heartbeat waits so long for the machine's load at most, and timers are not exact. */
const BEAT_SLACK_MS = 1_000;

/** One stream as its agent has seen it so far. */
interface Seen {
  helloMs: number;
  readonly beats: Map<number, number>;
  /** Undefined before the Welcome and after the end. */
  beatMs: number | undefined;
  draining: boolean;
}

/** What one agent may do, judged from what it said and was told, never from what it believes. */
export class AgentRules {
  readonly #judge: Judge;
  readonly #agent: SimAgent;
  readonly #state: MemoryState;
  readonly #times: AgentTimes;
  /** The trust deadline of each lease, on the agent's clock. */
  readonly #trustMs = new Map<string, number>();
  /** The first lease of its slot, by lease. */
  readonly #slots = new Map<string, string>();
  #stream: Seen | undefined;

  constructor(judge: Judge, { agent, state, times }: AgentRulesDeps) {
    this.#judge = judge;
    this.#agent = agent;
    this.#state = state;
    this.#times = times;
  }

  watch(): StreamWatch {
    const seen: Seen = { helloMs: 0, beats: new Map(), beatMs: undefined, draining: false };
    this.#stream = seen;
    return {
      said: (message) => this.#said(seen, message),
      told: (message) => this.#told(seen, message),
      unread: (messages) =>
        this.#judge.check(
          'L9',
          messages <= MAX_UNREAD,
          () => `${messages} messages wait for ${this.#agent.deps.agentId}`,
        ),
      over: () => (seen.beatMs = undefined),
    };
  }

  /** Nothing more happens at this moment. */
  momentOver(): void {
    const { process } = this.#agent.deps;
    if (!process.alive || process.paused) return;
    const nowMs = process.monotonicMs();
    for (const { fence, abort } of this.#agent.working) {
      if (abort.signal.aborted) continue;
      const trustMs = Math.max(process.wokenMs, this.#trustMs.get(fence.leaseId) ?? 0);
      const lateMs = nowMs - trustMs - process.behindMs;
      this.#judge.check('L5', lateMs <= 1, () => `${process.name} works on ${fence.taskId.slice(0, 4)}`);
    }
    const { draining, beatMs } = this.#stream ?? {};
    if (!draining || beatMs === undefined) return;
    const mostMs = this.#times.heartbeatMs + BEAT_SLACK_MS + 4 * process.behindMs;
    this.#judge.check(
      'L13',
      nowMs - Math.max(process.wokenMs, beatMs) <= mostMs,
      () => `${process.name} drains and is silent`,
    );
  }

  #said(seen: Seen, message: Request): void {
    const nowMs = this.#agent.deps.process.monotonicMs();
    if (message.$case === 'hello') seen.helloMs = nowMs;
    if (message.$case !== 'heartbeat') return;
    seen.beats.set(message.value.sequence, nowMs);
    seen.beatMs = nowMs;
  }

  #told(seen: Seen, message: Response): void {
    const { agentId, slots, process } = this.#agent.deps;
    switch (message.$case) {
      case 'welcome':
        seen.beatMs = process.monotonicMs();
        for (const { leaseId } of message.value.keptLeases) this.#trust(leaseId, seen.helloMs);
        return;
      case 'heartbeatAck': {
        const sentMs = seen.beats.get(message.value.sequence);
        if (sentMs === undefined) return;
        const { putOff, renewed } = message.value;
        // The database is away: it gives the leases to nobody else (L12).
        const fences = putOff ? [...this.#agent.working].map(({ fence }) => fence) : renewed;
        for (const { leaseId } of fences) this.#trust(leaseId, sentMs);
        return;
      }
      case 'grant':
        this.#judge.check('quota', this.#busy() < slots, () => `${agentId} is granted more than it can do`);
        return this.#granted(message.value);
      case 'drain':
        seen.draining = !message.value.undo;
        return;
      case 'revoke':
      case 'outputRequest':
      case 'uploadGrant':
      case 'partResult':
      case 'commitResult':
      case 'challenge':
      case 'goodbye':
    }
  }

  /** Leases of one slot begin with the same work, and none of them was begun before. */
  #granted({ fence, spec, companions }: LeaseGrant): void {
    const { process } = this.#agent.deps;
    const { check } = this.#judge;
    const slot = fence?.leaseId ?? '';
    const common = spec && commonWork(spec);
    for (const one of [{ fence, spec }, ...companions]) {
      const leaseId = one.fence?.leaseId ?? '';
      this.#slots.set(leaseId, slot);
      this.#trust(leaseId, process.monotonicMs());
      if (companions.length === 0) return;
      const work = one.spec && commonWork(one.spec);
      const alike = work !== undefined && common !== undefined && Buffer.compare(work, common) === 0;
      check('one slot', alike, () => `${leaseId.slice(0, 4)} has nothing in common with ${slot.slice(0, 4)}`);
      const first = this.#triesOf(one.fence) <= 1;
      check('one slot', first, () => `${leaseId.slice(0, 4)} was begun before, and is not alone`);
    }
  }

  /** Attempts of its task with this one; 0: another one has begun meanwhile. */
  #triesOf({ taskId, epoch }: Fence = { taskId: '', epoch: 0, leaseId: '' }): number {
    const task = this.#state.jobOf(taskId)?.tree.tasks.get(taskId);
    return task?.epoch === epoch ? task.attempts : 0;
  }

  /** Slots with leases that it works on and that are its own: those that ended meanwhile it gives up with its next heartbeat. */
  #busy(): number {
    const working = [...this.#agent.working];
    const live = working.filter(({ fence, abort }) => !abort.signal.aborted && this.#isLive(fence));
    return new Set(live.map(({ fence }) => this.#slots.get(fence.leaseId))).size;
  }

  #isLive({ taskId, leaseId }: Fence): boolean {
    const task = this.#state.jobOf(taskId)?.tree.tasks.get(taskId);
    return task?.state === 'leased' && task.lease?.leaseId === leaseId;
  }

  #trust(leaseId: string, fromMs: number): void {
    const { ttlMs, marginMs } = this.#times;
    const untilMs = fromMs + ttlMs - marginMs;
    this.#trustMs.set(leaseId, Math.max(untilMs, this.#trustMs.get(leaseId) ?? 0));
  }
}
