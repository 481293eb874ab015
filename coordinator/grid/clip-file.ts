import { GridError } from '../../shared/errors.ts';
import type { TaskSpec } from '../../shared/gen/clipgrid/v1/task.ts';
import type { IdSource } from '../../shared/ids.ts';
import type { Artifact, NewTask, TaskView } from '../domain/task.ts';
import type { JobStore } from '../store/job-store.ts';
import type { EventsFace } from './face.ts';

export interface ClipFileDeps {
  readonly jobs: JobStore;
  readonly events: EventsFace;
  readonly ids: IdSource;
}

function clipTask(
  clipIndex: number,
  taskId: string,
  encode: TaskSpec,
): NewTask & { readonly taskId: string } {
  if (encode.kind?.$case !== 'encode') throw new GridError('internal', 'a clip is cut from an encode task');
  const { source, range, cut } = encode.kind.value;
  const spec: TaskSpec = { kind: { $case: 'clip', value: { source, range, cut } } };
  return { taskId, kind: 'clip', clipIndex, spec, requires: ['program:ffmpeg'], framesTotal: 0, cost: 1 };
}

function artifactOf(task: TaskView): Artifact | undefined {
  if (task.state === 'failed' || task.state === 'cancelled') {
    throw new GridError(
      'failed_precondition',
      `the clip could not be cut: ${task.failure?.message ?? task.state}`,
    );
  }
  return task.output?.artifacts.find((artifact) => artifact.name === 'clip');
}

/** Has an agent cut one clip, if nobody has yet, and waits for it. */
export async function clipFile(
  { jobs, events, ids }: ClipFileDeps,
  clip: { jobId: string; clipIndex: number },
  signal: AbortSignal,
): Promise<Artifact> {
  const afterSequence = await events.head();
  const { jobId, clipIndex } = clip;
  const task = await jobs.exportClip(jobId, clipIndex, (encode) => clipTask(clipIndex, ids.uuid(), encode));
  const there = artifactOf(task);
  if (there) return there;
  for await (const event of events.watch({ jobId, afterSequence }, signal)) {
    if (event.taskId !== task.taskId && event.type !== 'job.removed') continue;
    const found = artifactOf(await jobs.task(task.taskId));
    if (found) return found;
  }
  throw new GridError('cancelled', 'nobody waits for the clip any more');
}
