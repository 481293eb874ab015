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

function* film(): Generator<Buffer> {
  for (let i = 0; i < SIZE_MIB; i++) yield Buffer.alloc(MIB, i);
}

test('an upload streams through the coordinator: its memory grows by far less than the film', async () => {
  const api = new ApiClient(grid.api.url);
  const created = await api.ok('CreatedUpload', 'POST /uploads', {
    body: { name: 'film.mkv', size_bytes: SIZE_MIB * MIB },
  });
  const before = memory('VmRSS');
  const put = request(created.url, { method: 'PUT', headers: { 'content-length': SIZE_MIB * MIB } });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    put.once('response', (response) => resolve(response.resume()));
    put.once('error', reject);
  });
  await pipeline(Readable.from(film()), put);
  const { statusCode, headers } = await answered;
  const hash = createHash('md5');
  for (const chunk of film()) hash.update(chunk);
  expect({ statusCode, etag: headers.etag }).toEqual({ statusCode: 200, etag: `"${hash.digest('hex')}"` });
  await api.ok('Upload', `POST /uploads/${created.upload_id}/complete`);
  expect(memory('VmHWM') - before).toBeLessThan(SIZE_MIB / 2);
}, 120_000);
