import type { TaskResult } from '../../shared/gen/clipgrid/v1/task.ts';
import type { JobSpec, JobState } from '../domain/job.ts';
import type { PlanSummary } from '../domain/planner.ts';
import type {
  Artifact,
  ClipView,
  JobProgress,
  NewTask,
  OpenWork,
  TaskBrief,
  TaskKind,
  TaskView,
} from '../domain/task.ts';
import type { ClipChange, JobQuery, JobView, Page, SubmitInput, TaskQuery } from '../grid/face.ts';
import type { StageRules } from './lease-store.ts';
import type { Transaction } from './transaction.ts';

export interface NewJob extends SubmitInput {
  readonly jobId: string;
  readonly specHash: string;
  /** The first one, or all of the plan's. */
  readonly tasks: readonly (NewTask & { readonly taskId: string })[];
  /** Of a job that names the index of another one, and begins planned. */
  readonly plan?: PlanSummary;
}

/** What a job knows of its source. */
export interface KnownSource {
  readonly spec: JobSpec;
  readonly state: JobState;
  /** Once its first task is committed. */
  readonly plan?: PlanSummary;
  /** Its intermediate objects are gone. */
  readonly collected: boolean;
}

/** A change of an encode task that a redo brings: its new spec and what it needs. */
export type RespecClip = (task: NewTask['spec'], change: ClipChange) => Pick<NewTask, 'spec' | 'requires'>;

export interface Redo {
  readonly jobId: string;
  readonly clipIndex: number;
  readonly change?: ClipChange;
  readonly respec: RespecClip;
  /** For a job whose segments were collected: it starts over. */
  readonly rules: StageRules;
}

export interface JobStore {
  /** The job, new or (same idempotency key and spec) the one that exists. Another spec: `already_exists`. */
  submit(job: NewJob, tx?: Transaction): Promise<JobView>;
  get(jobId: string, ownerId?: string, tx?: Transaction): Promise<JobView>;
  /** Of a job of that owner. */
  knownSource(jobId: string, ownerId: string): Promise<KnownSource>;
  list(query: JobQuery): Promise<Page<JobView>>;
  some(jobIds: readonly string[]): Promise<JobView[]>;
  progress(jobIds: readonly string[]): Promise<ReadonlyMap<string, JobProgress>>;
  running(): Promise<ReadonlyMap<string, string>>;
  tasks(jobId: string): Promise<TaskView[]>;
  briefTasks(jobId: string): Promise<TaskBrief[]>;
  /** Artifacts of succeeded tasks that are files, in any order. */
  files(jobId: string): Promise<Artifact[]>;
  /** The picture of a clip whose segment is committed. */
  thumbnail(jobId: string, clipIndex: number): Promise<Artifact | undefined>;
  /** The result of the job's first succeeded task of the kind. */
  outcome(jobId: string, kind: TaskKind): Promise<TaskResult | undefined>;
  /** Encode tasks by index. */
  clips(jobId: string): Promise<ClipView[]>;
  /** Another one after every change of the job or one of its tasks. */
  stamp(jobId: string): Promise<string>;
  openWork(jobId: string): Promise<OpenWork>;
  listTasks(query: TaskQuery): Promise<Page<TaskView>>;
  /** What it works on; undefined: what all of them do, by agent. */
  tasksOfAgent(agentId: string | undefined, ownerId?: string): Promise<TaskView[]>;
  task(taskId: string, ownerId?: string): Promise<TaskView>;
  cancel(jobId: string, ownerId?: string, tx?: Transaction): Promise<void>;
  retry(jobId: string, rules: StageRules, ownerId?: string): Promise<void>;
  remove(jobId: string, ownerId?: string, tx?: Transaction): Promise<void>;
  redoClip(redo: Redo, tx?: Transaction): Promise<void>;
  redoMerge(jobId: string, rules: StageRules, tx?: Transaction): Promise<void>;
  /** A task of kind `clip` for one clip: the one that exists, or a new one. `not_found` before the plan. */
  exportClip(
    jobId: string,
    clipIndex: number,
    build: (encode: NewTask['spec']) => NewTask & { readonly taskId: string },
  ): Promise<TaskView>;
  cancelTask(taskId: string): Promise<void>;
  retryTask(taskId: string): Promise<void>;
  /** Jobs in each state; for metrics. */
  countByState(): Promise<ReadonlyMap<JobState, number>>;
}
