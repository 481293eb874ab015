import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../shared/clock.ts';
import type { IdSource } from '../shared/ids.ts';
import type { Logger } from '../shared/logger.ts';
import type { AgentConfig } from './config.ts';
import { DiskCache } from './media/disk-cache.ts';
import { startSourceProxy, type SourceProxy } from './media/source-proxy.ts';
import { RateLimit } from './rate-limit.ts';

/** How bytes come to an agent and leave it, within its limits. */
export interface Transfers {
  readonly source: SourceProxy;
  readonly uploadLimit: RateLimit | undefined;
}

interface TransferDeps {
  readonly config: AgentConfig;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly logger: Logger;
}

/** What was kept while there was a cache goes with it. */
async function openDiskCache({ config, clock, logger }: TransferDeps): Promise<DiskCache | undefined> {
  const { dataDir, cacheBytes = 0 } = config;
  const folder = join(dataDir, 'cache');
  if (cacheBytes > 0) return DiskCache.open({ folder, limitBytes: cacheBytes, clock, logger });
  await rm(folder, { recursive: true, force: true });
  return undefined;
}

/** Opens them; `source` is to be closed. */
export async function openTransfers(deps: TransferDeps): Promise<Transfers> {
  const { config, clock, ids } = deps;
  const { maxDownload, maxUpload } = config;
  const limitOf = (rate: number | undefined): RateLimit | undefined =>
    rate === undefined ? undefined : new RateLimit(clock, rate);
  const disk = await openDiskCache(deps);
  const source = await startSourceProxy({ clock, ids, disk, limit: limitOf(maxDownload) });
  return { source, uploadLimit: limitOf(maxUpload) };
}
