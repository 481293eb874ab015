import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Bucket } from '../../../coordinator/dialects/openencoder/storage/bucket.ts';
import { bucketAddress } from '../../../coordinator/dialects/openencoder/storage/bucket-address.ts';
import type { SettingValues } from '../../../coordinator/dialects/openencoder/settings/setting-names.ts';
import { systemClock } from '../../../shared/clock.ts';
import { GridError } from '../../../shared/errors.ts';
import { startOperatorStore, type OperatorStore } from '../../support/openencoder-store.ts';

const MORE_THAN_A_PART = 17 * 1024 * 1024;

let store: OperatorStore;
let bucket: Bucket;
beforeAll(async () => {
  store = await startOperatorStore();
  const values = { S3_OUTBOUND_BUCKET: 'outbound', ...store.settings } as Partial<SettingValues>;
  bucket = new Bucket(bucketAddress(values as SettingValues, 'outbound')!, systemClock);
});
afterAll(() => store.stop());

async function* breaking(bytes: number): AsyncGenerator<Buffer> {
  yield Buffer.alloc(bytes);
  await Promise.resolve();
  throw new GridError('cancelled', 'the job is over');
}

it.each([1_000, MORE_THAN_A_PART])(
  'a file whose bytes break off after %i ends at once, and leaves neither an object nor parts',
  async (bytes) => {
    const body = Readable.from(breaking(bytes), { objectMode: false });
    await expect(bucket.write('dst/o.mp4', body, 2 * MORE_THAN_A_PART)).rejects.toThrow('the job is over');
    expect(await bucket.stat('dst/o.mp4')).toBeUndefined();
    const parts: unknown[] = [];
    for await (const upload of store.client.listIncompleteUploads('outbound', '', true)) parts.push(upload);
    expect(parts).toEqual([]);
  },
  20_000,
);
