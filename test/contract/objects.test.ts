import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer as createHttp } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FolderHttp } from '../../coordinator/objects/folder-http.ts';
import { FolderStore } from '../../coordinator/objects/folder.ts';
import { S3Store } from '../../coordinator/objects/minio.ts';
import type {
  ListedObject,
  ObjectStore,
  SignedRequest,
  UploadedPart,
} from '../../coordinator/objects/object-store.ts';
import { systemClock } from '../../shared/clock.ts';
import { GridError } from '../../shared/errors.ts';
import { systemIds } from '../../shared/ids.ts';
import { silentLogger } from '../../shared/logger.ts';
import { startS3 } from '../support/s3.ts';

interface Opened {
  readonly store: ObjectStore;
  close(): Promise<void>;
}

async function openFolder(): Promise<Opened> {
  const folder = await mkdtemp(join(tmpdir(), 'clipgrid-objects-'));
  const server = createHttp((req, res) => void http.handle(req, res));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/objects`;
  const secret = 'a secret of the contract test';
  const ids = systemIds(() => systemClock.wallMs());
  const store = await FolderStore.open({
    folder,
    secret,
    publicUrl: url,
    internalUrl: url,
    clock: systemClock,
    ids,
  });
  const http = new FolderHttp({ store, clock: systemClock, logger: silentLogger });
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
    await rm(folder, { recursive: true });
  };
  return { store, close };
}

async function openS3(): Promise<Opened> {
  const s3 = await startS3();
  const store = new S3Store({ ...s3, publicUrl: s3.url, internalUrl: s3.url, clock: systemClock });
  return { store, close: () => s3.stop() };
}

const bucket = 'contract';
const octets = 'application/octet-stream';
const brief = { expiresS: 60, audience: 'internal' } as const;
const md5 = (bytes: Uint8Array): string => createHash('md5').update(bytes).digest('hex');
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const put = (signed: SignedRequest, body: Uint8Array<ArrayBuffer>): Promise<Response> =>
  fetch(signed.url, { method: 'PUT', headers: signed.headers, body });

async function listed(store: ObjectStore, prefix: string): Promise<ListedObject[]> {
  const found: ListedObject[] = [];
  for await (const item of store.list(bucket, prefix)) found.push(item);
  return found;
}

describe.each([
  { name: 'folder', open: openFolder },
  { name: 's3', open: openS3 },
])('object store: $name', ({ open }) => {
  let opened: Opened;
  let store: ObjectStore;

  beforeAll(async () => {
    opened = await open();
    store = opened.store;
    await store.ensureBucket(bucket);
    await store.ensureBucket(bucket);
  });
  afterAll(() => opened?.close());

  it('is healthy', async () => {
    await expect(store.health()).resolves.toBeUndefined();
  });

  it('writes, stats, reads and removes', async () => {
    const ref = { bucket, key: 'a/b' };
    const bytes = Buffer.from('0123456789');
    await store.write(ref, bytes, { contentType: 'video/mp4', createOnly: false });
    expect(await store.stat(ref)).toMatchObject({
      sizeBytes: 10,
      md5: md5(bytes),
      contentType: 'video/mp4',
    });
    expect((await buffer(await store.read(ref))).toString()).toBe('0123456789');
    expect((await buffer(await store.read(ref, { start: 2, endInclusive: 4 }))).toString()).toBe('234');
    expect((await buffer(await store.read(ref, { start: 7 }))).toString()).toBe('789');
    await store.remove([ref, { bucket, key: 'never there' }]);
    expect(await store.stat(ref)).toBeUndefined();
    await expect(store.read(ref)).rejects.toMatchObject({ code: 'not_found' });
  });

  it('refuses to create what exists', async () => {
    const ref = { bucket, key: 'once' };
    await store.write(ref, Buffer.from('first'), { contentType: octets, createOnly: true });
    await expect(
      store.write(ref, Buffer.from('second'), { contentType: octets, createOnly: true }),
    ).rejects.toMatchObject({ code: 'already_exists' });
    expect((await buffer(await store.read(ref))).toString()).toBe('first');
  });

  it.each([1_000, 17 * 1024 * 1024])(
    'a body that breaks off after %i bytes leaves nothing, and its error is the answer',
    async (size) => {
      const ref = { bucket, key: `broken/${size}` };
      const body = Readable.from(
        (async function* () {
          yield Buffer.alloc(size);
          await Promise.resolve();
          throw new GridError('timeout', 'the sender is too slow');
        })(),
        { objectMode: false },
      );
      const writing = store.write(ref, body, { contentType: octets, createOnly: true });
      await expect(writing).rejects.toThrow('the sender is too slow');
      expect(await store.stat(ref)).toBeUndefined();
      // The same key can be written after that, and holds nothing of the first try.
      await store.write(ref, Buffer.from('whole'), { contentType: octets, createOnly: true });
      expect((await buffer(await store.read(ref))).toString()).toBe('whole');
    },
    20_000,
  );

  it('a body that its sender leaves is no object', async () => {
    const ref = { bucket, key: 'left' };
    const body = new PassThrough();
    body.write('some');
    const writing = store.write(ref, body, { contentType: octets, createOnly: false });
    body.destroy();
    await expect(writing).rejects.toThrow();
    const again = store.write(ref, body, { contentType: octets, createOnly: false });
    await expect(again).rejects.toThrow();
    expect(await store.stat(ref)).toBeUndefined();
  });

  it('copies, and the copy outlives its origin', async () => {
    const from = { bucket, key: 'copy/from' };
    const to = { bucket, key: 'copy/to' };
    await store.write(from, Buffer.from('copied'), { contentType: octets, createOnly: false });
    await store.copy(from, to);
    await store.remove([from]);
    expect((await buffer(await store.read(to))).toString()).toBe('copied');
    await expect(store.copy(from, to)).rejects.toMatchObject({ code: 'not_found' });
  });

  it('lists by prefix', async () => {
    for (const key of ['list/1', 'list/sub/2', 'listless']) {
      await store.write({ bucket, key }, Buffer.from(key), { contentType: octets, createOnly: false });
    }
    const found = await listed(store, 'list/');
    expect(
      found
        .map((item) => [item.key, item.sizeBytes])
        .toSorted((a, b) => String(a[0]).localeCompare(String(b[0]))),
    ).toEqual([
      ['list/1', 6],
      ['list/sub/2', 10],
    ]);
  });

  it.each(['Show 08 [x]&+漢字 ?#%.mkv', "a.mkv$(touch x)'*!", 'x'.repeat(250)])(
    'takes the key %s by signed URL',
    async (key) => {
      const ref = { bucket, key };
      const bytes = Buffer.from(key);
      expect((await put(await store.signPut(ref, { ...brief, createOnly: false }), bytes)).status).toBe(200);
      const answer = await fetch(await store.signGet(ref, { ...brief, fileName: key }), {
        headers: { Range: 'bytes=1-3' },
      });
      expect(answer.status).toBe(206);
      expect(Buffer.from(await answer.arrayBuffer())).toEqual(bytes.subarray(1, 4));
      expect(answer.headers.get('content-disposition')).toContain("filename*=UTF-8''");
      expect((await listed(store, key)).map((item) => item.key)).toEqual([key]);
    },
  );

  it('takes only the announced bytes at a signed URL (L6)', async () => {
    const good = Buffer.from('good bytes');
    const ref = { bucket, key: 'announced' };
    const signed = await store.signPut(ref, {
      ...brief,
      createOnly: true,
      sizeBytes: good.length,
      md5: md5(good),
      sha256: sha256(good),
    });
    expect((await put(signed, Buffer.from('evil bytes'))).ok).toBe(false);
    expect(await store.stat(ref)).toBeUndefined();
    expect((await put(signed, good)).status).toBe(200);
    expect((await put(signed, Buffer.from('evil bytes'))).ok).toBe(false);
    expect((await buffer(await store.read(ref))).toString()).toBe('good bytes');
  });

  it('refuses a URL that was changed', async () => {
    const ref = { bucket, key: 'changed' };
    const signed = await store.signPut(ref, { ...brief, createOnly: false });
    const url = signed.url.slice(0, -4) + (signed.url.endsWith('0000') ? '1111' : '0000');
    expect((await put({ ...signed, url }, Buffer.from('x'))).status).toBe(403);
    expect(await store.stat(ref)).toBeUndefined();
  });

  it('joins parts, of which one was sent twice', async () => {
    const ref = { bucket, key: 'parts' };
    const upload = await store.startMultipart(ref, 'video/mp4');
    const first = Buffer.alloc(5 * 1024 * 1024, 'a');
    const send = async (part: number, bytes: Uint8Array<ArrayBuffer>): Promise<UploadedPart> => {
      const answer = await put(await store.signPart(upload, { ...brief, part }), bytes);
      expect(answer.status).toBe(200);
      const etag = (answer.headers.get('etag') ?? '').replaceAll('"', '');
      return { part, etag, sizeBytes: bytes.length };
    };
    await send(2, Buffer.from('wrong'));
    const parts = [await send(1, first), await send(2, Buffer.from('end'))];
    expect(await store.stat(ref)).toBeUndefined();
    await store.completeMultipart(upload, parts);
    const whole = await buffer(await store.read(ref));
    expect(sha256(whole)).toBe(sha256(Buffer.concat([first, Buffer.from('end')])));
    await store.abortMultipart(upload);
  });

  it('tells which parts have arrived, and forgets an aborted upload', async () => {
    const upload = await store.startMultipart({ bucket, key: 'resumed' }, octets);
    for (const part of [1, 3]) {
      await put(await store.signPart(upload, { ...brief, part }), Buffer.from(`part ${part}`));
    }
    const parts = await store.listParts(upload);
    expect(parts.map(({ part, sizeBytes }) => [part, sizeBytes])).toEqual([
      [1, 6],
      [3, 6],
    ]);
    expect(parts[0]?.etag).toBe(md5(Buffer.from('part 1')));
    await store.abortMultipart(upload);
    await store.abortMultipart(upload);
    await expect(store.listParts(upload)).rejects.toMatchObject({ code: 'not_found' });
  });
});
