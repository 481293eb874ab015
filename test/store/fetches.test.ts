import { buffer } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Socket } from 'node:net';
import { collect } from '../../coordinator/grid/collector.ts';
import type { FetchesFace } from '../../coordinator/grid/outbound-face.ts';
import { createFetches } from '../../coordinator/grid/fetches.ts';
import { DEFAULT_TIMES } from '../../coordinator/grid/settings.ts';
import { GuardedHttp } from '../../coordinator/outbound/guarded-http.ts';
import { postgresGarbageStore } from '../../coordinator/store/postgres/garbage-store.ts';
import { postgresUploadStore } from '../../coordinator/store/postgres/upload-store.ts';
import { systemClock } from '../../shared/clock.ts';
import { systemIds } from '../../shared/ids.ts';
import { keysIn, openFolderObjects } from '../support/folder-objects.ts';
import { createGridFixture, type GridFixture } from '../support/grid-fixture.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { rawAnswer, startRawServer, type RawServer } from '../support/raw-http.ts';

const MAX = 2_000_000;

let grid: GridFixture;
let folder: Awaited<ReturnType<typeof openFolderObjects>>;
let fetches: FetchesFace;
let clock: ManualClock;
let server: RawServer;
let answer: (socket: Socket, request: string) => void;
let url: string;

const settings = { ...DEFAULT_TIMES, bucket: 'clipgrid', maxFetchBytes: MAX };

beforeAll(async () => {
  grid = await createGridFixture();
  folder = await openFolderObjects();
  server = await startRawServer((socket, request) => answer(socket, request));
  url = `http://127.0.0.1:${server.port}/films/my%20film.mkv?token=hush`;
});
afterAll(async () => {
  await server.close();
  await folder.close();
  await grid.close();
});
beforeEach(() => {
  clock = new ManualClock();
  fetches = createFetches({
    outbound: new GuardedHttp({ clock, networks: ['127.0.0.1'], plainHttp: false }),
    uploads: postgresUploadStore(grid.db),
    objects: folder.objects,
    clock,
    ids: systemIds(() => systemClock.wallMs()),
    settings,
  });
});

const uploads = async () => (await grid.pool.query('select * from uploads')).rows;

/** What the collector leaves: nothing but what a row names. */
async function collected(): Promise<string[]> {
  await collect({ garbage: postgresGarbageStore(grid.db), objects: folder.objects, settings });
  return keysIn(folder.objects);
}

afterEach(async () => {
  await grid.pool.query('truncate uploads, garbage');
  await folder.objects.remove(
    (await keysIn(folder.objects)).map((key) => ({ bucket: settings.bucket, key })),
  );
});

const film = Buffer.alloc(1_500_000, 'film');
const sendFilm = (headers: Record<string, string>) => (socket: Socket) => {
  socket.write(rawAnswer(200, headers));
  socket.end(film);
};

