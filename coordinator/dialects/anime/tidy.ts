import { GridError } from '../../../shared/errors.ts';
import type { Transaction } from '../../store/transaction.ts';
import { uploadOfKey } from '../../domain/object-keys.ts';
import { unlessGone, type Context } from './context.ts';
import type { JobRow } from './store.ts';
import { removeFetched, removeUpload } from './url-source.ts';

/** Whether it is done; false for what a job stands on still: later, then. */
async function unlessInUse(work: Promise<void>): Promise<boolean> {
  try {
    await work;
    return true;
  } catch (error) {
    if (error instanceof GridError && error.code === 'failed_precondition') return false;
    throw error;
  }
}

/** Removes what was copied or fetched for calls that have ended. */
export async function removeSources({ parts, store, settings }: Context): Promise<void> {
  for (const { task_id: taskId, source, src_url: url } of await store.withLeftSource()) {
    const uploadId = url !== null && source !== null ? uploadOfKey(source.key) : undefined;
    if (source?.bucket === settings.bucket) await parts.objects.remove([source]);
    else if (uploadId !== undefined && !(await unlessInUse(removeUpload(parts.grid, uploadId)))) continue;
    if (url !== null && !(await unlessInUse(removeFetched(parts.grid, taskId)))) continue;
    await store.forgetSource(taskId);
  }
}

/** Removes the index of a call that nothing can be made from any more. */
export async function dropIndex({ parts, store }: Context, tx: Transaction, job: JobRow): Promise<void> {
  const { jobs } = parts.grid;
  const { task_id: taskId, index_job_id: indexId } = job;
  if (indexId === null) return;
  const index = await unlessGone(jobs.get(indexId));
  if (index === undefined) return store.forgetIndex(tx, taskId);
  // One that failed or was cancelled holds nothing, and is there to be looked at.
  if (index.state !== 'succeeded') return;
  if (await unlessInUse(jobs.remove(indexId, undefined, tx))) await store.forgetIndex(tx, taskId);
}

/**
 * Removes the indexes of calls whose renditions' jobs are all removed. Not earlier: a rendition may be redone as long as its
 * job is there, and that reads the index.
 */
export async function removeIndexes(context: Context): Promise<void> {
  const { store } = context;
  for (const taskId of await store.withoutRenditions()) {
    await store.transaction(async (tx) => {
      const job = await store.lock(taskId, tx);
      if (job !== undefined) await dropIndex(context, tx, job);
    });
  }
}
