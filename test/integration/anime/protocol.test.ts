import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import type { AnimeAnswer, AnimeClient } from '../../support/anime-client.ts';
import { startAnimeGrid, type AnimeGrid } from '../../support/anime-grid.ts';

let grid: AnimeGrid;
let client: AnimeClient;
beforeAll(async () => {
  grid = await startAnimeGrid({ agents: 0 });
  ({ client } = grid);
});
afterAll(() => grid.close());

const FINE = JSON.stringify({ src_path: 'a.mp4', dst_path: 'a' });
const NOT_VALID = [403, 'application/json', '{"message":"Auth token not valid"}'];
const said = ({ status, type, text }: AnimeAnswer) => [status, type, text];

describe('check 1: who is let in', () => {
  it.each([undefined, '', 'wrong', '1234567', 'Bearer 12345678'])('not the token %j', async (token) => {
    const headers: Record<string, string> = token === undefined ? {} : { Authorization: token };
    const post = { method: 'POST', body: FINE, headers };
    expect(said(await client.request('/anime/create', post))).toEqual(NOT_VALID);
    expect(said(await client.request('/anime/status/x', { headers }))).toEqual(NOT_VALID);
    expect(said(await client.request('/anime/cancel/x', post))).toEqual(NOT_VALID);
    expect(said(await client.request('/anime/list', { headers }))).toEqual(NOT_VALID);
  });

  it('each of the tokens', async () => {
    const { status } = await client.get('/anime/status/x', { Authorization: 'another' });
    expect(status).toBe(200);
  });

  it('everybody to the greeting, which is on the own port only', async () => {
    const { status, type, text } = await client.request('/');
    expect([status, type?.split(';')[0], text]).toEqual([200, 'text/html', 'Hello, World!']);
    expect(await (await fetch(`${grid.mainUrl}/`)).text()).not.toContain('Hello, World!');
  });

  it('unknown paths and wrong methods need no token', async () => {
    expect((await client.request('/anime/nothing')).status).toBe(404);
    expect((await client.request('/anime/create/', { method: 'POST' })).status).toBe(404);
    const wrong = await client.request('/anime/create');
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'POST, OPTIONS']);
    expect((await client.request('/anime/status/x', { method: 'DELETE' })).status).toBe(405);
  });
});

test('check 2: a bad token is told before a bad body', async () => {
  expect(said(await client.post('/anime/create', '{"a":', { Authorization: 'wrong' }))).toEqual(NOT_VALID);
});

test('check 3: the content type is not looked at, broken JSON is 406', async () => {
  for (const type of ['text/plain', '']) {
    const { status, text } = await client.post('/anime/create', FINE, { 'Content-Type': type });
    expect([status, text]).toEqual([200, expect.stringContaining('task_id')]);
  }
  for (const body of ['{"src_path":', 'null', '', '\u{FFFF}']) {
    expect(said(await client.post('/anime/create', body))).toEqual([
      406,
      'application/json',
      '{"message":"Json parse error"}',
    ]);
  }
  const bytes = await client.request('/anime/create', {
    method: 'POST',
    headers: { Authorization: client.token },
    body: Uint8Array.of(0x22, 0xff, 0x22),
  });
  expect(bytes.status).toBe(406);
});

test('check 4: a refusal over HTTP', async () => {
  expect(said(await client.post('/anime/create', '{"src_path":5,"dst_path":"x*"}'))).toEqual([
    400,
    'application/json',
    '{"message":"src_path not set or not str"}',
  ]);
});

test('check 7: ids are UUIDs of version 4; unknown ones have an empty status, 200', async () => {
  const id = await client.create({ src_path: 'a.mp4', dst_path: 'a' });
  expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  for (const unknown of ['0b6b0f0e-6a3f-4f0a-9d6b-111111111111', 'abc', id.toUpperCase(), 'a b']) {
    const { status, text } = await client.get(`/anime/status/${encodeURIComponent(unknown)}`);
    expect([status, JSON.parse(text)]).toEqual([
      200,
      {
        task_id: unknown,
        status: {},
        result: {},
        success: false,
        progress: {},
        known: false,
        source: null,
        master_path: null,
        thumbnails_path: null,
        subtitles: null,
        error: null,
      },
    ]);
  }
});

