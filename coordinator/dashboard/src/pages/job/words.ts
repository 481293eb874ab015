import { bytes, rate } from '../../ui/format.ts';
import type { Job, Task, TaskState } from './job-picture.ts';

/** What people read for a task's state. */
export const STATE_WORDS: Readonly<Record<TaskState, string>> = {
  ready: 'waiting',
  leased: 'running',
  succeeded: 'done',
  failed: 'failed',
  cancelled: 'cancelled',
};

export const KIND_WORDS: Readonly<Record<Task['kind'], string>> = {
  index: 'Index',
  probe: 'Probe',
  preview: 'Preview',
  encode: 'Clip',
  audio: 'Audio',
  media: 'Command',
  merge: 'Merge',
  package: 'Package',
  clip: 'Clip to look at',
};

/** Where a job came from. */
export const DIALECT_WORDS: Readonly<Record<string, string>> = {
  grid: 'clipgrid',
  finalrip: 'FinalRip',
  anime: 'Anime ladder',
  openencoder: 'Open Encoder',
  stupeflix: 'Stupeflix',
  openshot: 'OpenShot',
};

export const SHAPE_WORDS: Readonly<Record<Job['shape'], string>> = {
  film: 'clips on many agents, joined to one film',
  media: 'one command on the whole source',
  index: 'a look at the source, for other jobs',
  preview: 'one frame before and after the script',
};

/** What a task is called; clips are counted from 1, as people do. */
export function taskName({ kind, clip_index: index }: Pick<Task, 'kind' | 'clip_index'>): string {
  const word = KIND_WORDS[kind] ?? kind;
  return index === null ? word : `${word} ${index + 1}`;
}

/** One line of what a task does now, for a hover card and for a screen reader. */
export function taskSentence(task: Task): string {
  const parts = [STATE_WORDS[task.state]];
  if (task.state === 'leased') {
    if (task.frames_total > 0) parts.push(`${Math.floor((100 * task.frames_done) / task.frames_total)} %`);
    if (task.phase !== '') parts.push(task.phase);
    if (task.fps > 0) parts.push(`${rate(task.fps)} fps`);
  }
  if (task.agent !== null && task.state !== 'ready')
    parts.push(task.state === 'leased' ? `on ${task.agent}` : `by ${task.agent}`);
  if (task.attempts > 1) parts.push(`attempt ${task.attempts}`);
  if (task.size_bytes !== null) parts.push(bytes(task.size_bytes));
  if (task.failure) parts.push(task.failure.message);
  return parts.join(', ');
}
