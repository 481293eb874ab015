import type { AgentRecord, TaskRecord } from '../../coordinator/store/memory/records.ts';
import type { MemoryState } from '../../coordinator/store/memory/state.ts';
import type { Judge } from './rules.ts';
import { label } from './task-rules.ts';

/** Longer than the watchdog, and than the upload and commit after the last frame, may take while things go wrong. */
const NO_PROGRESS_MS = 90_000;
/** Once nothing goes wrong any more: longer than a coordinator may believe a slot to be taken. */
const IDLE_MS = 25_000;
const BEATS_MS = 5_000;

interface Progress {
  readonly framesDone: number;
  readonly sinceMs: number;
}

/** What must go on; looked at with each sweep. */
export class ProgressRules {
  readonly #judge: Judge;
  readonly #state: MemoryState;
  readonly #trueMs: () => number;
  #progress = new Map<string, Progress>();

  constructor(judge: Judge, { state, trueMs }: { state: MemoryState; trueMs: () => number }) {
    this.#judge = judge;
    this.#state = state;
    this.#trueMs = trueMs;
  }

  /** `healthyMs`: for how long nothing has gone wrong. */
  swept(healthyMs: number): void {
    const ready: TaskRecord[] = [];
    const next = new Map<string, Progress>();
    const busy = new Map<string, number>();
    for (const record of this.#state.jobs.values()) {
      for (const task of record.tree.tasks.values()) {
        if (task.state === 'ready') ready.push(task);
        const { lease } = task;
        if (task.state !== 'leased' || lease === undefined) continue;
        busy.set(lease.agentId, (busy.get(lease.agentId) ?? 0) + 1);
        next.set(lease.leaseId, this.#goesOn(task, this.#progress.get(lease.leaseId)));
      }
    }
    this.#progress = next;
    for (const task of ready) this.#isFound(task, busy, healthyMs);
  }

  #goesOn(task: TaskRecord, last: Progress | undefined): Progress {
    const nowMs = this.#trueMs();
    const { framesDone } = task;
    if (last === undefined || framesDone > last.framesDone) return { framesDone, sinceMs: nowMs };
    const quietMs = nowMs - last.sinceMs;
    this.#judge.check('L14', quietMs <= NO_PROGRESS_MS, () => `${label(task)} makes no progress`);
    return last;
  }

  #isFound(task: TaskRecord, busy: ReadonlyMap<string, number>, healthyMs: number): void {
    const waitedMs = Math.min(healthyMs, this.#state.nowMs - task.readyAtMs);
    const agents = waitedMs <= IDLE_MS ? [] : [...this.#state.agents.values()];
    const idle = agents.find((agent) => this.#isIdle(agent, task, busy));
    this.#judge.check(
      'L7',
      idle === undefined,
      () => `${idle?.view.agentId} is idle and ${label(task)} waits`,
    );
  }

  #isIdle(
    { view, drain, sessionId }: AgentRecord,
    task: TaskRecord,
    busy: ReadonlyMap<string, number>,
  ): boolean {
    const { nowMs } = this.#state;
    const known = view.state === 'online' && sessionId !== undefined && drain === undefined;
    const beats = nowMs - view.lastSeenAt.getTime() < BEATS_MS;
    const settled = nowMs - (view.connectedAt?.getTime() ?? nowMs) > IDLE_MS;
    const { agentFailures } = this.#state.job(task.jobId).tree.job;
    const blamed = task.failedAgents.includes(view.agentId) || agentFailures.has(view.agentId);
    return known && beats && settled && !blamed && (busy.get(view.agentId) ?? 0) < view.slots;
  }
}
