import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FinalripClient, TaskData } from '../../support/finalrip-client.ts';
import {
  ENCODE,
  JOB_MS,
  makeFilm,
  SCRIPT,
  slowScript,
  startFinalripGrid,
  type FinalripGrid,
} from '../../support/finalrip-grid.ts';

const OK = '{"success":true}';
const NO_CLIP = 'Encode clip not exist';
const UNKNOWN = 'Task not found, please check the video key';

let grid: FinalripGrid;
let client: FinalripClient;
let film: string;
beforeAll(async () => {
  grid = await startFinalripGrid();
  ({ client } = grid);
  film = join(grid.folder, 'film.mkv');
  makeFilm(film, 5);
});
afterAll(() => grid.close());

async function started(video_key: string, script = SCRIPT): Promise<void> {
  await client.pending(video_key, film);
  expect((await client.post('start', { video_key, script, encode_param: ENCODE })).text).toBe(OK);
}

/** A task of which a clip is in work and will be for long. */
async function encoding(video_key: string): Promise<TaskData> {
  await started(video_key, slowScript(1));
  return client.until(video_key, (data) => data.progress.some((clip) => clip.state === 'leased'), JOB_MS);
}

async function digests(data: TaskData): Promise<string[]> {
  return Promise.all(
    data.progress.map(async ({ encode_url }) => {
      const bytes = Buffer.from(await (await fetch(encode_url)).arrayBuffer());
      return createHash('sha256').update(bytes).digest('hex');
    }),
  );
}

/** What the middle clip shows, whatever its file is like: Matroska files have random parts. */
async function middlePicture(data: TaskData): Promise<string> {
  const path = join(grid.folder, 'middle.mkv');
  const answer = await fetch(data.progress[1]?.encode_url ?? '');
  await writeFile(path, Buffer.from(await answer.arrayBuffer()));
  return execFileSync('ffmpeg', ['-v', 'error', '-i', path, '-f', 'md5', '-']).toString();
}

describe('16. to 18. retry', { timeout: JOB_MS }, () => {
  let done: TaskData;
  beforeAll(async () => {
    await started('retry.mkv');
    done = await client.completed('retry.mkv', JOB_MS);
    await client.pending('pending.mkv', film);
  }, JOB_MS);

  test('16. clips that do not exist', async () => {
    const n = done.progress.length;
    expect(n).toBe(3);
    for (const [video_key, index] of [
      ['retry.mkv', -1],
      ['retry.mkv', n],
      ['unknown.mkv', 0],
      ['pending.mkv', 0],
    ] as const) {
      const { message } = await client.post('retry/encode', {
        video_key,
        index,
        timeout: 20,
        queue: 'default',
      });
      expect([video_key, index, message]).toEqual([video_key, index, NO_CLIP]);
    }
    expect((await client.progress('retry.mkv'))?.status).toBe('completed');
  });

  test('16. without index, and with one that is no number', async () => {
    const required = (field: string): string =>
      `Key: 'RetryEncodeRequest.${field}' Error:Field validation for '${field}' failed on the 'required' tag`;
    expect((await client.post('retry/encode', { video_key: 'retry.mkv' })).message).toBe(required('Index'));
    expect((await client.post('retry/encode', {})).message).toBe(
      `${required('VideoKey')}\n${required('Index')}`,
    );
    expect((await client.post('retry/encode', { video_key: 'retry.mkv', index: 'one' })).message).toBe(
      'strconv.ParseInt: parsing "one": invalid syntax',
    );
  });

  test('17. one clip of a completed task again', async () => {
    const before = await digests(done);
    const retry = { video_key: 'retry.mkv', index: 1, timeout: 20, queue: 'default' };
    expect((await client.post('retry/encode', retry)).text).toBe(OK);
    const next = await client.progress('retry.mkv');
    expect([next?.status, next?.encode_key, next?.encode_url]).toEqual(['running', '', '']);
    expect(next?.progress.map((clip) => clip.completed)).toEqual([true, false, true]);
    expect(next?.progress[1]).toMatchObject({ encode_key: '', encode_url: '' });
    const again = await client.completed('retry.mkv', JOB_MS);
    const after = await digests(again);
    expect([after[0], after[2]]).toEqual([before[0], before[2]]);
    expect(again.encode_key).toBe('retry.mkv-Encoded.mkv');
  });

  test('17. other texts for that clip only; the next retry takes the stored ones again', async () => {
    const stored = await client.completed('retry.mkv');
    const before = await digests(stored);
    const picture = await middlePicture(stored);
    const retry = { video_key: 'retry.mkv', index: 1 };
    const other = SCRIPT.replace('clip.set_output()', 'clip.std.Invert().set_output()');
    expect((await client.post('retry/encode', { ...retry, script: other, encode_param: ENCODE })).text).toBe(
      OK,
    );
    const changed = await client.completed('retry.mkv', JOB_MS);
    expect(await middlePicture(changed)).not.toBe(picture);
    expect((await digests(changed)).map((digest, i) => digest === before[i])).toEqual([true, false, true]);
    // In multipart, line ends become CRLF on their way.
    expect(changed.script).toBe(SCRIPT.replaceAll('\n', '\r\n'));
    expect((await client.post('retry/encode', { ...retry, script: '', encode_param: '' })).text).toBe(OK);
    expect(await middlePicture(await client.completed('retry.mkv', JOB_MS))).toBe(picture);
  });

  test('17. the texts are checked as in start', async () => {
    const retry = { video_key: 'retry.mkv', index: 1 };
    expect((await client.post('retry/encode', { ...retry, script: 'x' })).message).toContain(
      'FINALRIP_SOURCE',
    );
    expect(
      (await client.post('retry/encode', { ...retry, encode_param: `${ENCODE}; touch x` })).message,
    ).toMatch(/^the Encode Param is not allowed: /);
    expect((await client.progress('retry.mkv'))?.status).toBe('completed');
  });

  test('18. the merge again', async () => {
    const before = await client.completed('retry.mkv');
    const merge = { video_key: 'retry.mkv' };
    const calls = await Promise.all([client.post('retry/merge', merge), client.post('retry/merge', merge)]);
    expect(calls.map((answer) => answer.text)).toEqual([OK, OK]);
    const next = await client.progress('retry.mkv');
    expect([next?.status, next?.encode_key]).toEqual(['running', '']);
    const after = await client.completed('retry.mkv', JOB_MS);
    expect(after.progress.map((clip) => clip.attempts)).toEqual(before.progress.map((clip) => clip.attempts));
  });

  test('18. pending, unfinished, unknown', async () => {
    expect((await client.post('retry/merge', { video_key: 'pending.mkv' })).message).toBe(
      'Failed to retry merge: no clips to merge',
    );
    expect((await client.post('retry/merge', { video_key: 'unknown.mkv' })).message).toBe(
      'Task not found, please upload video first.',
    );
    await encoding('unfinished.mkv');
    expect((await client.post('retry/merge', { video_key: 'unfinished.mkv' })).message).toBe(
      'Some clips are not finished yet.',
    );
  });

  test('17. a clip in work: its lease is revoked and it starts anew', async () => {
    const data = await client.progress('unfinished.mkv');
    const index = data?.progress.find((clip) => clip.state === 'leased')?.index ?? -1;
    const retry = { video_key: 'unfinished.mkv', index, script: SCRIPT };
    expect((await client.post('retry/encode', retry)).text).toBe(OK);
    await client.until('unfinished.mkv', (now) => now.progress[index]?.completed === true, JOB_MS);
    await client.post('clear', { video_key: 'unfinished.mkv' });
  });
});

