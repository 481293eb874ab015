import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FinalripClient, type Answer } from '../../support/finalrip-client.ts';
import { startFinalripGrid, TOKEN, type FinalripGrid } from '../../support/finalrip-grid.ts';

const BAD_TOKEN = '{"error":{"message":"Token is invalid, please check it"},"success":false}';
const NO_KEY =
  "Key: 'NewRequest.VideoKey' Error:Field validation for 'VideoKey' failed on the 'required' tag";
const EXISTS = 'Task already exists, please wait for it to complete or delete it.';
const NO_OBJECT = 'OSS video file does not exist.';
const TASK = '/api/v1/task/';
const ROUTES: readonly (readonly [string, string])[] = [
  ['GET', '/'],
  ['POST', `${TASK}new`],
  ['POST', `${TASK}start`],
  ['GET', `${TASK}progress`],
  ['GET', `${TASK}oss/presigned`],
  ['POST', `${TASK}clear`],
  ['POST', `${TASK}retry/encode`],
  ['POST', `${TASK}retry/merge`],
  ['GET', `${TASK}list`],
];
const CORS = {
  'access-control-allow-origin': '*',
  'access-control-allow-headers':
    'Content-Type, AccessToken, X-CSRF-Token, Authorization, Token, X-Token, X-User-Id',
  'access-control-allow-methods': 'POST, GET',
  'access-control-expose-headers':
    'Content-Length, Access-Control-Allow-Origin, Access-Control-Allow-Headers, Content-Type, New-Token, New-Expires-At',
  'access-control-allow-credentials': 'true',
};

let grid: FinalripGrid;
let client: FinalripClient;
let stranger: FinalripClient;
beforeAll(async () => {
  grid = await startFinalripGrid();
  client = grid.client;
  stranger = new FinalripClient({ url: grid.url });
});
afterAll(() => grid.close());

const corsOf = (answer: Answer): object =>
  Object.fromEntries(Object.keys(CORS).map((name) => [name, answer.headers.get(name)]));

describe('1. the token', () => {
  test('1. GET / with the token', async () => {
    const answer = await client.raw('/');
    expect([answer.status, answer.text]).toEqual([200, '{"success":true}']);
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
  });

  test.each(ROUTES)('1. %s %s without, with an empty and with a wrong token', async (method, path) => {
    for (const headers of [
      {},
      { token: '' },
      { token: 'wrong' },
      { token: `${TOKEN}x` },
      { token: '114514' },
    ]) {
      const answer = await stranger.raw(path, { method, headers });
      expect([answer.status, answer.text]).toEqual([200, BAD_TOKEN]);
    }
  });

  test('1. the header’s name in any case, and the same token as a bearer', async () => {
    for (const headers of [{ TOKEN }, { Token: TOKEN }]) {
      expect((await stranger.raw('/', { headers })).text).toBe('{"success":true}');
    }
    const secret = TOKEN.replaceAll(' ', '-');
    expect((await stranger.raw('/', { headers: { Authorization: `Bearer ${secret}` } })).text).toBe(
      BAD_TOKEN,
    );
    expect((await stranger.raw('/', { headers: { Authorization: 'Bearer alice-secret' } })).text).toBe(
      BAD_TOKEN,
    );
  });
});

describe('2. CORS', () => {
  test.each([`${TASK}new`, `${TASK}list`, '/'])('2. OPTIONS %s without token', async (path) => {
    const answer = await stranger.raw(path, { method: 'OPTIONS' });
    expect(answer.status).toBe(200);
    expect(answer.text).toBe('"Options Request!"');
    expect(corsOf(answer)).toEqual(CORS);
  });

  test('2. every answer, failures included', async () => {
    const answers = [
      await client.raw('/'),
      await stranger.raw('/'),
      await client.raw('/nowhere'),
      await client.raw(`${TASK}list/`),
      await client.post('new', {}),
      await client.post('new', { video_key: 'x'.repeat(3 * 1024 * 1024) }),
    ];
    expect(answers.map((answer) => answer.status)).toEqual([200, 200, 404, 301, 200, 413]);
    for (const answer of answers) expect(corsOf(answer)).toEqual(CORS);
  });
});

describe('3. routing', () => {
  test.each([
    ['GET', '/nowhere'],
    ['GET', `${TASK}new`],
    ['POST', `${TASK}list`],
    ['POST', '/'],
    ['PUT', `${TASK}new`],
    ['GET', `${TASK}new/`],
    ['GET', '/api/v1/health'],
    ['GET', '/api/v1/metrics'],
  ])('3. %s %s is no route', async (method, path) => {
    const answer = await client.raw(path, { method });
    expect([answer.status, answer.text]).toEqual([404, '404 page not found']);
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain/);
  });

  test('3. a trailing slash', async () => {
    const post = await client.raw(`${TASK}new/?video_key=a`, { method: 'POST' });
    expect([post.status, post.headers.get('location')]).toEqual([307, `${TASK}new?video_key=a`]);
    const get = await client.raw(`${TASK}list/`);
    expect([get.status, get.headers.get('location')]).toEqual([301, `${TASK}list`]);
  });

  test('3. with a bad token these too tell the token', async () => {
    for (const path of ['/nowhere', `${TASK}list/`]) expect((await stranger.raw(path)).text).toBe(BAD_TOKEN);
  });
});

