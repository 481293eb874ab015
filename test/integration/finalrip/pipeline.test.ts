import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as films from '../../support/films.ts';
import type { TaskData } from '../../support/finalrip-client.ts';
import { frameMd5s, probeFile } from '../../support/probe.ts';
import { Processes } from '../../support/processes.ts';
import { failingScript, flippingScript, plainScript, slowScript } from '../../support/scripts.ts';

/** Contract section 6, pipeline: FinalRip's API of a real coordinator with four real agents on one host. */

const SOURCE = 'FINALRIP_SOURCE';
const PLAIN = plainScript(SOURCE);
const ENCODE = 'ffmpeg -i - -c:v libx264 -preset ultrafast FINALRIP_ENCODED_CLIP.mkv';
const LOSSLESS = 'ffmpeg -i - -c:v libx264 -preset ultrafast -qp 0 FINALRIP_ENCODED_CLIP.mkv';
const AGENTS = 4;

let grid: Processes;
beforeAll(async () => {
  grid = await Processes.start({ agents: AGENTS });
});
afterAll(() => grid?.close());

/** Downloads a finished task's result as a browser would. */
async function result(data: TaskData): Promise<string> {
  const response = await fetch(data.encode_url);
  expect(response.status).toBe(200);
  const name = createHash('sha256').update(data.key).digest('hex').slice(0, 8);
  const path = join(grid.folder, `result-${name}.mkv`);
  await writeFile(path, Buffer.from(await response.arrayBuffer()));
  return path;
}

/** A film through FinalRip's API; the path of what comes out. */
async function through(key: string, film: string, encode = ENCODE, script = PLAIN): Promise<string> {
  await grid.startFinalrip(key, film, { script, encode_param: encode });
  return result(await grid.finalrip.completed(key, 200_000));
}

