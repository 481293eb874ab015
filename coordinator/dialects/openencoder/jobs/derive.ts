import { shapeOf } from '../../../domain/job-shape.ts';
import type { JobShape } from '../../../domain/job.ts';
import type { TaskView } from '../../../domain/task.ts';
import type { JobView } from '../../../grid/face.ts';
import type { Status } from './job-status.ts';

/** The stages of a job in their order; it never goes back. */
const STAGES = ['downloading', 'probing', 'encoding', 'uploading'] as const satisfies readonly Status[];
type Stage = (typeof STAGES)[number];

/** What a job shows of the stage that it is in. */
export interface Shown {
  readonly status: Status;
  readonly progress: number;
  readonly speed: string | null;
  readonly fps: number;
}

type StageOf = (job: JobView, tasks: readonly TaskView[]) => Stage;

/** The first look, before clips are made of the source or the whole of it is encoded. */
const lookStage: StageOf = (_, tasks) =>
  tasks.some(({ state }) => state !== 'ready') ? 'probing' : 'downloading';

const wholeStage: StageOf = (job, tasks) => {
  if (job.state === 'succeeded') return 'uploading';
  const task = tasks.find(({ kind }) => kind === 'media');
  if (task === undefined) return lookStage(job, tasks);
  if (task.state === 'leased' && /^(encode|verify)$/.test(task.phase)) return 'encoding';
  if (task.state === 'succeeded' || (task.state === 'leased' && task.phase === 'upload')) return 'uploading';
  return 'probing';
};

/** `encoding` from the first lease of a clip until all segments are committed. */
const clipsStage: StageOf = (job, tasks) => {
  if (job.state === 'merging' || job.state === 'succeeded' || job.clipsDone >= job.clipsTotal)
    return 'uploading';
  const isBegun =
    job.framesDone > 0 || tasks.some(({ kind, state }) => kind === 'encode' && state !== 'ready');
  return isBegun ? 'encoding' : 'probing';
};

const STAGE_OF: Readonly<Record<JobShape, StageOf>> = {
  index: lookStage,
  preview: lookStage,
  media: wholeStage,
  film: clipsStage,
};

/** 0 to 100 with two decimals, and less than 100: what is done and not yet over is never all of it. */
export function percent(done: number, total: number): number {
  if (total <= 0) return 0;
  return Math.max(0, Math.min(99.99, Math.floor((10_000 * done) / total) / 100));
}

/**
 * What a job of the grid that has not failed shows, given what was shown of this revision before: the stage never goes
 * back, and within one neither does the progress (contract 3.2).
 */
export function shown(before: Shown, job: JobView, tasks: readonly TaskView[]): Shown {
  const stage = STAGE_OF[shapeOf(job.spec)](job, tasks);
  const known = STAGES.indexOf(before.status as Stage);
  if (STAGES.indexOf(stage) < known) return { ...before, speed: null, fps: 0 };
  const floor = stage === before.status ? before.progress : 0;
  if (stage !== 'encoding') return { status: stage, progress: floor, speed: null, fps: 0 };
  return {
    status: stage,
    progress: Math.max(floor, percent(job.framesDone, job.framesTotal)),
    speed: job.speed > 0 ? `${job.speed.toFixed(2)}x` : before.speed,
    fps: Math.round(job.fps * 100) / 100,
  };
}