describe('4. how parameters come', () => {
  const film = Buffer.from('not empty');

  test.each(['multipart', 'urlencoded', 'query', 'json'] as const)('4. new by %s', async (form) => {
    const key = `four ${form} [+&] 字.mkv`;
    await client.upload(key, film);
    expect((await client.post('new', { video_key: key }, form)).text).toBe('{"success":true}');
    expect((await client.progress(key))?.key).toBe(key);
  });

  test('4. JSON by Go’s name', async () => {
    await client.upload('four go.mkv', film);
    expect((await client.post('new', { VideoKey: 'four go.mkv' }, 'json')).text).toBe('{"success":true}');
  });

  test('4. in multipart a query parameter is ignored, in a form the body wins over it', async () => {
    await client.upload('body.mkv', film);
    const body = new FormData();
    const path = `${TASK}new?video_key=query.mkv`;
    expect((await client.raw(path, { method: 'POST', body })).message).toBe(NO_KEY);
    body.append('video_key', 'body.mkv');
    body.append('video_key', 'second.mkv');
    expect((await client.raw(path, { method: 'POST', body })).text).toBe('{"success":true}');
    const form = new URLSearchParams([['video_key', 'body.mkv']]);
    expect((await client.raw(path, { method: 'POST', body: form })).message).toBe(EXISTS);
    expect((await client.raw(path, { method: 'POST', body: new URLSearchParams() })).message).toBe(NO_OBJECT);
  });

  test('4. another content type: the query only', async () => {
    const headers = { 'Content-Type': 'text/plain' };
    const path = `${TASK}new?video_key=query.mkv`;
    const answer = await client.raw(path, { method: 'POST', headers, body: 'video_key=body.mkv' });
    expect(answer.message).toBe(NO_OBJECT);
  });

  test('4. bad JSON has a message, an empty body is EOF', async () => {
    const headers = { 'Content-Type': 'application/json' };
    const send = (body: string) => client.raw(`${TASK}new`, { method: 'POST', headers, body });
    expect((await send('')).message).toBe('EOF');
    expect((await send('{"video_key":')).message).not.toBe('');
  });

  test('4. scripts of 256 KiB in a body of 1 MiB are taken', async () => {
    const fields = {
      video_key: 'none.mkv',
      encode_param: 'ffmpeg -i -',
      script: `FINALRIP_SOURCE${'#'.repeat(256 * 1024)}`,
    };
    for (const form of ['multipart', 'urlencoded', 'json'] as const) {
      const answer = await client.post('start', { ...fields, pad: 'x'.repeat(700 * 1024) }, form);
      expect(answer.message).toBe('Task not found, please upload video first.');
    }
  });
});

describe('5. and 6. new', () => {
  test('5. without and with an empty key', async () => {
    expect((await client.post('new', {})).message).toBe(NO_KEY);
    expect((await client.post('new', { video_key: '' })).message).toBe(NO_KEY);
    const bare = await client.raw(`${TASK}new`, { method: 'POST' });
    expect(bare.body).toEqual({ error: { message: NO_KEY }, success: false });
  });

  test('5. the object is absent, or has 0 bytes', async () => {
    expect((await client.post('new', { video_key: 'absent.mkv' })).message).toBe(NO_OBJECT);
    await client.upload('empty.mkv', Buffer.alloc(0));
    expect((await client.presigned('empty.mkv')).exist).toBe(false);
    expect((await client.post('new', { video_key: 'empty.mkv' })).message).toBe(NO_OBJECT);
  });

  test('6. twice, one after the other and at once', async () => {
    await client.upload('six.mkv', Buffer.from('x'));
    const calls = await Promise.all(
      Array.from({ length: 8 }, () => client.post('new', { video_key: 'six.mkv' })),
    );
    expect(calls.filter((answer) => answer.body?.success).length).toBe(1);
    expect(new Set(calls.filter((answer) => !answer.body?.success).map((answer) => answer.message))).toEqual(
      new Set([EXISTS]),
    );
    expect((await client.post('new', { video_key: 'six.mkv' })).message).toBe(EXISTS);
  });

  test('6. keys that cannot name an object', async () => {
    for (const key of ['a\u0001b', 'x'.repeat(991)]) {
      expect((await client.post('new', { video_key: key })).message).toMatch(/^video_key is not valid: ./);
    }
    const invalid = await client.raw(`${TASK}new?video_key=%FF`, { method: 'POST' });
    expect(invalid.message).toBe('video_key is not valid: it is not valid UTF-8');
  });
});