describe('FinalRip, pipeline', { timeout: 240_000 }, () => {
  test('21. open-GOP x264 source of 130 s, at least two cuts: frames out = frames in', async () => {
    const film = films.openGopFilm(grid.folder, 130);
    const path = await through('open.mkv', film, LOSSLESS);
    const data = await grid.finalrip.completed('open.mkv');
    expect(data.progress.length).toBeGreaterThanOrEqual(3);
    const frames = frameMd5s(film);
    expect(frames).toHaveLength(130 * 25);
    expect(frameMd5s(path)).toEqual(frames);
  });

  test('22. a script that fails at a frame of clip 1: never completed, an end with its words, start works again', async () => {
    const film = films.markedFilm(grid.folder, 6, 62);
    const key = 'breaks.mkv';
    const words = 'the model for frame 62 is missing';
    await grid.startFinalrip(key, film, { script: failingScript(SOURCE, words), encode_param: ENCODE });
    const watch = await grid.watchFinalrip(key);
    const failed = await grid.finalrip.until(key, (data) => data.state === 'failed');
    const clip = (await watch.ended()).tasks.find((task) => task.kind === 'encode' && task.clip_index === 1)!;
    expect(clip.start_frame).toBeLessThanOrEqual(62);
    expect(clip.end_frame).toBeGreaterThan(62);

    expect(failed.status).toBe('running');
    expect(failed.failure).toMatchObject({ code: 'script_failed', stage: 'encode', index: 1 });
    expect(failed.failure?.log).toContain(words);
    const item = failed.progress.find((one) => one.index === 1)!;
    expect(item).toMatchObject({ completed: false, encode_key: '', encode_url: '', state: 'failed' });
    const attempts = (await grid.attempts(watch.jobId)).filter((one) => one.clip_index === 1);
    expect(attempts.every((one) => one.outcome === 'failed')).toBe(true);
    expect(attempts.length).toBeLessThanOrEqual(4);
    // Three different agents had their chance.
    expect(new Set(attempts.map((one) => one.agent)).size).toBe(3);

    const again = { video_key: key, script: PLAIN, encode_param: ENCODE };
    expect((await grid.finalrip.post('start', again)).body).toEqual({ success: true });
    const path = await result(await grid.finalrip.completed(key, 200_000));
    expect(frameMd5s(path)).toHaveLength(150);
  });

  test('23. a source without audio completes; a video that starts 0.72 s after its audio still does', async () => {
    const silent = films.silentFilm(grid.folder, 4);
    const late = films.lateVideoFilm(grid.folder, 4, 0.72);
    const [silentResult, lateResult] = await Promise.all([
      through('silent.mkv', silent),
      through('late.mkv', late),
    ]);
    expect(probeFile(silentResult).streams.map((stream) => stream.codec_type)).toEqual(['video']);
    expect(frameMd5s(silentResult)).toHaveLength(100);
    const offset = (path: string): number => {
      const { streams } = probeFile(path);
      const start = (type: string): number =>
        Number(streams.find((stream) => stream.codec_type === type)?.start_time);
      return start('video') - start('audio');
    };
    expect(offset(late)).toBeCloseTo(0.72, 1);
    expect(Math.abs(offset(lateResult) - offset(late))).toBeLessThanOrEqual(1 / 25);
  });

  test('24. two audio tracks with languages, and chapters with titles, are all in the result', async () => {
    const film = films.manyTracksFilm(grid.folder, 4);
    const { streams, chapters } = probeFile(await through('tracks.mkv', film));
    expect(streams.map((stream) => [stream.codec_type, stream.tags?.['language']])).toEqual([
      ['video', undefined],
      ['audio', 'jpn'],
      ['audio', 'ger'],
    ]);
    expect(chapters.map((one) => [Number(one.start_time), one.tags?.['title']])).toEqual([
      [0, films.CHAPTERS[0]],
      [2, films.CHAPTERS[1]],
    ]);
  });

  test('25. a text file named x.mkv: failed, with the reason, within 60 s', async () => {
    const film = films.textFilm(grid.folder);
    await grid.startFinalrip('x.mkv', film, { script: PLAIN, encode_param: ENCODE });
    const data = await grid.finalrip.until('x.mkv', (one) => one.state === 'failed', 60_000);
    expect(data.failure).toMatchObject({ code: 'source_unreadable', stage: 'index' });
    expect(data.failure?.message).not.toBe('');
    expect(data).toMatchObject({ status: 'running', progress: [], encode_key: '' });
  });

  test('26. shell words in the key are a name and nothing more; in encode_param they are refused at start', async () => {
    const film = films.plainFilm(grid.folder, 2);
    const trap = join(grid.folder, 'trap');
    const keys = ['a.mkv$(touch x)', `b.mkv$(touch ${trap});\`touch ${trap}\``];
    const results = await Promise.all(keys.map((key) => through(key, film)));
    for (const path of results) expect(frameMd5s(path)).toHaveLength(50);

    await grid.finalrip.pending('c.mkv', film);
    const traps = [`${ENCODE}; touch ${trap}`, `${ENCODE} && touch ${trap}`, `${ENCODE} $(touch ${trap})`];
    for (const encode of traps) {
      const fields = { video_key: 'c.mkv', script: PLAIN, encode_param: encode };
      const { message } = await grid.finalrip.post('start', fields);
      expect(message).toMatch(/^the Encode Param is not allowed: /);
    }
    expect(await grid.finalrip.progress('c.mkv')).toMatchObject({ status: 'pending' });
    const places = [
      trap,
      join(grid.folder, 'x'),
      'x',
      ...grid.agents.map((one) => join(grid.folder, one.name, 'x')),
    ];
    expect(places.filter((path) => existsSync(path))).toEqual([]);
  });

  test('27. four agents on one host with four clips at once: no cross-talk, all frames right', async () => {
    const film = films.plainFilm(grid.folder, 8);
    // Two jobs that differ in their script only: a mixed-up file, name or variable shows in the picture.
    const [asIs, flipped] = await Promise.all([
      through('as-is.mkv', film, LOSSLESS, slowScript(SOURCE, 0.05)),
      through('flipped.mkv', film, LOSSLESS, flippingScript(SOURCE, 0.05)),
    ]);
    expect(frameMd5s(asIs)).toEqual(frameMd5s(film));
    expect(frameMd5s(flipped)).toEqual(frameMd5s(film, '0:v:0', 'vflip'));

    const jobs = [await grid.watchFinalrip('as-is.mkv'), await grid.watchFinalrip('flipped.mkv')];
    const attempts = (await Promise.all(jobs.map((job) => grid.attempts(job.jobId)))).flat();
    const encodes = attempts.filter((one) => one.kind === 'encode');
    const atOnce = encodes.map(
      ({ granted_at: at }) =>
        new Set(encodes.filter((one) => one.granted_at <= at && at < one.ended_at).map((one) => one.agent)),
    );
    expect(Math.max(...atOnce.map((agents) => agents.size))).toBe(AGENTS);
  });
});
