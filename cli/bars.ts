import type { JobSummary, TaskDocument } from '../client/documents.ts';

const BAR_CHARS = 20;
const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** A bar of `chars` characters; an unknown total (0) is empty. */
export function bar(done: number, total: number, chars = BAR_CHARS): string {
  const share = total > 0 ? Math.min(1, Math.max(0, done / total)) : 0;
  const filled = Math.floor(share * chars);
  return `${'#'.repeat(filled)}${'.'.repeat(chars - filled)}`;
}

/** `1.5 GiB`; whole numbers below 1 KiB. */
export function bytesText(bytes: number): string {
  let [value, unit] = [bytes, 0];
  while (value >= 1024 && unit < UNITS.length - 1) [value, unit] = [value / 1024, unit + 1];
  return `${unit === 0 ? value : value.toFixed(1)} ${UNITS[unit]}`;
}

/** `42 s`, `3 min 05 s`, `2 h 07 min`. */
export function secondsText(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const two = (value: number): string => String(value).padStart(2, '0');
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))} min`;
}

/** What a task is called among those of its job. */
export function taskName(task: TaskDocument): string {
  return task.kind === 'encode'
    ? `clip ${task.clip_index} [${task.start_frame}, ${task.end_frame})`
    : task.kind;
}

/** A task with its bar, agent, phase, frames and speed. */
export function taskLine(task: TaskDocument): string {
  const frames = task.frames_total > 0 ? `${task.frames_done}/${task.frames_total} frames` : '';
  const speed = task.state === 'leased' && task.fps > 0 ? `${task.fps.toFixed(1)} fps` : '';
  const state = task.state === 'leased' ? task.phase || 'starting' : task.state;
  const again = task.attempts > 1 ? `attempt ${task.attempts}` : '';
  const words = [
    taskName(task).padEnd(22),
    bar(
      task.state === 'succeeded' ? 1 : task.frames_done,
      task.state === 'succeeded' ? 1 : task.frames_total,
    ),
    (task.agent ?? '-').padEnd(12),
    state.padEnd(9),
    frames,
    speed,
    again,
  ];
  return `  ${words.filter((word) => word !== '').join(' ')}`.trimEnd();
}

/** A whole job in one line. */
export function jobLine(job: JobSummary): string {
  const clips = job.clips_total > 0 ? `${job.clips_done}/${job.clips_total} clips` : '';
  const frames = job.frames_total > 0 ? `${job.frames_done}/${job.frames_total} frames` : '';
  const left = job.eta_seconds === null ? '' : `${secondsText(job.eta_seconds)} left`;
  const words = [`${job.percent.toFixed(1)} %`, clips, frames, left].filter((word) => word !== '');
  return `${job.name}  ${bar(job.percent, 100)}  ${job.state}  ${words.join(', ')}`;
}
