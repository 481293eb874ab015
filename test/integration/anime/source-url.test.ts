import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { AnimeClient } from '../../support/anime-client.ts';
import {
  ANIME_TOKEN,
  LADDER_MS,
  makeSource,
  startAnimeGrid,
  type AnimeGrid,
} from '../../support/anime-grid.ts';
import { decodedFrames } from '../../support/hls.ts';
import { freePort } from '../../support/ports.ts';
import { Processes } from '../../support/processes.ts';
import { rawAnswer, startRawServer, type RawServer } from '../../support/raw-http.ts';

/** Of this machine only the server's address is allowed: 127.0.0.2 stays a private one. */
const NETWORKS = { CLIPGRID_OUTBOUND_NETWORKS: '127.0.0.1' };
const MOST = Math.round(0.001 * 1024 ** 3);

let folder: string;
let film: Buffer;
let server: RawServer;
let origin: string;
/** What the server does, by the first part of the path. */
const answers = new Map<string, (socket: Socket) => void>();

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'clipgrid-anime-url-'));
  makeSource(join(folder, 'film.mp4'), { seconds: 1 });
  film = readFileSync(join(folder, 'film.mp4'));
  server = await startRawServer((socket, request) => {
    const [, name = ''] = /^GET \/([^/? ]*)/.exec(request) ?? [];
    answers.get(name)?.(socket);
  });
  origin = `http://127.0.0.1:${server.port}`;
  answers.set('film', sendFilm);
  answers.set('stuck', (socket) => void socket.write(rawAnswer(200, { 'content-length': '9' }, 'abc')));
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

function sendFilm(socket: Socket): void {
  socket.write(rawAnswer(200, { 'content-length': String(film.length) }));
  socket.end(film);
}

/** Writes for as long as somebody reads. */
function writeForEver(socket: Socket): void {
  const chunk = Buffer.alloc(65_536);
  const more = (): void => {
    while (!socket.destroyed && socket.write(chunk));
  };
  socket.on('drain', more);
  socket.write(rawAnswer(200, {}));
  more();
}

const urlOf = (name: string): string => `${origin}/${name}/secret-path.mp4?token=hush`;

/** Rows of what was fetched. */
const uploadsOf = (grid: Pick<AnimeGrid, 'query'>) => grid.query('select state from uploads');

