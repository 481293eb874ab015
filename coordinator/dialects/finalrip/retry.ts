import { GridError } from '../../../shared/errors.ts';
import type { JobView } from '../../grid/face.ts';
import type { Transaction } from '../../store/transaction.ts';
import type { Bound } from './binding.ts';
import { jobOf, type Context } from './context.ts';
import { FinalripError, MESSAGES } from './messages.ts';
import { encodedClipKey, resultKey } from './names.ts';
import { clipChange, trimParam } from './rules.ts';
import type { TaskRow } from './store.ts';

/** The grid's reason behind the dialect's prefix; what is no reason for people passes. */
async function explained(prefix: string, work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (error instanceof GridError && !['internal', 'unavailable'].includes(error.code))
      throw new FinalripError(prefix + error.message);
    throw error;
  }
}

async function planned(
  context: Context,
  task: { ownerId: string; videoKey: string; tx: Transaction },
): Promise<{ row?: TaskRow; job?: JobView }> {
  const row = await context.store.find(task.ownerId, task.videoKey, task.tx);
  const job = row && (await jobOf(context, row));
  return { ...(row ? { row } : {}), ...(job ? { job } : {}) };
}

/** `retry/encode`: one clip again, by what is stored on the task or for this once by other texts. */
export async function retryEncode(context: Context, request: Bound, ownerId: string): Promise<void> {
  const { guard, store, parts } = context;
  const videoKey = request.text('video_key');
  const clipIndex = request.number('index');
  await guard.run(ownerId, videoKey, async (tx) => {
    const { row, job } = await planned(context, { ownerId, videoKey, tx });
    if (row === undefined || job === undefined || clipIndex < 0 || clipIndex >= job.clipsTotal)
      throw new FinalripError(MESSAGES.noClip);
    const change = clipChange({
      script: request.text('script') || row.script,
      encodeParam: trimParam(request.text('encode_param')) || row.encode_param,
      timeoutMinutes: job.clipsTotal > 1 ? request.number('timeout') : 0,
      queue: request.text('queue'),
    });
    const redo = parts.grid.jobs.redoClip({ jobId: job.jobId, clipIndex, change }, tx);
    await explained('Failed to retry encode: ', redo);
    await store.unpublish(tx, row.task_id, [encodedClipKey(videoKey, clipIndex), resultKey(videoKey)]);
  });
}

/** `retry/merge`: joins a merge that waits or runs. */
export async function retryMerge(context: Context, request: Bound, ownerId: string): Promise<void> {
  const { guard, store, parts } = context;
  const videoKey = request.text('video_key');
  await guard.run(ownerId, videoKey, async (tx) => {
    const { row, job } = await planned(context, { ownerId, videoKey, tx });
    if (row === undefined) throw new FinalripError(MESSAGES.uploadFirst);
    if (job === undefined || job.clipsTotal === 0) throw new FinalripError(MESSAGES.noClips);
    if (job.clipsDone < job.clipsTotal) throw new FinalripError(MESSAGES.unfinished);
    await explained('Failed to retry merge: ', parts.grid.jobs.redoMerge(job.jobId, tx));
    await store.unpublish(tx, row.task_id, [resultKey(videoKey)]);
  });
}
