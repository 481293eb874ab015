import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { request, type IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ApiClient } from '../../support/api-client.ts';
import { Processes } from '../../support/processes.ts';

const MIB = 1024 * 1024;
const SIZE_MIB = 256;
const AT_ONCE = 50;
const EACH_MIB = 8;

let grid: Processes;
beforeAll(async () => {
  grid = await Processes.start({ agents: 0 });
});
afterAll(() => grid.close());

/** In MiB, as the system counts it: `VmRSS` now, `VmHWM` at the highest. */
function memory(field: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${grid.coordinator.program.pid}/status`, 'utf8');
  return Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1]) / 1024;
}

function* film(mib: number): Generator<Buffer> {
  for (let i = 0; i < mib; i++) yield Buffer.alloc(MIB, i);
}

/** Uploads a film as any client would, and completes it. */
async function upload(api: ApiClient, mib: number): Promise<void> {
  const created = await api.ok('CreatedUpload', 'POST /uploads', {
    body: { name: 'film.mkv', size_bytes: mib * MIB },
  });
  const put = request(created.url, { method: 'PUT', headers: { 'content-length': mib * MIB } });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    put.once('response', (response) => resolve(response.resume()));
    put.once('error', reject);
  });
  await pipeline(Readable.from(film(mib)), put);
  const { statusCode, headers } = await answered;
  const hash = createHash('md5');
  for (const chunk of film(mib)) hash.update(chunk);
  expect({ statusCode, etag: headers.etag }).toEqual({ statusCode: 200, etag: `"${hash.digest('hex')}"` });
  await api.ok('Upload', `POST /uploads/${created.upload_id}/complete`);
}

test('an upload streams through the coordinator: its memory grows by far less than the film', async () => {
  const before = memory('VmRSS');
  await upload(new ApiClient(grid.api.url), SIZE_MIB);
  expect(memory('VmHWM') - before).toBeLessThan(SIZE_MIB / 2);
}, 120_000);

test('fifty uploads at once: the memory grows by far less than they are together', async () => {
  const before = memory('VmRSS');
  const api = new ApiClient(grid.api.url);
  await Promise.all(Array.from({ length: AT_ONCE }, () => upload(api, EACH_MIB)));
  expect(memory('VmHWM') - before).toBeLessThan((AT_ONCE * EACH_MIB) / 3);
}, 120_000);
