import type { Fence } from '../../coordinator/domain/task.ts';
import type { Completion } from '../../coordinator/store/lease-store.ts';
import type { JobRecord, TaskRecord } from '../../coordinator/store/memory/records.ts';
import type { MemoryState } from '../../coordinator/store/memory/state.ts';
import { CLOCK_SLACK_MS } from '../../coordinator/domain/sweep.ts';
import { JobRules } from './job-rules.ts';
import type { SimObjects } from './objects.ts';
import { ProgressRules } from './progress-rules.ts';
import type { Judge } from './rules.ts';
import { label, TaskRules } from './task-rules.ts';

export interface Times {
  readonly ttlMs: number;
  readonly graceMs: number;
  readonly outageMs: number;
}

export interface Watched {
  readonly state: MemoryState;
  readonly objects: SimObjects;
  readonly frames: number;
  readonly times: Times;
  /** Time that does not jump. */
  trueMs(): number;
}

/** More than a coordinator of this size may have under way, however long the database does not answer. */
const MAX_STATEMENTS = 64;

/** Watches all that the database ever holds: after each call each rule must hold of what the call changed. */
export class Invariants {
  readonly #judge: Judge;
  readonly #state: MemoryState;
  readonly #objects: SimObjects;
  readonly #times: Times;
  readonly #tasks: TaskRules;
  readonly #jobs: JobRules;
  readonly #progress: ProgressRules;
  /** Records are never changed but replaced: what is the same object is unchanged. */
  readonly #before = new Map<string, JobRecord>();
  #sweptAtMs: number;
  #heldUntilMs = 0;
  #objectsSeen = 0;

  constructor(judge: Judge, watched: Watched) {
    const { state, objects, times } = watched;
    this.#judge = judge;
    this.#state = state;
    this.#objects = objects;
    this.#times = times;
    this.#tasks = new TaskRules(judge, { state, objects, ttlMs: times.ttlMs });
    this.#jobs = new JobRules(judge, watched);
    this.#progress = new ProgressRules(judge, watched);
    this.#sweptAtMs = state.nowMs;
  }

  /** `healthyMs`: for how long nothing has gone wrong; `acknowledged`: jobs of which somebody was told. */
  after(
    { name, args }: { name: string; args: readonly unknown[] },
    { healthyMs, acknowledged }: { healthyMs: number; acknowledged: readonly string[] },
  ): void {
    if (name === 'expire') this.#swept(healthyMs);
    if (name === 'commit') this.#mayCommit(args[0] as readonly Completion[]);
    for (const record of this.#state.jobs.values()) {
      const { jobId } = record.input;
      const before = this.#before.get(jobId);
      if (before === record) continue;
      this.#before.set(jobId, record);
      for (const [taskId, after] of record.tree.tasks) {
        const task = before?.tree.tasks.get(taskId);
        if (task !== after)
          this.#tasks.changed({ name, before: task, after, heldUntilMs: this.#heldUntilMs });
      }
      this.#jobs.changed(record);
    }
    if (name === 'adopt') this.#adopted(args[0] as { agentId: string; sessionId: string });
    if (name === 'shorten') this.#shortened(String(args[0]));
    const { size } = this.#state.jobs;
    this.#judge.check('no job lost', size >= acknowledged.length, () => `${size} jobs are left`);
    this.#objectsChanged();
  }

  underWay(statements: number): void {
    this.#judge.check('L9', statements <= MAX_STATEMENTS, () => `${statements} statements wait`);
  }

  ended(acknowledged: readonly string[]): void {
    this.#jobs.ended(acknowledged);
  }

  #objectsChanged(): void {
    const { changed } = this.#objects;
    for (; this.#objectsSeen < changed.length; this.#objectsSeen++) {
      const key = changed[this.#objectsSeen] ?? '';
      this.#judge.check('L6', !this.#tasks.published.has(key), () => `${key} was changed`);
    }
  }

  #swept(healthyMs: number): void {
    const { nowMs, sweepMark } = this.#state;
    const passedMs = nowMs - this.#sweptAtMs;
    if (passedMs > this.#times.outageMs) this.#heldUntilMs = nowMs + this.#times.ttlMs;
    // The clock jumped back: what is left of a hold stays the same.
    if (passedMs < 0) this.#heldUntilMs += passedMs;
    this.#sweptAtMs = nowMs;
    this.#progress.swept(healthyMs);
    if (sweepMark.heldUntilMs > nowMs) return;
    const latestMs = nowMs + this.#times.ttlMs + CLOCK_SLACK_MS;
    for (const task of this.#state.tasks()) {
      const inTime = task.state !== 'leased' || (task.lease?.untilMs ?? 0) <= latestMs;
      this.#judge.check('L4', inTime, () => `${label(task)} is leased for more than a ttl`);
    }
  }

  /** L3 and L11, before the rest is compared: what the completions met is what was there before. */
  #mayCommit(completions: readonly Completion[]): void {
    for (const { fence } of completions) {
      const after = this.#state.jobOf(fence.taskId)?.tree.tasks.get(fence.taskId);
      const before = this.#known(fence);
      if (before === undefined || after === undefined) continue;
      const current = before.epoch === fence.epoch && before.lease?.leaseId === fence.leaseId;
      const late = before.state === 'ready' && current;
      const done = after.state === 'succeeded' && after.committedBy === fence.leaseId;
      this.#judge.check('L11', !late || done, () => `late work on ${label(before)} was thrown away`);
      const again = before.state === 'succeeded' && before.committedBy === fence.leaseId;
      const same = after.content === before.content && after.output === before.output;
      this.#judge.check('L3', !again || same || after.epoch > before.epoch, () => `${label(before)} changed`);
      const superseded = before.epoch > fence.epoch;
      this.#judge.check('L11', !superseded || !done, () => `${label(before)} took superseded work`);
    }
  }

  #known({ taskId }: Fence): TaskRecord | undefined {
    const jobId = this.#state.jobOf(taskId)?.input.jobId;
    return jobId === undefined ? undefined : this.#before.get(jobId)?.tree.tasks.get(taskId);
  }

  #adopted({ agentId, sessionId }: { agentId: string; sessionId: string }): void {
    for (const task of this.#state.tasks()) {
      const other =
        task.state === 'leased' && task.lease?.agentId === agentId && task.lease.sessionId !== sessionId;
      this.#judge.check('L8', !other, () => `${label(task)} stays with an old session of ${agentId}`);
    }
  }

  #shortened(sessionId: string): void {
    const latest = this.#state.nowMs + this.#times.graceMs;
    for (const task of this.#state.tasks()) {
      const held = task.state === 'leased' && task.lease?.sessionId === sessionId;
      const short = !held || (task.lease?.untilMs ?? 0) <= latest;
      this.#judge.check('grace', short, () => `${label(task)} outlives the grace`);
    }
  }
}