describe('a source from a URL', () => {
  test.each([
    ['with a length', { 'content-length': String(film.length) }, film.length],
    ['without one', {}, undefined],
  ])('%s becomes a complete upload of its owner, and tells its progress', async (_, headers, size) => {
    answer = sendFilm(headers);
    const seen: [number, number | undefined][] = [];
    const onProgress = (...now: [number, number | undefined]) => void seen.push(now);
    const upload = await fetches.fetch(url, { ownerId: 'ann', onProgress });
    expect(upload).toMatchObject({
      ownerId: 'ann',
      state: 'complete',
      sizeBytes: film.length,
      name: 'my film.mkv',
    });
    expect((await buffer(await folder.objects.read(upload))).equals(film)).toBe(true);
    expect(seen.at(-1)).toEqual([film.length, size]);
    expect(seen.length).toBeGreaterThan(1);
    expect(await collected()).toEqual([upload.key]);
  });

  test.each([
    [
      'shorter than announced',
      rawAnswer(200, { 'content-length': '9' }, 'abc'),
      'unprocessable',
      /broke off before the end/,
    ],
    [
      'longer than announced',
      rawAnswer(200, { 'content-length': '3' }, 'abcdef'),
      'unprocessable',
      /sent more/,
    ],
    [
      'too large by announcement',
      rawAnswer(200, { 'content-length': String(MAX + 1) }),
      'too_large',
      /at most 2000000/,
    ],
    ['too large without one', rawAnswer(200, {}, 'x'.repeat(MAX + 1)), 'too_large', /more than 2000000/],
    ['empty', rawAnswer(200, { 'content-length': '0' }), 'unprocessable', /sends an empty file/],
    [
      'packed',
      rawAnswer(200, { 'content-length': '3', 'content-encoding': 'gzip' }, 'abc'),
      'unprocessable',
      /gzip/,
    ],
    ['not there', rawAnswer(404, { 'content-length': '0' }), 'source_missing', /answers 404/],
    ['not given', rawAnswer(403, { 'content-length': '0' }), 'source_unreadable', /answers 403/],
    ['a part', rawAnswer(206, { 'content-length': '1' }, 'x'), 'source_unreadable', /answers 206/],
    [
      'elsewhere, in a private network',
      rawAnswer(302, { location: 'http://127.0.0.2/' }),
      'permission_denied',
      /private address/,
    ],
    ['elsewhere for ever', rawAnswer(302, { location: '/again' }), 'unprocessable', /more than 5 times/],
  ])('that is %s is refused, and leaves nothing', async (_, raw, code, message) => {
    answer = (socket) => socket.end(raw);
    const refused = fetches.fetch(url, { ownerId: 'ann' });
    await expect(refused).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
      details: { field: 'url' },
    });
    await expect(refused).rejects.not.toMatchObject({ message: expect.stringMatching(/hush|films/) });
    expect(await uploads()).toEqual([]);
    expect(await collected()).toEqual([]);
  });

  test('that drips, or that its owner leaves, ends and leaves nothing', async () => {
    answer = (socket) => void socket.write(rawAnswer(200, { 'content-length': '900000' }, 'x'));
    for (const end of ['drip', 'leave']) {
      const leave = new AbortController();
      const came = Promise.withResolvers<void>();
      const options = { ownerId: 'ann', signal: leave.signal, onProgress: () => came.resolve() };
      const refused = fetches.fetch(url, options).catch((error: unknown) => error);
      await came.promise;
      if (end === 'leave') leave.abort();
      else clock.advance(30_000);
      expect(await refused).toMatchObject({ code: end === 'leave' ? 'cancelled' : 'timeout' });
      await server.idle();
      expect(await uploads()).toEqual([]);
      expect(await collected()).toEqual([]);
    }
  });

  test('the asker’s own limits count where they are smaller', async () => {
    answer = sendFilm({ 'content-length': String(film.length) });
    const refused = fetches.fetch(url, { ownerId: 'ann', maxBytes: 1_000 });
    await expect(refused).rejects.toMatchObject({
      code: 'too_large',
      message: expect.stringMatching(/at most 1000/),
    });
    answer = (socket) => void socket.write(rawAnswer(200, {}, 'x'));
    const came = Promise.withResolvers<void>();
    const slow = fetches.fetch(url, { ownerId: 'ann', maxS: 7, onProgress: () => came.resolve() });
    const failed = slow.catch((error: unknown) => error);
    await came.promise;
    clock.advance(7_000);
    expect(await failed).toMatchObject({
      code: 'timeout',
      message: expect.stringMatching(/longer than 7 s/),
    });
  });

  test('while it goes on the upload does not expire, and where the coordinator dies it does', async () => {
    let more = (): void => undefined;
    answer = (socket) => {
      socket.write(rawAnswer(200, {}, 'x'));
      more = () => void socket.write('x'.repeat(100_000));
    };
    const steps: (() => void)[] = [];
    const leave = new AbortController();
    const fetching = fetches
      .fetch(url, { ownerId: 'ann', signal: leave.signal, onProgress: () => steps.shift()?.() })
      .catch((error: unknown) => error);
    const next = async (): Promise<void> => {
      const came = new Promise<void>((resolve) => steps.push(resolve));
      more();
      await came;
    };
    await expect.poll(uploads).toHaveLength(1);
    await grid.pool.query(`update uploads set touched_at = now() - interval '2 days'`);
    for (let i = 0; i < 4; i++) {
      await next();
      clock.advance(20_000);
    }
    await next();
    await expect
      .poll(async () => (await uploads())[0].touched_at > new Date(Date.now() - 3600_000))
      .toBe(true);
    // As a coordinator that died would leave it.
    await grid.pool.query(`update uploads set touched_at = now() - interval '2 days'`);
    expect(await collected()).toEqual([]);
    expect(await uploads()).toEqual([]);
    leave.abort();
    expect(await fetching).toMatchObject({ code: 'cancelled' });
  });

  test('a few are fetched at once, the others wait, and may leave', async () => {
    const sockets: Socket[] = [];
    answer = (socket) => void sockets.push(socket);
    const leave = new AbortController();
    const all = Array.from({ length: 5 }, () => fetches.fetch(url, { ownerId: 'ann' }));
    const waiting = fetches.fetch(url, { ownerId: 'ann', signal: leave.signal });
    await expect.poll(() => sockets.length).toBe(4);
    leave.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'cancelled' });
    expect(sockets).toHaveLength(4);
    const done = rawAnswer(200, { 'content-length': '1' }, 'x');
    answer = (socket) => socket.end(done);
    for (const socket of sockets) socket.end(done);
    expect((await Promise.all(all)).map((upload) => upload.sizeBytes)).toEqual([1, 1, 1, 1, 1]);
  });
});
