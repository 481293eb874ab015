import { mkdtemp, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openNewFile, type OpenNewFile } from '../../coordinator/objects/folder-files.ts';
import { FolderHttp } from '../../coordinator/objects/folder-http.ts';
import { FolderStore } from '../../coordinator/objects/folder.ts';
import { systemClock, type Clock } from '../../shared/clock.ts';
import { systemIds } from '../../shared/ids.ts';
import { silentLogger, type Logger } from '../../shared/logger.ts';

const ref = { bucket: 'folder', key: 'key' };
const octets = 'application/octet-stream';
const brief = { expiresS: 60, audience: 'internal', createOnly: true } as const;

describe('folder store over HTTP', () => {
  let folder: string;
  let store: FolderStore;
  let wallMs: number;
  let diskIsFull: boolean;
  let base: string;
  let noteCancelled: () => void;
  let cancelled: Promise<void>;
  const clock: Clock = { ...systemClock, wallMs: () => wallMs };
  const openFile: OpenNewFile = async (path) => {
    const file = await openNewFile(path);
    const write = (chunk: Uint8Array): Promise<void> =>
      diskIsFull ? Promise.reject(Object.assign(new Error('full'), { code: 'ENOSPC' })) : file.write(chunk);
    return { ...file, write };
  };
  const logger: Logger = {
    ...silentLogger,
    info: (fields) => fields['code'] === 'cancelled' && noteCancelled(),
  };
  const server = createServer((req, res) => void new FolderHttp({ store, clock, logger }).handle(req, res));
  const open = (): Promise<FolderStore> =>
    FolderStore.open({
      folder,
      secret: 'a secret of the folder test',
      publicUrl: base,
      internalUrl: base,
      clock,
      ids: systemIds(() => wallMs),
      openFile,
    });
  const filesIn = async (path: string): Promise<string[]> =>
    (await readdir(join(folder, path), { recursive: true, withFileTypes: true }))
      .filter((item) => item.isFile())
      .map((item) => item.name);
  const put = async (body: string, options: object = {}): Promise<Response> =>
    fetch((await store.signPut(ref, { ...brief, ...options })).url, { method: 'PUT', body });

  beforeEach(async () => {
    wallMs = Date.UTC(2026, 0, 1);
    diskIsFull = false;
    cancelled = new Promise((resolve) => (noteCancelled = resolve));
    folder = await mkdtemp(join(tmpdir(), 'clipgrid-folder-'));
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/objects`;
    store = await open();
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
    await rm(folder, { recursive: true });
  });

  it('refuses an expired URL and says when it expired', async () => {
    await store.write(ref, Buffer.from('x'), { contentType: octets, createOnly: true });
    const url = await store.signGet(ref, brief);
    wallMs += 59_999;
    expect((await fetch(url)).status).toBe(200);
    wallMs += 1;
    const answer = await fetch(url);
    expect(answer.status).toBe(403);
    expect(await answer.text()).toContain('expired at 2026-01-01T00:01:00.000Z');
  });

  it('refuses a URL used with another method', async () => {
    const { url } = await store.signPut(ref, brief);
    expect((await fetch(url)).status).toBe(403);
    expect((await fetch(await store.signGet(ref, brief), { method: 'PUT', body: 'x' })).status).toBe(403);
  });

  it('lets exactly one of many concurrent creates win', async () => {
    const bodies = Array.from({ length: 12 }, (_, index) => `body ${index}`);
    const answers = await Promise.all(bodies.map((body) => put(body)));
    const won = answers.flatMap((answer, index) => (answer.status === 200 ? [bodies[index]] : []));
    expect(answers.filter((answer) => answer.status === 412)).toHaveLength(11);
    expect(won).toEqual([(await buffer(await store.read(ref))).toString()]);
    expect(await filesIn('tmp')).toEqual([]);
    expect(await filesIn('objects')).toHaveLength(2);
  });

  it('says that the disk is full, stores nothing, and goes on afterwards', async () => {
    diskIsFull = true;
    const answer = await put('x'.repeat(1_000_000));
    expect([answer.status, answer.headers.get('x-clipgrid-error')]).toEqual([507, 'disk_full']);
    expect(await store.stat(ref)).toBeUndefined();
    expect(await filesIn('tmp')).toEqual([]);
    diskIsFull = false;
    expect((await put('now')).status).toBe(200);
  });

  it('publishes nothing of an upload that ends early', async () => {
    const { url } = await store.signPut(ref, brief);
    const req = request(url, { method: 'PUT', headers: { 'Content-Length': 1000 } });
    req.on('error', () => undefined);
    await new Promise((done) => req.write('only the start', done));
    req.destroy();
    await cancelled;
    expect(await store.stat(ref)).toBeUndefined();
    expect(await filesIn('tmp')).toEqual([]);
  });

  it('refuses wrong sizes', async () => {
    expect((await put('12345', { sizeBytes: 4 })).status).toBe(400);
    expect((await put('12345', { maxBytes: 4 })).status).toBe(413);
    expect(await store.stat(ref)).toBeUndefined();
  });

  it('keeps odd keys out of the file system', async () => {
    const keys = ['../../etc/passwd', '漢'.repeat(330), '\u0001\n"', '.', 'x/'];
    for (const key of keys) {
      const odd = { bucket: ref.bucket, key };
      const signed = await store.signPut(odd, brief);
      expect((await fetch(signed.url, { method: 'PUT', body: key })).status).toBe(200);
      expect(await (await fetch(await store.signGet(odd, { ...brief, fileName: key }))).text()).toBe(key);
    }
    for (const name of await filesIn('.'))
      expect(name).toMatch(/^[0-9a-f]{64}\.[0-9a-f-]+(json)?$|^[0-9a-f]{64}\.json$/);
  });

  it('removes at start what a killed process left, and keeps what was published', async () => {
    await store.write(ref, Buffer.from('kept'), { contentType: octets, createOnly: true });
    await writeFile(join(folder, 'tmp', 'half'), 'half');
    const [bucketFolder = ''] = await readdir(join(folder, 'objects'));
    const shard = join(folder, 'objects', bucketFolder, 'ff');
    await mkdir(shard, { recursive: true });
    await writeFile(join(shard, `${'f'.repeat(64)}.orphan`), 'orphan');
    store = await open();
    expect(await filesIn('tmp')).toEqual([]);
    expect(await filesIn('objects')).toHaveLength(2);
    expect((await buffer(await store.read(ref))).toString()).toBe('kept');
  });

  it.each([
    ['bytes=2-4', 206, '234', 'bytes 2-4/10'],
    ['bytes=7-', 206, '789', 'bytes 7-9/10'],
    ['bytes=-2', 206, '89', 'bytes 8-9/10'],
    ['bytes=5-99', 206, '56789', 'bytes 5-9/10'],
    ['bytes=10-', 416, '', 'bytes */10'],
    ['bytes=-0', 416, '', 'bytes */10'],
    ['bytes=4-2', 200, '0123456789', null],
    ['bytes=0-1,3-4', 200, '0123456789', null],
  ])('answers Range %s with %i', async (range, status, text, contentRange) => {
    await store.write(ref, Buffer.from('0123456789'), { contentType: octets, createOnly: true });
    const answer = await fetch(await store.signGet(ref, brief), { headers: { Range: range } });
    expect([answer.status, await answer.text(), answer.headers.get('content-range')]).toEqual([
      status,
      text,
      contentRange,
    ]);
  });

  it('answers preflights, HEAD and attachment names', async () => {
    const preflight = await fetch((await store.signPut(ref, brief)).url, { method: 'OPTIONS' });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-methods')).toContain('PUT');
    expect((await put('body')).headers.get('access-control-allow-origin')).toBe('*');
    const head = await fetch(await store.signGet(ref, { ...brief, fileName: 'a "b" 漢.mkv' }), {
      method: 'HEAD',
    });
    expect([head.status, head.headers.get('content-length')]).toEqual([200, '4']);
    expect(head.headers.get('content-disposition')).toBe(
      `attachment; filename="a _b_ _.mkv"; filename*=UTF-8''a%20%22b%22%20%E6%BC%A2.mkv`,
    );
  });
});
