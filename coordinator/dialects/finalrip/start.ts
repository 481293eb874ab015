import type { SourceRef } from '../../domain/job.ts';
import type { JobView } from '../../grid/face.ts';
import type { Bound } from './binding.ts';
import { jobOf, type Context } from './context.ts';
import { retire } from './lifecycle.ts';
import { FinalripError, MESSAGES } from './messages.ts';
import { derivedFrom, rootOf } from './names.ts';
import { checkTexts, priorityOf, startSpec, trimParam } from './rules.ts';
import type { TaskRow } from './store.ts';

/** Pending and failed tasks start; a completed one only when asked to. */
function checkStartable(row: TaskRow, job: JobView | undefined, restart: boolean): void {
  const idle =
    row.job_id === null || job === undefined || job.state === 'failed' || job.state === 'cancelled';
  if (idle || (restart && job.state === 'succeeded')) return;
  throw new FinalripError(MESSAGES.started);
}

/**
 * The object to encode. A name of the derived form may be written anew while this job reads it (its parent is encoded
 * again), so such a source is copied first.
 */
async function sourceOf(
  { buckets, parts }: Context,
  row: TaskRow,
): Promise<SourceRef & { pinnedKey: string | null }> {
  const { objects, ids } = parts;
  const object = { bucket: await buckets.of(row.owner_id), key: row.video_key };
  const sizeBytes = (await objects.stat(object))?.sizeBytes ?? 0;
  if (sizeBytes === 0) throw new FinalripError(MESSAGES.noObject);
  if (derivedFrom(row.video_key) === undefined) return { ...object, sizeBytes, pinnedKey: null };
  const pin = { bucket: buckets.staging, key: `pinned/${ids.uuid()}` };
  await objects.copy(object, pin);
  return { ...pin, sizeBytes, pinnedKey: pin.key };
}

/** `start`: the rules in the contract's order, then job and row in one transaction. */
export async function start(context: Context, request: Bound, ownerId: string): Promise<void> {
  const { guard, store, parts } = context;
  const videoKey = request.text('video_key');
  const script = request.text('script');
  const encodeParam = trimParam(request.text('encode_param'));
  const command = checkTexts(script, encodeParam);
  await guard.run(ownerId, videoKey, async (tx) => {
    const row = await store.find(ownerId, videoKey, tx);
    if (row === undefined) throw new FinalripError(MESSAGES.uploadFirst);
    checkStartable(row, await jobOf(context, row), request.flag('restart') ?? false);
    const { pinnedKey, ...source } = await sourceOf(context, row);
    if (row.job_id !== null) await retire(context, row, { tx, also: [] });
    const timeoutMinutes = request.number('timeout');
    const spec = startSpec({ source, script, command, slice: request.flag('slice'), timeoutMinutes });
    const priority = priorityOf(request.text('queue'));
    const job = await parts.grid.jobs.submit(
      { ownerId, dialect: 'finalrip', name: videoKey, priority, spec },
      tx,
    );
    await store.setStarted(tx, { taskId: row.task_id, jobId: job.jobId, encodeParam, script, pinnedKey });
  });
  await guard.tidy(ownerId, rootOf(videoKey)).catch((error: unknown) => {
    parts.logger.warn({ error: String(error) }, 'objects of an earlier start stay until the next sweep');
  });
}
