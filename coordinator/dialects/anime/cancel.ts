import { GridError } from '../../../shared/errors.ts';
import { isUuid } from '../../../shared/ids.ts';
import type { Transaction } from '../../store/transaction.ts';
import type { Context } from './context.ts';
import { endIfReady, giveUpLadder } from './ending.ts';
import { cancelSubtitles } from './publish-subtitles.ts';
import { cancelThumbnails } from './thumbnails.ts';

/** One that has ended meanwhile needs no cancel, and one that is gone neither. */
async function cancelJob({ parts }: Context, jobId: string, tx: Transaction): Promise<void> {
  try {
    await parts.grid.jobs.cancel(jobId, undefined, tx);
  } catch (error) {
    const fine = error instanceof GridError && ['failed_precondition', 'not_found'].includes(error.code);
    if (!fine) throw error;
  }
}

/** `POST /anime/cancel/<task_id>`: what is not finished is revoked, with its leases; what is published stays. */
export async function cancel(context: Context, taskId: string): Promise<object> {
  const { store, sounds } = context;
  const cancelled =
    isUuid(taskId) &&
    (await store.transaction(async (tx) => {
      const job = await store.lock(taskId, tx);
      if (job === undefined || job.stage === 'ended') return false;
      if (job.index_job_id !== null) await cancelJob(context, job.index_job_id, tx);
      if (job.stage !== 'ladder') {
        await giveUpLadder(context, tx, { job, state: 'REVOKED', error: 'it was cancelled' });
        return true;
      }
      const made = await sounds.find(taskId, tx);
      if (made?.state === null && made.job_id !== null) await cancelJob(context, made.job_id, tx);
      await sounds.setReady(tx, taskId, 'failed');
      const open = (await store.renditions(taskId, tx)).filter(
        (row) => row.state === null && !row.is_published,
      );
      for (const row of open) {
        if (row.job_id !== null) await cancelJob(context, row.job_id, tx);
        await store.setReady(tx, { taskId, rendition: row.rendition, state: 'REVOKED', log: row.log });
      }
      await cancelSubtitles(context, tx, taskId);
      await endIfReady(context, tx, await cancelThumbnails(context, tx, job));
      return open.length > 0;
    }));
  return { task_id: taskId, cancelled };
}
