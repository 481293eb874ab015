import { createReadStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSourceProxy, type SourceProxyOptions } from '../../agent/media/source-proxy.ts';
import { FolderHttp } from '../../coordinator/objects/folder-http.ts';
import { FolderStore } from '../../coordinator/objects/folder.ts';
import { systemClock as clock } from '../../shared/clock.ts';
import type { ObjectInput } from '../../shared/gen/clipgrid/v1/task.ts';
import { systemIds } from '../../shared/ids.ts';
import { silentLogger as logger } from '../../shared/logger.ts';

/** A folder store that serves signed URLs over HTTP, and an agent's source access on top: the way bytes really take. */
export async function startRemoteSources(options: Partial<SourceProxyOptions> = {}) {
  const ids = systemIds(() => clock.wallMs());
  const folder = await mkdtemp(join(tmpdir(), 'clipgrid-remote-'));
  let folderHttp: FolderHttp | undefined;
  const web = createServer((request, response) => void folderHttp?.handle(request, response));
  await new Promise<void>((done) => web.listen(0, '127.0.0.1', done));
  const url = `http://127.0.0.1:${(web.address() as AddressInfo).port}/objects`;
  const secret = 'a secret that is only for tests';
  const store = await FolderStore.open({ folder, secret, publicUrl: url, internalUrl: url, clock, ids });
  folderHttp = new FolderHttp({ store, clock, logger });
  await store.ensureBucket('clipgrid');
  const source = await startSourceProxy({ clock, ids, ...options });

  return {
    source,
    /** Uploads a local file and signs it, as a grant does. */
    async put(path: string): Promise<ObjectInput> {
      const ref = { bucket: 'clipgrid', key: `sources/${ids.uuid()}` };
      await store.write(ref, createReadStream(path), { contentType: 'video/x-matroska', createOnly: true });
      const signed = await store.signGet(ref, { expiresS: 600, audience: 'internal' });
      return { url: signed, sizeBytes: (await stat(path)).size, sha256: '', cacheKey: ref.key };
    },
    async close() {
      await source.close();
      web.closeAllConnections();
      await new Promise((done) => web.close(done));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export type RemoteSources = Awaited<ReturnType<typeof startRemoteSources>>;
