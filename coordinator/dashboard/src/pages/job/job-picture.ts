import type { JobResponse, TaskResponse } from '../../../../http/responses.ts';

export type Job = JobResponse & { readonly waiting: string };
export type Task = TaskResponse;
export type JobDetail = Job & { readonly tasks: readonly Task[] };

/** What the page knows of a job. Replaced as a whole after each message; `tasks` keeps its identity while no task changed. */
export interface JobPicture {
  readonly job: Job;
  /** False while the job itself is here, and its tasks are on the way. */
  readonly isWhole: boolean;
  /** In the order of the coordinator: by kind, then by clip. */
  readonly tasks: readonly Task[];
}

const KINDS: readonly Task['kind'][] = [
  'index',
  'probe',
  'encode',
  'audio',
  'media',
  'merge',
  'package',
  'clip',
];

function byOrder(a: Task, b: Task): number {
  const kinds = rank(a.kind) - rank(b.kind);
  return kinds === 0 ? (a.clip_index ?? -1) - (b.clip_index ?? -1) : kinds;
}

/** A kind that this page does not know yet comes last. */
function rank(kind: Task['kind']): number {
  const known = KINDS.indexOf(kind);
  return known < 0 ? KINDS.length : known;
}

/** After a `head`, which comes before thousands of tasks; what is known of tasks already stays. */
export function headPicture(before: JobPicture | undefined, detail: JobDetail): JobPicture {
  const { tasks: _, ...job } = detail;
  if (before?.isWhole) return { ...before, job: { ...job, waiting: before.job.waiting } };
  return { job, tasks: [], isWhole: false };
}

/** After a `progress`: all of it is new. */
export function wholePicture({ tasks, ...job }: JobDetail): JobPicture {
  return { job, tasks, isWhole: true };
}

/** After a `change` or the `end` of a stream of changes: `tasks` are those that are not as they were. */
export function changedPicture(before: JobPicture, { tasks, ...job }: JobDetail): JobPicture {
  if (tasks.length === 0) return { ...before, job };
  const changed = new Map(tasks.map((task) => [task.task_id, task]));
  const kept = before.tasks.map((task) => {
    const now = changed.get(task.task_id);
    changed.delete(task.task_id);
    return now ?? task;
  });
  const all = changed.size === 0 ? kept : [...kept, ...changed.values()].toSorted(byOrder);
  return { ...before, job, tasks: all };
}

const ENDED: ReadonlySet<Job['state']> = new Set(['succeeded', 'failed', 'cancelled']);

export function isEnded(job: Pick<Job, 'state'>): boolean {
  return ENDED.has(job.state);
}

export type TaskState = Task['state'];
export type StateCounts = Readonly<Record<TaskState, number>>;

/** How many tasks are in each state. */
export function countStates(tasks: Iterable<Pick<Task, 'state'>>): StateCounts {
  const counts = { ready: 0, leased: 0, succeeded: 0, failed: 0, cancelled: 0 };
  for (const { state } of tasks) counts[state]++;
  return counts;
}

/** How much of a task is done, 0 to 1. */
export function doneShare({ state, frames_done: done, frames_total: total }: Task): number {
  if (state === 'succeeded') return 1;
  return total > 0 ? Math.min(1, done / total) : 0;
}

/** How much of a clip no later attempt has to encode again, 0 to 1. */
export function savedShare({ frames_saved: saved, frames_total: total }: Task): number {
  return total > 0 ? Math.min(1, saved / total) : 0;
}
