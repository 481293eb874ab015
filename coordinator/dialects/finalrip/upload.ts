import { GridError } from '../../../shared/errors.ts';
import type { Transaction } from '../../store/transaction.ts';
import type { Bound } from './binding.ts';
import type { Context } from './context.ts';
import { FinalripError, MESSAGES } from './messages.ts';
import { derivedFrom } from './names.ts';

export interface UploadTarget {
  readonly ownerId: string;
  readonly videoKey: string;
}

/** Refuses names that belong to an existing task: an upload must never change committed data (contract 2.6). */
async function checkDerived(context: Context, target: UploadTarget, tx?: Transaction): Promise<void> {
  const parent = derivedFrom(target.videoKey);
  if (parent === undefined) return;
  if ((await context.store.find(target.ownerId, parent, tx)) === undefined) return;
  throw new GridError(
    'failed_precondition',
    `${target.videoKey} is a name of the task ${parent}: choose another, or clear that task first`,
  );
}

/** Whether bytes may land under the key now; throws the reason why not. */
export async function checkUpload(
  context: Context,
  upload: UploadTarget & { clears: number },
  tx?: Transaction,
): Promise<void> {
  if (await context.names.clearedSince(upload, tx)) {
    throw new GridError('permission_denied', 'the task of this URL was cleared: ask for a new URL');
  }
  const row = await context.store.find(upload.ownerId, upload.videoKey, tx);
  if (row?.job_id) {
    throw new GridError(
      'failed_precondition',
      `the task ${upload.videoKey} has started with this source: clear it first to replace the file`,
    );
  }
  await checkDerived(context, upload, tx);
}

/** `oss/presigned`: whether the object exists, and a URL to PUT it. */
export async function presigned(
  context: Context,
  request: Bound,
  ownerId: string,
): Promise<{ exist: boolean; url: string }> {
  const videoKey = request.text('video_key');
  const { guard, names, buckets, parts, urls } = context;
  try {
    const bucket = await buckets.of(ownerId);
    return await guard.run(ownerId, videoKey, async (tx) => {
      await checkDerived(context, { ownerId, videoKey }, tx);
      const stat = await parts.objects.stat({ bucket, key: videoKey });
      const clears = await names.clears(tx);
      return { exist: (stat?.sizeBytes ?? 0) > 0, url: urls.upload({ ownerId, videoKey, clears }) };
    });
  } catch (error) {
    if (error instanceof GridError) throw new FinalripError(MESSAGES.presigned + error.message);
    throw error;
  }
}
