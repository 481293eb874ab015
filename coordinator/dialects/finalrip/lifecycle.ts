import type { Transaction } from '../../store/transaction.ts';
import type { Bound } from './binding.ts';
import { jobOf, type Context } from './context.ts';
import { FinalripError, MESSAGES } from './messages.ts';
import { derivedNames, rootOf } from './names.ts';
import type { TaskRow } from './store.ts';

/** `new`: an existing task wins over a vanished object. */
export async function create(context: Context, request: Bound, ownerId: string): Promise<void> {
  const { guard, store, buckets, parts } = context;
  const key = request.text('video_key');
  const bucket = await buckets.of(ownerId);
  await guard.run(ownerId, key, async (tx) => {
    if (await store.find(ownerId, key, tx)) throw new FinalripError(MESSAGES.exists);
    const stat = await parts.objects.stat({ bucket, key });
    if ((stat?.sizeBytes ?? 0) === 0) throw new FinalripError(MESSAGES.noObject);
    const created = await store.create(tx, { taskId: parts.ids.uuid(), ownerId, videoKey: key });
    if (!created) throw new FinalripError(MESSAGES.exists);
  });
}

/**
 * Takes back what a start made, in the caller's transaction: the job with its leases, and all public names of its outputs.
 * Their objects become garbage, which the next turn of the family removes. `also`: further names to be removed.
 */
export async function retire(
  context: Context,
  row: TaskRow,
  { tx, also }: { tx: Transaction; also: readonly string[] },
): Promise<void> {
  const { names, store, buckets, parts } = context;
  const ownerId = row.owner_id;
  const root = rootOf(row.video_key);
  const job = await jobOf(context, row);
  const published = await store.published(row.task_id, tx);
  const derived = derivedNames(row.video_key, job?.clipsTotal ?? 0);
  const keys = [...new Set([...also, ...derived, ...published.keys()])];
  const bucket = await buckets.of(ownerId);
  await names.addGarbage(tx, { ownerId, root, bucket, keys });
  const pins = row.pinned_key === null ? [] : [row.pinned_key];
  await names.addGarbage(tx, { ownerId, root, bucket: buckets.staging, keys: pins });
  await store.unpublish(tx, row.task_id);
  if (job) await parts.grid.jobs.remove(job.jobId, undefined, tx);
}

/** `clear`: in every state. All rows go in one transaction; the objects before the answer, or by the sweeper after a crash. */
export async function clear(context: Context, request: Bound, ownerId: string): Promise<void> {
  const { guard, store, names } = context;
  const key = request.text('video_key');
  await guard.run(ownerId, key, async (tx) => {
    const row = await store.find(ownerId, key, tx);
    if (row === undefined) throw new FinalripError(MESSAGES.unknown);
    const keepSource = request.flag('keep_source') ?? false;
    await retire(context, row, { tx, also: keepSource ? [] : [key] });
    await names.setCleared(tx, ownerId, key);
    await store.remove(tx, row.task_id);
  });
  await guard.tidy(ownerId, rootOf(key));
}
