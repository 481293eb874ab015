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

function stageOf(job: JobView, tasks: readonly TaskView[]): { stage: Stage; task?: TaskView } {
  if (job.state === 'succeeded') return { stage: 'uploading' };
  const task = tasks.find(({ kind }) => kind === 'media');
  if (task === undefined) {
    const isProbed = tasks.some(({ kind, state }) => kind === 'probe' && state !== 'ready');
    return { stage: isProbed ? 'probing' : 'downloading' };
  }
  const isEncoding = task.state === 'leased' && /^(encode|verify)$/.test(task.phase);
  if (isEncoding) return { stage: 'encoding', task };
  if (task.state === 'succeeded' || (task.state === 'leased' && task.phase === 'upload'))
    return { stage: 'uploading' };
  return { stage: 'probing' };
}

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
  const { stage, task } = stageOf(job, tasks);
  const known = STAGES.indexOf(before.status as Stage);
  if (STAGES.indexOf(stage) < known) return { ...before, speed: null, fps: 0 };
  const floor = stage === before.status ? before.progress : 0;
  if (task === undefined) return { status: stage, progress: floor, speed: null, fps: 0 };
  const done = percent(task.framesDone, task.framesTotal);
  return {
    status: stage,
    progress: Math.max(floor, done),
    speed: task.speed > 0 ? `${task.speed.toFixed(2)}x` : before.speed,
    fps: Math.round(task.fps * 100) / 100,
  };
}
