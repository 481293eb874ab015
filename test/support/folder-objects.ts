import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FolderStore } from '../../coordinator/objects/folder.ts';
import type { ObjectStore } from '../../coordinator/objects/object-store.ts';
import { systemClock } from '../../shared/clock.ts';
import { systemIds } from '../../shared/ids.ts';

/** A folder store without its HTTP, for tests that look at which objects there are. */
export async function openFolderObjects(bucket = 'clipgrid') {
  const folder = await mkdtemp(join(tmpdir(), 'clipgrid-objects-'));
  const objects = await FolderStore.open({
    folder,
    secret: 'a secret that is only for tests',
    publicUrl: 'http://127.0.0.1/objects',
    internalUrl: 'http://127.0.0.1/objects',
    clock: systemClock,
    ids: systemIds(() => systemClock.wallMs()),
  });
  await objects.ensureBucket(bucket);
  return { objects, close: () => rm(folder, { recursive: true, force: true }) };
}

/** All keys of a bucket, sorted. */
export async function keysIn(objects: ObjectStore, bucket = 'clipgrid'): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of objects.list(bucket, '')) keys.push(key);
  return keys.toSorted();
}
