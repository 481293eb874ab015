import { GridError } from '../../shared/errors.ts';
import type { JobState } from './job.ts';
import { MAX_AGENT_FAILURES_PER_JOB } from './retry-policy.ts';
import { roleOf, TASK_KINDS } from './task-kinds.ts';
import type { TaskKind, TaskState } from './task.ts';

/** As stored: `queued` is derived. */
export type StoredJobState = Exclude<JobState, 'queued'>;

/** What decides about a job. */
export interface JobMachine {
  readonly jobId: string;
  readonly state: StoredJobState;
  /** Its shape has a task that joins the parts. */
  readonly closes: boolean;
  readonly planned: boolean;
  /** Its intermediate objects are gone. */
  readonly collected: boolean;
  /** Parts that have not succeeded; the transaction that brings it to 0 creates the merge (L10), or ends the job. */
  readonly openTasks: number;
  readonly clipsTotal: number;
  readonly clipsDone: number;
  readonly framesTotal: number;
  readonly framesDone: number;
  /** Tasks of this job that each agent failed since the last retry or redo. */
  readonly agentFailures: ReadonlyMap<string, number>;
}

/** What a job's counters are counted from. */
export interface CountedTask {
  readonly kind: TaskKind;
  readonly state: TaskState;
  readonly framesTotal: number;
}

type Counters = Pick<
  JobMachine,
  'openTasks' | 'clipsTotal' | 'clipsDone' | 'framesTotal' | 'framesDone' | 'planned'
>;

const NO_PLAN: Counters = {
  planned: false,
  openTasks: 0,
  clipsTotal: 0,
  clipsDone: 0,
  framesTotal: 0,
  framesDone: 0,
};

const ENDED: ReadonlySet<JobState> = new Set(['succeeded', 'failed', 'cancelled']);

export function isEnded(state: JobState): boolean {
  return ENDED.has(state);
}

/** A job that was just submitted. `closes`: its shape has a task that joins the parts. */
export function newJobMachine(jobId: string, closes: boolean): JobMachine {
  return { jobId, state: 'indexing', closes, collected: false, agentFailures: new Map(), ...NO_PLAN };
}

/** Whether a task must be there before the merge, or the end, can be. */
export function isPart(kind: TaskKind): boolean {
  return roleOf(kind) === 'part';
}

/** Whether a part's frames count: those of clips, and of a command on the whole source. */
function counts({ kind }: CountedTask): boolean {
  return TASK_KINDS[kind].counts;
}

/** The stage of a job of which so many parts are open. */
function stageOf({ closes }: JobMachine, openTasks: number): StoredJobState {
  if (openTasks > 0) return 'encoding';
  return closes ? 'merging' : 'succeeded';
}

/** What looks at the source was committed and a plan made of it. */
export function planned(job: JobMachine, tasks: readonly CountedTask[]): JobMachine {
  const clips = tasks.filter(counts);
  return {
    ...job,
    ...NO_PLAN,
    state: stageOf(job, tasks.length),
    planned: true,
    openTasks: tasks.length,
    clipsTotal: clips.length,
    framesTotal: clips.reduce((sum, clip) => sum + clip.framesTotal, 0),
  };
}

/** A part was committed. L10: whoever commits the last one makes the merge, or ends the job, in the same step. */
export function partDone(job: JobMachine, part: CountedTask): JobMachine {
  if (job.state !== 'encoding') return job;
  const clip = counts(part);
  const openTasks = job.openTasks - 1;
  return {
    ...job,
    state: stageOf(job, openTasks),
    openTasks,
    clipsDone: job.clipsDone + (clip ? 1 : 0),
    framesDone: job.framesDone + (clip ? part.framesTotal : 0),
  };
}

/** Stage and counters as its parts say them, after some of them were put back to the start. */
export function recounted(job: JobMachine, tasks: readonly CountedTask[]): JobMachine {
  const parts = tasks.filter((task) => isPart(task.kind));
  const done = parts.filter((task) => task.state === 'succeeded');
  const clips = done.filter(counts);
  const openTasks = parts.length - done.length;
  return {
    ...job,
    state: stageOf(job, openTasks),
    openTasks,
    clipsDone: clips.length,
    framesDone: clips.reduce((sum, clip) => sum + clip.framesTotal, 0),
  };
}

/** An agent failed a task of this job that it had not failed before. */
export function blamed(job: JobMachine, agentId: string): JobMachine {
  const failures = (job.agentFailures.get(agentId) ?? 0) + 1;
  return { ...job, agentFailures: new Map([...job.agentFailures, [agentId, failures]]) };
}

/** Agents that get more of this job only where nobody else could run it. */
export function bannedAgents(job: JobMachine): string[] {
  const banned = [...job.agentFailures].filter(([, failures]) => failures >= MAX_AGENT_FAILURES_PER_JOB);
  return banned.map(([agentId]) => agentId);
}

export function forgiven(job: JobMachine): JobMachine {
  return { ...job, agentFailures: new Map() };
}

export function startedOver(job: JobMachine): JobMachine {
  return newJobMachine(job.jobId, job.closes);
}

export function ended(job: JobMachine, state: 'succeeded' | 'failed' | 'cancelled'): JobMachine {
  return { ...job, state };
}

type JobFacts = Pick<JobMachine, 'jobId' | 'state' | 'closes' | 'planned' | 'collected'>;

function refuse(message: string): never {
  throw new GridError('failed_precondition', message);
}

/** Throws `failed_precondition` for a job that has ended. */
export function checkCancel({ jobId, state }: JobFacts): void {
  if (isEnded(state)) refuse(`job ${jobId} has ended already: it is ${state}`);
}

/** From where a retry goes on: the very start, or what was committed. */
export function retryFrom({ jobId, state, planned: hasPlan, collected }: JobFacts): 'start' | 'parts' {
  if (state !== 'failed' && state !== 'cancelled') {
    refuse(`job ${jobId} is ${state}: only a failed or cancelled job can be retried`);
  }
  return hasPlan && !collected ? 'parts' : 'start';
}

/** From where a clip is done again. `not_found` when there is no such clip (yet). */
export function redoClipFrom(
  { jobId, planned: hasPlan, collected }: JobFacts,
  clip: { index: number; exists: boolean },
): 'start' | 'parts' {
  if (!hasPlan || !clip.exists) throw noClip(jobId, clip.index);
  return collected ? 'start' : 'parts';
}

/** The error of a clip that the job has not, or not yet. */
export function noClip(jobId: string, index: number): GridError {
  return new GridError('not_found', `job ${jobId} has no clip ${index}`, {
    details: { field: 'index', value: index },
  });
}

/** What a wanted merge means: one is under way, the job starts over, or its segments are merged again. */
export function redoMergeFrom(
  { jobId, state, closes, planned: hasPlan, collected }: JobFacts,
  openTasks: number,
): 'joined' | 'start' | 'merge' {
  if (!closes) refuse(`job ${jobId} is not made of parts that are joined: there is nothing to merge`);
  if (state === 'merging') return 'joined';
  if (state !== 'succeeded' && state !== 'failed') {
    refuse(`job ${jobId} is ${state}: some clips are not finished yet`);
  }
  if (!hasPlan || openTasks > 0) refuse(`job ${jobId}: some clips are not finished yet`);
  return collected ? 'start' : 'merge';
}