describe('a source from a URL', { timeout: LADDER_MS }, () => {
  let grid: AnimeGrid;
  beforeAll(async () => {
    grid = await startAnimeGrid({ environment: { ...NETWORKS, CLIPGRID_MAX_FETCH_GIB: '0.001' } });
  });
  afterAll(() => grid.close());

  it('is fetched, made into a ladder and removed; its path and query are told to nobody', async () => {
    const id = await grid.client.create({ src_url: urlOf('film'), dst_path: 'good', ladder: ['48p'] });
    await grid.client.succeeded(id);
    expect(await decodedFrames(`${grid.url}/good/playlist_h264_48p_uspp.m3u8`)).toBe(24);
    while ((await uploadsOf(grid)).length > 0) await new Promise((resolve) => setTimeout(resolve, 20));
    const told = [(await grid.client.get('/anime/list')).text, JSON.stringify(await grid.client.status(id))];
    told.push(JSON.stringify(await grid.query('select * from jobs, anime_jobs')));
    for (const text of told) expect(text).not.toMatch(/hush|secret-path/);
    expect(JSON.parse(told[0]!)).toMatchObject({ tasks: [{ task_id: id, src_path: origin }] });
  });

  const once = (answer: string) => (socket: Socket) => void socket.end(answer);
  it.each<readonly [string, (socket: Socket) => void, RegExp]>([
    ['nowhere', once(rawAnswer(404, { 'content-length': '0' })), /has no such file: it answers 404/],
    ['endless', writeForEver, /sends more than 1073742 bytes/],
    ['announced-large', once(rawAnswer(200, { 'content-length': String(2 * MOST) })), /at most 1073742/],
    ['longer-than-said', once(rawAnswer(200, { 'content-length': '3' }, 'abcdef')), /sent more/],
    [
      'redirect-private',
      once(rawAnswer(302, { location: 'http://127.0.0.2/' })),
      /private address 127.0.0.2/,
    ],
    ['redirect-for-ever', once(rawAnswer(302, { location: './again' })), /sends on more than 5 times/],
    ['no-film', once(rawAnswer(200, { 'content-length': '5' }, 'hello')), /127\.0\.0\.1.*\n/],
  ])('that is %s fails all keys with the reason', async (name, answer, reason) => {
    answers.set(name, answer);
    const id = await grid.client.create({ src_url: urlOf(name), dst_path: name });
    const now = await grid.client.ended(id);
    expect(now.status).toEqual({ '96p': 'FAILURE', '48p': 'FAILURE' });
    expect(now.result['48p']?.['log']).toMatch(reason);
    expect(JSON.stringify(now)).not.toMatch(/hush|secret-path/);
    while ((await uploadsOf(grid)).length > 0) await new Promise((resolve) => setTimeout(resolve, 20));
  });

  it('that breaks off is asked again a few times, then it fails all keys', async () => {
    answers.set('short', once(rawAnswer(200, { 'content-length': '9' }, 'abc')));
    const id = await grid.client.create({ src_url: urlOf('short'), dst_path: 'short' });
    const tries = async () =>
      (await grid.query('select fetch_tries from anime_jobs where task_id = $1', [id]))[0];
    await expect.poll(tries, { timeout: 30_000 }).toEqual({ fetch_tries: 1 });
    expect((await grid.client.status(id)).status).toEqual({});
    await grid.query('update anime_jobs set fetch_tries = 5, claimed_until = now() where task_id = $1', [id]);
    const now = await grid.client.ended(id);
    expect(now.result['96p']?.['log']).toMatch(/broke off before the end: it announced 9 bytes/);
  });

  it('tells how far it is, and a cancel ends the connection', async () => {
    const id = await grid.client.create({ src_url: urlOf('stuck'), dst_path: 'stuck' });
    await grid.client.until(id, ({ source }) => source?.bytes === 3 && source.size_bytes === 9);
    await grid.client.post(`/anime/cancel/${id}`);
    expect(await grid.client.status(id)).toMatchObject({
      status: { '96p': 'REVOKED', '48p': 'REVOKED' },
      source: null,
    });
    await server.idle();
  });

  it('hides behind no other work: what comes by path goes on while fetches hang', async () => {
    const hanging = await Promise.all(
      Array.from({ length: 6 }, () => grid.client.create({ src_url: urlOf('stuck'), dst_path: 'stuck' })),
    );
    const id = await grid.client.create({ src_path: 'none.mp4', dst_path: 'x' });
    expect((await grid.client.ended(id)).error).toContain('none.mp4');
    for (const one of hanging) await grid.client.post(`/anime/cancel/${one}`);
    await server.idle();
  });
});

test('without the setting no private address is asked', { timeout: LADDER_MS }, async () => {
  const grid = await startAnimeGrid({ agents: 0 });
  try {
    const asked = server.requests.length;
    const now = await grid.client.ended(await grid.client.create({ src_url: urlOf('film'), dst_path: 'x' }));
    expect(now.status).toEqual({ '96p': 'FAILURE', '48p': 'FAILURE' });
    expect(now.result['96p']?.['log']).toContain('is the private address 127.0.0.1');
    expect(server.requests).toHaveLength(asked);
  } finally {
    await grid.close();
  }
});

test('a coordinator killed while it fetches fetches again', { timeout: LADDER_MS }, async () => {
  const port = await freePort();
  const grid = await Processes.start({
    agents: 0,
    coordinatorEnv: {
      ...NETWORKS,
      AUTHORIZED_TOKENS: JSON.stringify([ANIME_TOKEN]),
      CLIPGRID_ANIME_PORT: String(port),
    },
  });
  try {
    const came = Promise.withResolvers<void>();
    answers.set('again', (socket) => {
      socket.write(rawAnswer(200, { 'content-length': String(film.length) }));
      came.resolve();
    });
    const client = new AnimeClient(`http://127.0.0.1:${port}`, ANIME_TOKEN);
    const id = await client.create({ src_url: urlOf('again'), dst_path: 'again' });
    await came.promise;
    await grid.coordinator.program.kill();
    answers.set('again', sendFilm);
    // As if its time had passed.
    await grid.sql.query('update anime_jobs set claimed_until = now()');
    await grid.coordinator.program.start();
    const indexed = async () => (await grid.sql.query(`select spec->>'shape' as shape from jobs`)).rows;
    await expect.poll(indexed, { timeout: 60_000 }).toEqual([{ shape: 'index' }]);
    const { rows } = await grid.sql.query(`select size_bytes from uploads where state = 'complete'`);
    expect(rows).toEqual([{ size_bytes: String(film.length) }]);
    expect((await client.status(id)).status).toEqual({});
  } finally {
    await grid.close();
  }
});
