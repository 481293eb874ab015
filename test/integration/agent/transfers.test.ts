import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { DiskCache } from '../../../agent/media/disk-cache.ts';
import { RateLimit } from '../../../agent/rate-limit.ts';
import { uploadArtifact } from '../../../agent/upload.ts';
import { systemClock as clock } from '../../../shared/clock.ts';
import { systemIds } from '../../../shared/ids.ts';
import { silentLogger as logger } from '../../../shared/logger.ts';
import { startRemoteSources } from '../../support/remote-source.ts';

const RATE = 400_000;
const BYTES = 600_000;
/** Less what may come in a burst. */
const LEAST_MS = ((BYTES - RATE / 4) / RATE) * 1000;
const never = new AbortController().signal;
const fresh = () => mkdtempSync(join(tmpdir(), 'transfers-'));

function film(folder: string): { path: string; bytes: Buffer } {
  const path = join(folder, 'film');
  const bytes = Buffer.alloc(BYTES, 'some bytes that are not all the same ');
  writeFileSync(path, bytes);
  return { path, bytes };
}

test('downloads, by ranges and whole, share their rate', async () => {
  const folder = fresh();
  const { path, bytes } = film(folder);
  const sources = await startRemoteSources({ limit: new RateLimit(clock, RATE) });
  try {
    const input = await sources.put(path);
    const from = clock.monotonicMs();
    const opened = await sources.source.open(input, never);
    const whole = sources.source.download(input, join(folder, 'copy'), never);
    const chunks: Uint8Array[] = [];
    for await (const chunk of opened.read({ start: 0, end: BYTES / 2 })) chunks.push(chunk);
    await whole;
    expect(clock.monotonicMs() - from).toBeGreaterThan(LEAST_MS * 1.5);
    expect(Buffer.concat(chunks).equals(bytes.subarray(0, BYTES / 2))).toBe(true);
    expect(readFileSync(join(folder, 'copy')).equals(bytes)).toBe(true);
  } finally {
    await sources.close();
  }
});

test('an upload keeps to its rate and arrives whole', async () => {
  const { path, bytes } = film(fresh());
  let heard = Buffer.alloc(0);
  const server = createServer((request, response) => {
    request.on('data', (chunk: Buffer) => (heard = Buffer.concat([heard, chunk])));
    request.on('end', () => response.end());
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const from = clock.monotonicMs();
  const target = {
    name: 'a',
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/a`,
    headers: {},
  };
  const ids = systemIds(() => clock.wallMs());
  await uploadArtifact({ clock, ids }, { target, path, signal: never, limit: new RateLimit(clock, RATE) });
  expect(clock.monotonicMs() - from).toBeGreaterThan(LEAST_MS);
  expect(heard.equals(bytes)).toBe(true);
  server.close();
});

test('what was fetched is kept on the disk over a restart, within its bound, and a file that was changed is no hit', async () => {
  const folder = join(fresh(), 'cache');
  const { path, bytes } = film(fresh());
  const open = () => DiskCache.open({ folder, limitBytes: 2 * BYTES, clock, logger });
  let disk = await open();
  let sources = await startRemoteSources({ disk });
  const input = await sources.put(path);
  const read = async (start: number, end: number) => {
    const opened = await sources.source.open(input, never);
    const chunks: Uint8Array[] = [];
    for await (const chunk of opened.read({ start, end })) chunks.push(chunk);
    expect(Buffer.concat(chunks).equals(bytes.subarray(start, end))).toBe(true);
    await disk.settled();
    return opened.fetchedBytes();
  };
  expect(await read(0, 500_000)).toBe(500_000);
  expect(await read(0, 500_000)).toBe(0);
  expect(await read(500_000, BYTES)).toBe(100_000);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  const restart = async () => {
    await disk.settled();
    disk = await open();
    const before = sources;
    sources = { ...(await startRemoteSources({ disk })), put: before.put };
    return before;
  };
  const stores = [await restart()];
  expect(await read(0, 500_000)).toBe(0);
  // The oldest goes first: 100,000 bytes were used last before that.
  expect(await read(0, 599_000)).toBe(599_000);
  expect(await read(0, 598_000)).toBe(598_000);
  const files = () => readdirSync(folder).map((name) => statSync(join(folder, name)).size);
  expect(files().reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(2 * BYTES);
  expect(disk.bytes).toBe(files().reduce((sum, size) => sum + size, 0));
  expect(await read(500_000, BYTES)).toBe(100_000);
  const [largest] = readdirSync(folder)
    .map((name) => join(folder, name))
    .toSorted((a, b) => statSync(b).size - statSync(a).size);
  truncateSync(largest!, 1_000);
  utimesSync(largest!, 1, 1);
  writeFileSync(join(folder, 'left-by-a-killed-agent.new'), 'x');
  stores.push(await restart());
  expect(readdirSync(folder)).not.toContain('left-by-a-killed-agent.new');
  expect(await read(0, 598_000)).toBe(598_000);
  stores.push(sources);
  for (const store of stores) await store.close();
});

test('a disk that is slower than the network keeps less, and holds 32 MiB at most in memory', async () => {
  const folder = fresh();
  const bytes = Buffer.alloc(1024 ** 2);
  const disk = await DiskCache.open({ folder, limitBytes: 1024 ** 3, clock, logger });
  await Promise.all(Array.from({ length: 40 }, (_, n) => disk.get(`part ${n}`, async () => bytes)));
  await disk.settled();
  expect(readdirSync(folder)).toHaveLength(32);
  await disk.get('a part after that', async () => bytes);
  await disk.settled();
  expect(readdirSync(folder)).toHaveLength(33);
});
