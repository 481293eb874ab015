import type { Service } from '../../../shared/service.ts';
import { createTicker } from '../../../shared/ticker.ts';
import type { Context } from './context.ts';
import { URL_LIFE_S } from './urls.ts';

const EVERY_MS = 30_000;
const BATCH = 100;
/** Older objects of the staging bucket belong to an upload or a start that was killed. */
const STAGED_MS = 6 * 3600_000;
/** An upload URL of before a clear may live for so long after it. */
const REMEMBER_CLEARS_S = URL_LIFE_S + 3600;

/** Removes what a killed process left: objects of cleared tasks, and uploads and copies that nobody finished. */
export function createHousekeeper(context: Context): Service {
  const { clock, logger } = context.parts;
  const tick = () => tidy(context);
  return createTicker({ name: 'FinalRip housekeeper', everyMs: EVERY_MS, clock, logger, tick });
}

async function tidy(context: Context): Promise<void> {
  const { names, guard } = context;
  for (const { ownerId, root } of await names.littered(BATCH)) await guard.tidy(ownerId, root);
  await names.pruneCleared(REMEMBER_CLEARS_S);
  await sweepStaging(context);
}

async function sweepStaging({ names, buckets, parts }: Context): Promise<void> {
  const before = parts.clock.wallMs() - STAGED_MS;
  const old: string[] = [];
  for await (const object of parts.objects.list(buckets.staging, '')) {
    if (object.modifiedMs < before) old.push(object.key);
  }
  const pinned = await names.pinned(old);
  const lost = old.filter((key) => !pinned.has(key));
  if (lost.length > 0) await parts.objects.remove(lost.map((key) => ({ bucket: buckets.staging, key })));
}
