import { isForgiven } from '../../coordinator/domain/sweep.ts';
import type { MemoryState } from '../../coordinator/store/memory/state.ts';
import type { TaskRecord } from '../../coordinator/store/memory/records.ts';
import { digest, type SimObjects } from './objects.ts';
import { FRAMES, isFilm } from './work.ts';

/** A rule of the design was broken. */
export class Violation extends Error {
  override readonly name = 'Violation';
  readonly rule: string;

  constructor(rule: string, message: string) {
    super(`${rule}: ${message}`);
    this.rule = rule;
  }
}

export interface Times {
  readonly ttlMs: number;
  readonly graceMs: number;
  readonly outageMs: number;
}

interface Step {
  readonly name: string;
  readonly args: readonly unknown[];
  readonly before: TaskRecord | undefined;
  readonly after: TaskRecord;
}

function check(rule: string, holds: boolean, message: () => string): void {
  if (!holds) throw new Violation(rule, message());
}

function label({ kind, clipIndex, taskId, epoch }: TaskRecord): string {
  return `${kind} ${clipIndex} ${taskId.slice(0, 4)}/${epoch}`;
}

/** Watches all that the database ever holds: after each call each rule must hold. */
export class Invariants {
  readonly #state: MemoryState;
  readonly #objects: SimObjects;
  readonly #times: Times;
  #before = new Map<string, TaskRecord>();
  #sweptAtMs: number;
  #heldUntilMs = 0;

  constructor(state: MemoryState, objects: SimObjects, times: Times) {
    this.#state = state;
    this.#objects = objects;
    this.#times = times;
    this.#sweptAtMs = state.nowMs;
  }

  after(name: string, args: readonly unknown[]): void {
    if (name === 'expire') this.#swept();
    const tasks = new Map(this.#state.tasks().map((task) => [task.taskId, task]));
    for (const [taskId, after] of tasks) {
      const before = this.#before.get(taskId);
      if (before !== after) this.#changed({ name, args, before, after });
    }
    for (const record of this.#state.jobs.values()) this.#wholeJob(record.tree);
    if (name === 'adopt') this.#adopted(args[0] as { agentId: string; sessionId: string });
    if (name === 'shorten') this.#shortened(String(args[0]));
    check(
      'L6',
      this.#objects.overwritten.length === 0,
      () => `${this.#objects.overwritten[0]} was overwritten`,
    );
    this.#before = tasks;
  }

  /** At the end: every job has ended well or with a reason, and a result is the film. */
  ended(acknowledged: readonly string[]): void {
    for (const jobId of acknowledged) {
      const record = this.#state.jobs.get(jobId);
      check('no job lost', record !== undefined, () => `job ${jobId} was acknowledged and is gone`);
      const { state } = record!.tree.job;
      const over = ['succeeded', 'failed', 'cancelled'].includes(state);
      check('L15', over, () => `job ${jobId.slice(0, 4)} is still ${state}`);
      if (state === 'failed')
        check('L15', Boolean(record?.failure?.message), () => `job ${jobId} failed without a reason`);
      if (state !== 'succeeded') continue;
      const bytes = this.#objects.bytes.get(record?.result?.key ?? '');
      check('M3', bytes !== undefined && isFilm(bytes), () => `the result of ${jobId} is not the film`);
    }
  }

  #changed(step: Step): void {
    const { before, after } = step;
    if (before) this.#epoch(before, step);
    if (before?.state === 'succeeded') this.#unchanged(before, after);
    if (after.state === 'succeeded' && before?.state !== 'succeeded') this.#committed(before, after);
    if (after.state === 'leased' && before?.lease?.leaseId !== after.lease?.leaseId) this.#granted(step);
    if (step.name === 'renew' && before) this.#renewed(before, after);
    if (step.name === 'expire' && before?.state === 'leased' && after.state === 'ready')
      this.#expired(before);
    if (step.name === 'retry' && after.state === 'ready')
      check(
        'failure policy',
        after.failedAgents.length === 0,
        () => `${label(after)} keeps its failed agents`,
      );
  }

  #epoch(before: TaskRecord, { after }: Step): void {
    const rise = after.epoch - before.epoch;
    check('L1', rise >= 0 && rise <= 1, () => `${label(after)} rose by ${rise}`);
    const another = after.state === 'leased' && before.lease?.leaseId !== after.lease?.leaseId;
    check('L1', !another || rise === 1, () => `${label(after)} was granted under its old epoch`);
    const taken = after.state === 'cancelled' && before.state !== 'cancelled';
    check('L1', !taken || rise === 1, () => `${label(after)} was cancelled under its old epoch`);
  }