describe('check 8: a source that cannot be had', () => {
  it('is told later, of all keys, with its path', async () => {
    const id = await client.create({ src_path: '/none/ep1.mp4', dst_path: 'none' });
    const now = await client.ended(id);
    expect(now).toMatchObject({
      task_id: id,
      success: false,
      known: true,
      master_path: null,
      thumbnails_path: null,
      subtitles: null,
      status: { '96p': 'FAILURE', '48p': 'FAILURE' },
      error: expect.stringContaining('none/ep1.mp4'),
    });
    expect(now.result['96p']).toEqual({
      status: 'FAILURE',
      playlist_path: 'none/playlist_h264_96p_uspp.m3u8',
      resolution: '96',
      paraent_task_id: id,
      parent_task_id: id,
      log: expect.stringContaining('none/ep1.mp4'),
    });
  });

  it('is never read outside of the root, whatever links lead there', async () => {
    writeFileSync(join(grid.folder, 'secret.mp4'), 'outside');
    symlinkSync(join(grid.folder, 'secret.mp4'), join(grid.sources, 'link.mp4'));
    symlinkSync(grid.folder, join(grid.sources, 'folder'));
    for (const src_path of ['link.mp4', 'folder/secret.mp4', 'folder', '$(reboot).mp4']) {
      const now = await client.ended(await client.create({ src_path, dst_path: 'x' }));
      expect(now.error).toBe(`there is no source ${src_path} below the source root`);
    }
    expect(await grid.query(`select 1 from jobs`)).toEqual([]);
  });

  it('an empty one is told, too', async () => {
    writeFileSync(join(grid.sources, 'empty.mp4'), '');
    const now = await client.ended(await client.create({ src_path: 'empty.mp4', dst_path: 'x' }));
    expect(now.error).toBe('the source empty.mp4 is empty');
  });
});

test('a key stands for one create call of one body', async () => {
  const headers = { 'Idempotency-Key': 'one' };
  const twice = await Promise.all([1, 2].map(() => client.post('/anime/create', FINE, headers)));
  expect(twice[0]!.text).toBe(twice[1]!.text);
  const other = await client.post('/anime/create', '{"src_path":"b","dst_path":"b"}', headers);
  expect([other.status, other.text]).toEqual([409, expect.stringContaining('"message"')]);
  await grid.query(`update anime_jobs set created_at = created_at - interval '25 hours'`);
  const later = await client.post('/anime/create', FINE, headers);
  expect([later.status, later.text === twice[0]!.text]).toEqual([200, false]);
});

test('the list is pages, newest first', async () => {
  await grid.query('delete from anime_jobs');
  const ids: string[] = [];
  for (const name of ['p', 'q', 'r'])
    ids.unshift(await client.create({ src_path: name, dst_path: `/${name}/` }));
  const page = async (query: string) =>
    (JSON.parse((await client.get(`/anime/list${query}`)).text) as { tasks: { task_id: string }[] }).tasks;
  const first = await page('?limit=2');
  expect(first.map((task) => task.task_id)).toEqual(ids.slice(0, 2));
  expect((await page(`?before=${ids[1]}`)).map((task) => task.task_id)).toEqual(ids.slice(2));
  expect(first[0]).toEqual({
    task_id: ids[0],
    src_path: 'r',
    dst_path: 'r',
    created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    success: false,
  });
  for (const query of ['?limit=0', '?limit=x', '?before=x'])
    expect((await client.get(`/anime/list${query}`)).status).toBe(400);
});

test('by path on the main port, too', async () => {
  const headers = { Authorization: client.token };
  const answer = await fetch(`${grid.mainUrl}/anime/create`, { method: 'POST', headers, body: FINE });
  expect(answer.status).toBe(200);
  const refused = await fetch(`${grid.mainUrl}/anime/create`, { method: 'POST', body: FINE });
  expect(refused.status).toBe(403);
  expect((await fetch(`${grid.mainUrl}/x/playlist.m3u8`)).status).toBe(404);
});

describe('the first edition', () => {
  let first: AnimeGrid;
  beforeAll(async () => {
    first = await startAnimeGrid({ agents: 0, environment: { CLIPGRID_ANIME_EDITION: 'first' } });
  });
  afterAll(() => first.close());

  it('check 3: looks at the content type', async () => {
    for (const type of ['text/plain', '']) {
      expect(said(await first.client.post('/anime/create', FINE, { 'Content-Type': type }))).toEqual([
        406,
        'application/json',
        '{"message":"application/json needed"}',
      ]);
    }
    expect((await first.client.post('/anime/create', FINE)).status).toBe(200);
  });

  it('check 5: refuses all but .mp4, case matters', async () => {
    for (const src_path of ['a.mkv', 'a.MP4']) {
      const body = JSON.stringify({ src_path, dst_path: 'a' });
      expect(said(await first.client.post('/anime/create', body))).toEqual([
        501,
        'application/json',
        '{"message":"Only support .mp4"}',
      ]);
    }
  });
});

test('an id that nobody has is not cancelled', async () => {
  const { status, text } = await client.post('/anime/cancel/abc');
  expect([status, JSON.parse(text)]).toEqual([200, { task_id: 'abc', cancelled: false }]);
});
