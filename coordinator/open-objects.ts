import { join } from 'node:path';
import type { Clock } from '../shared/clock.ts';
import type { IdSource } from '../shared/ids.ts';
import type { Logger } from '../shared/logger.ts';
import { FolderHttp } from './objects/folder-http.ts';
import { FolderStore } from './objects/folder.ts';
import { S3Store } from './objects/minio.ts';
import type { ObjectStore } from './objects/object-store.ts';
import { youngCollector } from './objects/young-garbage.ts';
import { localUrl, type CoordinatorSettings } from './settings.ts';
import { signingSecret } from './signing-secret.ts';

export interface OpenObjects {
  readonly objects: ObjectStore;
  /** Serves the folder's signed URLs; absent with S3, which serves its own. */
  readonly folderHttp?: FolderHttp;
}

interface Parts {
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly logger: Logger;
}

/** The object store of the settings: any S3, else a folder whose URLs this process serves below `/objects`. */
export async function openObjects(settings: CoordinatorSettings, parts: Parts): Promise<OpenObjects> {
  const { clock, ids, logger } = parts;
  if (settings.s3) {
    const objects = new S3Store({ ...settings.s3, clock });
    await objects.ensureBucket(settings.bucket);
    return { objects };
  }
  const local = localUrl(settings);
  const store = await FolderStore.open({
    folder: join(settings.dataDir, 'objects'),
    secret: await signingSecret(settings.dataDir, ids),
    publicUrl: `${settings.publicUrl ?? local}/objects`,
    internalUrl: `${settings.internalUrl ?? local}/objects`,
    clock,
    ids,
    collectGarbage: youngCollector(),
  });
  await store.ensureBucket(settings.bucket);
  return { objects: store, folderHttp: new FolderHttp({ store, clock, logger }) };
}