  #unchanged(before: TaskRecord, after: TaskRecord): void {
    if (after.epoch > before.epoch) return;
    const same = after.state === 'succeeded' && after.committedBy === before.committedBy;
    check('L3', same && after.content === before.content, () => `${label(after)} was committed and changed`);
  }

  #committed(before: TaskRecord | undefined, after: TaskRecord): void {
    const fence = before?.lease?.leaseId;
    const current = fence !== undefined && after.committedBy === fence && after.epoch === before?.epoch;
    check('L2', current, () => `${label(after)} was committed by ${after.committedBy}, not by ${fence}`);
    for (const { key, sha256 } of after.output?.artifacts ?? []) {
      const bytes = this.#objects.bytes.get(key);
      const right = bytes !== undefined && digest('sha256', bytes) === sha256;
      check('L6', right, () => `the artifact ${key} of ${label(after)} is not what was committed`);
    }
  }

  #granted({ name, before, after }: Step): void {
    const { lease } = after;
    check('L11', before === undefined || before.state === 'ready', () => `${label(after)} has two leases`);
    const agent = this.#state.agents.get(lease?.agentId ?? '');
    check(
      'L8',
      agent?.sessionId === lease?.sessionId,
      () => `${name}: ${label(after)} went to an old session`,
    );
    check('L13', agent?.drain === undefined, () => `${label(after)} was granted to a drained agent`);
    const atMost = this.#state.nowMs + this.#times.ttlMs;
    check('L4', (lease?.untilMs ?? 0) <= atMost, () => `${label(after)} is leased for more than a ttl`);
  }

  #renewed(before: TaskRecord, after: TaskRecord): void {
    const untilMs = before.lease?.untilMs ?? 0;
    if ((after.lease?.untilMs ?? 0) <= untilMs) return;
    const { nowMs, sweepMark } = this.#state;
    const alive = untilMs > nowMs || isForgiven(sweepMark, untilMs, nowMs);
    check('L4', before.state === 'leased' && alive, () => `${label(after)} was renewed after its end`);
    check('L2', after.epoch === before.epoch, () => `${label(after)} was renewed by another fence`);
  }

  #expired(before: TaskRecord): void {
    const { nowMs } = this.#state;
    check('L4', (before.lease?.untilMs ?? 0) <= nowMs, () => `${label(before)} expired before its end`);
    check('L12', nowMs >= this.#heldUntilMs, () => `${label(before)} expired right after an outage`);
  }

  #swept(): void {
    const { nowMs } = this.#state;
    if (nowMs - this.#sweptAtMs > this.#times.outageMs) this.#heldUntilMs = nowMs + this.#times.ttlMs;
    this.#sweptAtMs = nowMs;
  }

  #adopted({ agentId, sessionId }: { agentId: string; sessionId: string }): void {
    for (const task of this.#state.tasks()) {
      const other =
        task.state === 'leased' && task.lease?.agentId === agentId && task.lease.sessionId !== sessionId;
      check('L8', !other, () => `${label(task)} stays with an old session of ${agentId}`);
    }
  }

  #shortened(sessionId: string): void {
    const latest = this.#state.nowMs + this.#times.graceMs;
    for (const task of this.#state.tasks()) {
      const held = task.state === 'leased' && task.lease?.sessionId === sessionId;
      check(
        'grace',
        !held || (task.lease?.untilMs ?? 0) <= latest,
        () => `${label(task)} outlives the grace`,
      );
    }
  }

  #wholeJob({
    job,
    tasks,
  }: {
    job: { state: string; planned: boolean; openTasks: number };
    tasks: ReadonlyMap<string, TaskRecord>;
  }): void {
    const all = [...tasks.values()];
    const encodes = all
      .filter((task) => task.kind === 'encode')
      .toSorted((a, b) => a.clipIndex - b.clipIndex);
    const merges = all.filter((task) => task.kind === 'merge');
    check('L10', merges.length <= 1, () => `${merges.length} merges of one job`);
    if (!job.planned) return;
    const open = encodes.filter((task) => task.state !== 'succeeded').length;
    check(
      'L10',
      job.openTasks === open || job.state === 'failed' || job.state === 'cancelled',
      () => `${open} clips are open, ${job.openTasks} are counted`,
    );
    check('L10', job.state !== 'encoding' || open > 0, () => 'all clips are done and nothing merges them');
    check('L10', job.state !== 'merging' || merges.length === 1, () => 'a merging job has no merge');
    let next = 0;
    for (const { spec } of encodes) {
      const range = spec.kind?.$case === 'encode' ? spec.kind.value.range : undefined;
      check('M3', range?.startFrame === next, () => `frame ${next} is in no clip, or in two`);
      next = range?.endFrame ?? 0;
    }
    check('M3', next === FRAMES, () => `the clips hold ${next} of ${FRAMES} frames`);
  }
}