describe('19. clear', { timeout: JOB_MS }, () => {
  const all = { pending: true, running: true, completed: true };
  const keys = async (): Promise<string[]> =>
    ((await client.get('list', all)).body as { data: { key: string }[] }).data.map((item) => item.key);

  async function cleared(video_key: string, shown: TaskData | undefined): Promise<void> {
    const urls = [
      shown?.url,
      shown?.encode_url,
      ...(shown?.progress ?? []).flatMap((c) => [c.clip_url, c.encode_url]),
    ];
    expect((await client.post('clear', { video_key })).text).toBe(OK);
    const derived = [0, 1, 2, 3].flatMap((n) => [
      `${video_key}-clip-${n}.mkv`,
      `${video_key}-clip-encoded-${n}.mkv`,
    ]);
    expect(await grid.objectsNamed([video_key, `${video_key}-Encoded.mkv`, ...derived])).toEqual([]);
    for (const url of urls) if (url) expect((await fetch(url)).status).toBe(404);
    expect(await keys()).not.toContain(video_key);
    expect((await client.get('progress', { video_key })).message).toBe(UNKNOWN);
    expect((await client.post('clear', { video_key })).message).toBe(UNKNOWN);
  }

  test('19. while pending', async () => {
    await client.pending('nineteen.mkv', film);
    await cleared('nineteen.mkv', await client.progress('nineteen.mkv'));
    await client.pending('nineteen.mkv', film);
    await cleared('nineteen.mkv', undefined);
  });

  test('19. at once after start, and while encoding: the work stops and the key can be used at once', async () => {
    await started('busy.mkv', slowScript(1));
    await cleared('busy.mkv', await client.progress('busy.mkv'));
    await cleared('busy.mkv', await encoding('busy.mkv'));
    await started('busy.mkv');
    const done = await client.completed('busy.mkv', JOB_MS);
    expect(done.progress.every((clip) => clip.completed)).toBe(true);
    await cleared('busy.mkv', done);
  });

  test('19. when failed', async () => {
    await started('bad.mkv', `raise Exception('FINALRIP_SOURCE')`);
    await cleared('bad.mkv', await client.until('bad.mkv', (data) => data.state === 'failed', JOB_MS));
  });

  test('19. in parallel, as dashboards do; and twice at once: one of them is the second', async () => {
    const names = Array.from({ length: 8 }, (_, i) => `many ${i}.mkv`);
    for (const name of names) await client.pending(name, film);
    const answers = await Promise.all(names.map((video_key) => client.post('clear', { video_key })));
    expect(answers.map((answer) => answer.text)).toEqual(names.map(() => OK));
    await client.pending('twice.mkv', film);
    const twice = await Promise.all([0, 1].map(() => client.post('clear', { video_key: 'twice.mkv' })));
    expect(twice.map((answer) => answer.message).toSorted()).toEqual(['', UNKNOWN]);
  });
});
