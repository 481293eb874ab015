import type { Clock } from '../../../shared/clock.ts';
import { GridError } from '../../../shared/errors.ts';
import { isEnded } from '../../domain/job-machine.ts';
import type { JobTree } from '../../domain/job-tree.ts';
import type { SweepMark } from '../../domain/sweep.ts';
import type { GridEvent } from '../../grid/face.ts';
import type { NewJob } from '../job-store.ts';
import { followed, newRecord, type AgentRecord, type JobRecord, type TaskRecord } from './records.ts';

interface StoredEvent {
  readonly event: GridEvent;
  readonly ownerId: string | undefined;
}

/** What else of a job changes with its tree. */
export type JobChange = Partial<Pick<JobRecord, 'plan' | 'result' | 'failure' | 'startedAtMs'>>;

/** Everything that the memory stores know. One of it is what one database is. */
export class MemoryState {
  readonly jobs = new Map<string, JobRecord>();
  readonly agents = new Map<string, AgentRecord>();
  readonly revokedAgents = new Set<string>();
  readonly events: StoredEvent[] = [];
  sweepMark: SweepMark;
  readonly #clock: Clock;
  readonly #jobOfTask = new Map<string, string>();
  #submitted = 0;
  #sequence = 0;

  /** The clock is the referee's (L4): nobody else's decides. */
  constructor(clock: Clock) {
    this.#clock = clock;
    this.sweepMark = { sweptAtMs: clock.wallMs(), heldUntilMs: clock.wallMs() };
  }

  get nowMs(): number {
    return this.#clock.wallMs();
  }

  addJob(input: NewJob, tree: JobTree<TaskRecord>): void {
    const order = ++this.#submitted;
    this.jobs.set(input.jobId, {
      input,
      tree: { ...tree, tasks: new Map() },
      order,
      createdAtMs: this.nowMs,
    });
    this.save(input.jobId, tree);
  }

  removeJob(jobId: string): void {
    for (const taskId of this.jobs.get(jobId)?.tree.tasks.keys() ?? []) this.#jobOfTask.delete(taskId);
    this.jobs.delete(jobId);
  }

  /** Keeps a job's tree after a step; what people see of it follows. */
  save(jobId: string, tree: JobTree<TaskRecord>, change: JobChange = {}): void {
    const record = this.job(jobId);
    const before = record.tree.tasks;
    const { nowMs } = this;
    const tasks = new Map<string, TaskRecord>();
    for (const [taskId, task] of tree.tasks) tasks.set(taskId, followed(before.get(taskId), task, nowMs));
    for (const taskId of before.keys()) if (!tasks.has(taskId)) this.#jobOfTask.delete(taskId);
    for (const taskId of tasks.keys()) this.#jobOfTask.set(taskId, jobId);
    const next: JobRecord = { ...reopened(record, tree), ...change, tree: { job: tree.job, tasks } };
    const endedNow = isEnded(tree.job.state) && !isEnded(record.tree.job.state);
    this.jobs.set(jobId, endedNow ? { ...next, finishedAtMs: nowMs } : next);
  }

  /** `not_found` for an unknown job, or one of another owner. */
  job(jobId: string, ownerId?: string): JobRecord {
    const record = this.jobs.get(jobId);
    if (record !== undefined && (ownerId === undefined || record.input.ownerId === ownerId)) return record;
    throw new GridError('not_found', `there is no job ${jobId}`, {
      details: { field: 'job_id', value: jobId },
    });
  }

  /** The job of a task; undefined for an unknown one. */
  jobOf(taskId: string): JobRecord | undefined {
    const jobId = this.#jobOfTask.get(taskId);
    return jobId === undefined ? undefined : this.jobs.get(jobId);
  }

  tasks(): TaskRecord[] {
    return [...this.jobs.values()].flatMap((record) => [...record.tree.tasks.values()]);
  }

  /** A task to be created in a job. */
  newTask(jobId: string, task: Parameters<typeof newRecord>[0]): TaskRecord {
    return newRecord(task, { jobId, priority: this.job(jobId).input.priority, nowMs: this.nowMs });
  }

  say(event: {
    type: string;
    jobId?: string;
    taskId?: string;
    agentId?: string;
    data?: Record<string, unknown>;
  }): void {
    const { data = {}, ...who } = event;
    const ownerId = event.jobId === undefined ? undefined : this.jobs.get(event.jobId)?.input.ownerId;
    this.#sequence++;
    const stamped = { sequence: this.#sequence, at: new Date(this.nowMs), ...who, data };
    this.events.push({ event: stamped, ownerId });
  }

  sayState(jobId: string): void {
    const { tree, failure } = this.job(jobId);
    const { state } = tree.job;
    this.say({
      type: 'job.state',
      jobId,
      data: { state, ...(state === 'failed' && failure ? { failure } : {}) },
    });
  }
}

/** A job that goes on after its end forgets how it ended. */
function reopened(record: JobRecord, tree: JobTree<TaskRecord>): JobRecord {
  const { finishedAtMs: _, result: __, failure: ___, plan, ...kept } = record;
  const again = isEnded(record.tree.job.state) && !isEnded(tree.job.state);
  const base = again ? { ...kept, ...(plan ? { plan } : {}) } : record;
  if (tree.job.planned || base.plan === undefined) return base;
  const { plan: ____, ...unplanned } = base;
  return unplanned;
}
