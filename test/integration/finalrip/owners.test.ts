import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ownerBucket } from '../../../coordinator/dialects/finalrip/names.ts';
import { FinalripClient } from '../../support/finalrip-client.ts';
import {
  ENCODE,
  JOB_MS,
  makeFilm,
  SCRIPT,
  startFinalripGrid,
  TOKEN,
  type FinalripGrid,
} from '../../support/finalrip-grid.ts';

const OK = '{"success":true}';
const BAD_TOKEN = 'Token is invalid, please check it';
const ALL = { pending: true, running: true, completed: true };

describe('several named tokens', () => {
  let grid: FinalripGrid;
  let alice: FinalripClient;
  let bob: FinalripClient;
  beforeAll(async () => {
    grid = await startFinalripGrid({
      environment: {
        CLIPGRID_FINALRIP_TOKENS: 'alice=alice-secret,bob:read=bob-secret',
      },
    });
    alice = new FinalripClient({ url: grid.url, token: 'alice-secret' });
    bob = new FinalripClient({ url: grid.url, token: 'bob-secret' });
  });
  afterAll(() => grid.close());

  test('equal keys of two owners never meet', { timeout: JOB_MS }, async () => {
    const key = 'same.mkv';
    const film = join(grid.folder, 'film.mkv');
    makeFilm(film, 2);
    await grid.client.upload(key, Buffer.from('of the shared owner'));
    expect((await alice.presigned(key)).exist).toBe(false);
    await alice.pending(key, film);
    await grid.client.post('new', { video_key: key });
    await alice.post('start', { video_key: key, script: SCRIPT, encode_param: ENCODE });
    const done = await alice.completed(key);
    expect((await grid.client.progress(key))?.status).toBe('pending');
    const bucket = ownerBucket('finalrip', 'alice', 'finalrip');
    expect(await grid.objectsNamed([key, done.encode_key], bucket)).toEqual([key, done.encode_key]);
    expect(await grid.objectsNamed([key, done.encode_key])).toEqual([key]);
    expect((await alice.post('clear', { video_key: key })).text).toBe(OK);
    expect(await (await fetch((await grid.client.progress(key))?.url ?? '')).text()).toBe(
      'of the shared owner',
    );
  });

  test('a token that only reads', async () => {
    expect((await bob.raw('/')).text).toBe(OK);
    expect((await bob.get('list', ALL)).text).toBe('{"data":[],"success":true}');
    for (const answer of [
      await bob.post('new', { video_key: 'a' }),
      await bob.get('oss/presigned', { video_key: 'a' }),
    ]) {
      expect([answer.status, answer.message]).toEqual([
        200,
        'the token finalrip-setting lacks the scope submit',
      ]);
    }
  });

  test('as a bearer too', async () => {
    const plain = new FinalripClient({ url: grid.url });
    const answer = await plain.raw('/', { headers: { Authorization: 'Bearer alice-secret' } });
    expect(answer.text).toBe(OK);
  });

  test('the same paths on the main port, beside the own API', async () => {
    const main = new FinalripClient({ url: grid.mainUrl, token: 'alice-secret' });
    expect((await main.get('list', ALL)).text).toBe('{"data":[],"success":true}');
    expect((await main.raw('/api/v1/task/nowhere')).text).toBe('404 page not found');
    expect((await main.raw('/api/v1/task/new', { method: 'OPTIONS', headers: {} })).text).toBe(
      '"Options Request!"',
    );
    expect((await main.raw('/api/v1/health')).body).toMatchObject({ status: 'ok' });
    const own = await main.raw('/api/v1/jobs', { headers: { Authorization: 'Bearer alice-secret' } });
    expect(own.status).toBe(200);
  });
});

describe('who gets in', () => {
  test('without any token set nobody does, not even on loopback and with the well-known one', async () => {
    const grid = await startFinalripGrid({ agents: 0, environment: { CLIPGRID_FINALRIP_TOKEN: '' } });
    try {
      for (const token of ['', '114514', TOKEN]) {
        expect((await new FinalripClient({ url: grid.url, token }).raw('/')).message).toBe(BAD_TOKEN);
      }
    } finally {
      await grid.close();
    }
  });

  test('everybody, when the operator says so', async () => {
    const grid = await startFinalripGrid({
      agents: 0,
      environment: {
        CLIPGRID_FINALRIP_TOKEN: '',
        CLIPGRID_FINALRIP_AUTH: 'none',
        CLIPGRID_FINALRIP_CREATE_AT: 'integer',
      },
    });
    try {
      const open = new FinalripClient({ url: grid.url });
      expect((await open.raw('/')).text).toBe(OK);
      await open.upload('open.mkv', Buffer.from('x'));
      expect((await open.post('new', { video_key: 'open.mkv' })).text).toBe(OK);
      expect(typeof (await open.progress('open.mkv'))?.create_at).toBe('number');
    } finally {
      await grid.close();
    }
  });

  test('a token ends when it is no longer configured', async () => {
    const first = await startFinalripGrid({
      agents: 0,
      environment: { CLIPGRID_FINALRIP_TOKENS: 'alice=alice-secret' },
    });
    try {
      const alice = new FinalripClient({ url: first.url, token: 'alice-secret' });
      expect((await alice.raw('/')).text).toBe(OK);
      await first.restart({ CLIPGRID_FINALRIP_TOKEN: '114514' });
      expect((await new FinalripClient({ url: first.url, token: 'alice-secret' }).raw('/')).message).toBe(
        BAD_TOKEN,
      );
      expect((await new FinalripClient({ url: first.url, token: TOKEN }).raw('/')).message).toBe(BAD_TOKEN);
      expect((await new FinalripClient({ url: first.url, token: '114514' }).raw('/')).text).toBe(OK);
    } finally {
      await first.close();
    }
  });
});
