import type { ListedObject, ObjectStore } from '../objects/object-store.ts';
import type { Garbage, GarbageStore } from '../store/garbage-store.ts';
import { LEASE_PREFIXES } from '../domain/object-keys.ts';

export interface CollectorDeps {
  readonly garbage: GarbageStore;
  readonly objects: ObjectStore;
  readonly settings: {
    readonly bucket: string;
    readonly collectAfterMs: number;
    readonly collectFailedAfterMs: number;
    readonly uploadExpiryMs: number;
    readonly previewsKeptMs: number;
  };
}

const BATCH = 20;
const ORPHAN_BATCH = 500;

async function throwAway({ garbage, objects }: CollectorDeps, { id, refs }: Garbage): Promise<void> {
  for (const { bucket, key, multipartId } of refs) {
    if (multipartId !== undefined) await objects.abortMultipart({ bucket, key, uploadId: multipartId });
  }
  await objects.remove(refs);
  await garbage.drop(id);
}

/**
 * Removes the segments, index and sidecar of ended jobs (the result stays), all objects of removed jobs and uploads,
 * previews, and uploads that were never finished. Returns how many objects it removed.
 */
export async function collect(deps: CollectorDeps): Promise<number> {
  const { garbage, settings } = deps;
  const { collectAfterMs: endedMs, collectFailedAfterMs: failedMs } = settings;
  await garbage.collectJobs({ endedMs, failedMs, limit: BATCH });
  await garbage.collectClips({ endedMs, failedMs, limit: BATCH });
  await garbage.removePreviews(settings.previewsKeptMs, BATCH);
  await garbage.expireUploads(settings.uploadExpiryMs, BATCH);
  let removed = 0;
  for (const line of await garbage.garbage(BATCH)) {
    await throwAway(deps, line);
    removed += line.refs.length;
  }
  return removed;
}

/**
 * Removes what leases left behind that were lost, refused or redone: their objects are in no row. A whole listing, so it
 * is for now and then. Returns how many objects it removed.
 */
export async function collectOrphans(deps: CollectorDeps): Promise<number> {
  let removed = 0;
  for (const prefix of LEASE_PREFIXES) {
    let batch: ListedObject[] = [];
    for await (const item of deps.objects.list(deps.settings.bucket, prefix)) {
      batch.push(item);
      if (batch.length < ORPHAN_BATCH) continue;
      removed += await removeOrphans(deps, batch);
      batch = [];
    }
    removed += await removeOrphans(deps, batch);
  }
  return removed;
}

async function removeOrphans(
  { garbage, objects, settings }: CollectorDeps,
  listed: readonly ListedObject[],
): Promise<number> {
  if (listed.length === 0) return 0;
  const keys = await garbage.orphans(listed.map((item) => item.key));
  await objects.remove(keys.map((key) => ({ bucket: settings.bucket, key })));
  return keys.length;
}
