import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FinalripClient } from '../../support/finalrip-client.ts';
import {
  ENCODE,
  JOB_MS,
  makeFilm,
  SCRIPT,
  startFinalripGrid,
  type FinalripGrid,
} from '../../support/finalrip-grid.ts';

let grid: FinalripGrid;
let client: FinalripClient;
let film: string;
beforeAll(async () => {
  grid = await startFinalripGrid();
  ({ client } = grid);
  film = join(grid.folder, 'film.mkv');
  makeFilm(film, 2);
});
afterAll(() => grid.close());

async function bytesAt(url: string): Promise<string> {
  return (await fetch(url)).text();
}

async function downloaded(key: string): Promise<string> {
  return bytesAt((await client.progress(key))?.url ?? '');
}

describe('7. oss/presigned', () => {
  const key = '[Group] seven & 第01話.mkv';

  test('7. not there, PUT as browsers do, there, PUT again without Content-Type', async () => {
    const first = await client.presigned(key);
    expect(first).toEqual({ exist: false, url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:/) });
    const preflight = await fetch(first.url, {
      method: 'OPTIONS',
      headers: {
        Origin: 'http://dashboard.example',
        'Access-Control-Request-Method': 'PUT',
        'Access-Control-Request-Headers': 'content-type',
      },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-origin')).toBe('*');
    expect(preflight.headers.get('access-control-allow-methods')).toContain('PUT');
    expect(preflight.headers.get('access-control-allow-headers')).toBe('content-type');

    const put = await client.put(first.url, Buffer.from('one'), 'video/x-matroska');
    expect([put.status, put.headers.get('access-control-allow-origin')]).toEqual([200, '*']);
    const second = await client.presigned(key);
    expect(second).toEqual({ exist: true, url: expect.stringMatching(/^http:/) });
    expect((await client.put(second.url, Buffer.from('two'))).status).toBe(200);
    expect((await client.post('new', { video_key: key })).text).toBe('{"success":true}');
    expect(await downloaded(key)).toBe('two');
  });

  test('7. asking for a URL makes no task', async () => {
    await client.presigned('no task.mkv');
    expect((await client.get('progress', { video_key: 'no task.mkv' })).message).toBe(
      'Task not found, please check the video key',
    );
  });

  test('7. every URL lives for 172,800 s', async () => {
    await client.upload('life.mkv', Buffer.from('x'));
    await client.post('new', { video_key: 'life.mkv' });
    const { url } = await client.presigned('life.mkv');
    const data = await client.progress('life.mkv');
    for (const signed of [url, data?.url ?? '']) {
      const payload = signed.split('/').at(-1)?.split('.')[0] ?? '';
      const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { expiresAtS: number };
      const leftS = claims.expiresAtS - Date.now() / 1000;
      expect(leftS).toBeGreaterThan(172_800 - 60);
      expect(leftS).toBeLessThanOrEqual(172_801);
    }
  });

  test('7. a large body streams through, a broken one leaves nothing', async () => {
    const large = Buffer.alloc(24 * 1024 * 1024, 'a');
    await client.upload('large.mkv', large);
    expect((await client.presigned('large.mkv')).exist).toBe(true);
    const { url } = await client.presigned('broken.mkv');
    const args = [
      '-s',
      '-o',
      '/dev/null',
      '-X',
      'PUT',
      '-H',
      'Content-Length: 1000',
      '--data-binary',
      'x',
      '-m',
      '2',
    ];
    expect(() => execFileSync('curl', [...args, url], { stdio: 'ignore' })).toThrow();
    expect((await client.presigned('broken.mkv')).exist).toBe(false);
  });

  test('7. a URL that was changed, or used for something else, is refused', async () => {
    const { url } = await client.presigned('wrong.mkv');
    expect(
      (
        await client.put(
          url.replace(/.$/, (char) => (char === 'A' ? 'B' : 'A')),
          Buffer.from('x'),
        )
      ).status,
    ).toBe(403);
    expect((await fetch(url)).status).toBe(403);
    expect((await fetch(url, { method: 'DELETE' })).status).toBe(403);
  });
});

describe('uploads cannot change what is in use', { timeout: JOB_MS }, () => {
  const key = 'used.mkv';

  test('derived names of a task are refused, before and after the URL was given', async () => {
    const names = [`${key}-Encoded.mkv`, `${key}-clip-0.mkv`, `${key}-clip-encoded-0.mkv`];
    const early = await client.presigned(names[0] ?? '');
    await client.pending(key, film);
    for (const name of names) {
      const { message } = await client.get('oss/presigned', { video_key: name });
      expect(message).toBe(
        `get upload presigned url failed: ${name} is a name of the task ${key}: choose another, or clear that task first`,
      );
    }
    const put = await client.put(early.url, Buffer.from('overwritten'));
    expect(put.status).toBe(409);
  });

  test('the source of a started task stays what it was', async () => {
    const { url } = await client.presigned(key);
    await client.post('start', { video_key: key, script: SCRIPT, encode_param: ENCODE });
    const put = await client.put(url, Buffer.from('overwritten'));
    expect([put.status, await put.text()]).toEqual([409, expect.stringContaining('clear it first')]);
    await client.completed(key);
    expect(await bytesAt((await client.progress(key))?.url ?? '')).toBe(await readFile(film, 'utf8'));
  });

  test('a result can be encoded again; each object goes when no task uses it any more', async () => {
    const result = `${key}-Encoded.mkv`;
    const parent = await client.progress(key);
    expect((await client.post('new', { video_key: result })).text).toBe('{"success":true}');
    await client.post('start', { video_key: result, script: SCRIPT, encode_param: ENCODE });
    // The parent goes while its result is being encoded.
    expect((await client.post('clear', { video_key: key })).text).toBe('{"success":true}');
    expect(
      await grid.objectsNamed([key, result, ...(parent?.progress ?? []).map((clip) => clip.encode_key)]),
    ).toEqual([result]);
    const child = await client.completed(result);
    expect(child.size).toBe(parent?.encode_size);
    expect((await client.post('clear', { video_key: result })).text).toBe('{"success":true}');
    const names = [result, child.encode_key, ...child.progress.map((clip) => clip.encode_key)];
    expect(await grid.objectsNamed(names)).toEqual([]);
  });

  test('clearing the child leaves the parent’s result', async () => {
    await client.pending(key, film);
    await client.post('start', { video_key: key, script: SCRIPT, encode_param: ENCODE });
    const parent = await client.completed(key);
    await client.post('new', { video_key: parent.encode_key });
    await client.post('clear', { video_key: parent.encode_key });
    expect(await grid.objectsNamed([parent.encode_key])).toEqual([parent.encode_key]);
    expect((await client.progress(key))?.status).toBe('completed');
  });
});

describe('a clear ends the URLs of before', () => {
  test('an upload URL from before it, used after it', async () => {
    const key = 'cleared.mkv';
    const { url } = await client.presigned(key);
    await client.put(url, Buffer.from('old'));
    await client.post('new', { video_key: key });
    await client.post('clear', { video_key: key });
    const late = await client.put(url, Buffer.from('late'));
    expect([late.status, await late.text()]).toEqual([403, expect.stringContaining('cleared')]);
    expect(await grid.objectsNamed([key])).toEqual([]);
    await client.upload(key, Buffer.from('new'));
    expect((await client.put(url, Buffer.from('late'))).status).toBe(403);
    await client.post('new', { video_key: key });
    expect(await downloaded(key)).toBe('new');
  });

  test('an upload that was under way when it came', async () => {
    const key = 'under way.mkv';
    await client.upload(key, Buffer.from('old'));
    await client.post('new', { video_key: key });
    const { url } = await client.presigned(key);
    let finish = (): void => undefined;
    const sent = new Promise<void>((resolve) => (finish = resolve));
    const body = new ReadableStream({
      async start(controller) {
        controller.enqueue(Buffer.from('late'));
        await sent;
        controller.close();
      },
    });
    const put = fetch(url, { method: 'PUT', body, duplex: 'half' } as RequestInit);
    expect((await client.post('clear', { video_key: key })).text).toBe('{"success":true}');
    finish();
    expect((await put).status).toBe(403);
    expect(await grid.objectsNamed([key])).toEqual([]);
  });

  test('keep_source=true keeps the file', async () => {
    const key = 'kept.mkv';
    await client.upload(key, Buffer.from('kept'));
    await client.post('new', { video_key: key });
    expect((await client.post('clear', { video_key: key, keep_source: true })).text).toBe('{"success":true}');
    expect(await grid.objectsNamed([key])).toEqual([key]);
    expect((await client.post('new', { video_key: key })).text).toBe('{"success":true}');
  });
});
