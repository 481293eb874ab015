import type { Failure, JobState } from '../../domain/job.ts';
import type { Artifact, ClipView, TaskView } from '../../domain/task.ts';
import type { JobView } from '../../grid/face.ts';
import { clipKey, encodedClipKey } from './names.ts';
import type { FinalripSettings } from './settings.ts';
import type { TaskRow } from './store.ts';

/** The truth of a task (contract 3.2). */
export type State = 'pending' | 'cutting' | 'encoding' | 'merging' | 'completed' | 'failed';
/** What known clients understand. */
export type Status = 'pending' | 'running' | 'completed';

const STATES: Record<JobState, State> = {
  queued: 'cutting',
  indexing: 'cutting',
  encoding: 'encoding',
  merging: 'merging',
  succeeded: 'completed',
  failed: 'failed',
  cancelled: 'failed',
};

/** `shown`: the result is published under its public name. Until then a finished task still merges. */
export function stateOf(row: TaskRow, job: JobView | undefined, shown: boolean): State {
  if (row.job_id === null) return 'pending';
  if (job === undefined) return 'failed';
  const state = STATES[job.state];
  return state === 'completed' && !shown ? 'merging' : state;
}

export function statusOf(state: State): Status {
  return state === 'pending' || state === 'completed' ? state : 'running';
}

export interface FailureView {
  readonly code: string;
  readonly stage: string;
  readonly index: number | null;
  readonly message: string;
  readonly log: string;
}

function failureView(failure: Failure): FailureView {
  const { code, stage, message, log } = failure;
  return { code, stage, index: failure.clipIndex ?? null, message, log };
}

/** Why a failed task failed; null for every other. */
export function failureOf(state: State, job: JobView | undefined): FailureView | null {
  if (state !== 'failed') return null;
  if (job?.failure) return failureView(job.failure);
  const what = job === undefined ? 'its job was removed' : 'its job was cancelled';
  const message = `${what} by another API: start it again, or clear it`;
  return { code: 'cancelled', stage: '', index: null, message, log: '' };
}

/** Both forms of the creation time (contract 2.9). */
export function creation(row: TaskRow, createAt: FinalripSettings['createAt']) {
  const seconds = Math.floor(row.created_at.getTime() / 1000);
  return { create_at: createAt === 'integer' ? seconds : String(seconds), create_unix: seconds };
}

/** 0 to 100, with one decimal; 100 only when all is done. */
export function percentOf(state: State, job: JobView | undefined): number {
  if (state === 'completed') return 100;
  if (job === undefined || job.framesTotal === 0) return 0;
  return Math.min(99.9, Math.floor((1000 * job.framesDone) / job.framesTotal) / 10);
}

export function segmentOf(task: TaskView): Artifact | undefined {
  if (task.kind !== 'encode' || task.state !== 'succeeded') return undefined;
  // Of a clip whose beginning was saved from an agent that died, the segment is the rest only: there is no file of the whole.
  if (task.framesSaved > 0) return undefined;
  return task.output?.artifacts.find((artifact) => artifact.name === 'segment');
}

export interface ClipInput {
  readonly key: string;
  readonly clip: ClipView;
  /** URL of the encoded clip; empty until its committed bytes are published. */
  readonly encodeUrl: string;
  readonly clipUrl: string;
}

/** One item of `progress`. */
export function clipItem({ key, clip, encodeUrl, clipUrl }: ClipInput) {
  const { index } = clip;
  const completed = encodeUrl !== '';
  return {
    completed,
    index,
    clip_key: clipKey(key, index),
    clip_url: clipUrl,
    encode_key: completed ? encodedClipKey(key, index) : '',
    encode_url: encodeUrl,
    state: clip.state,
    attempts: clip.attempts,
    agent: clip.agentName ?? '',
    frames_done: clip.framesDone,
    frames_total: clip.framesTotal,
    failure: clip.failure ? failureView(clip.failure) : null,
  };
}
