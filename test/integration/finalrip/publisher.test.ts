import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  ENCODE,
  JOB_MS,
  makeFilm,
  SCRIPT,
  slowScript,
  startFinalripGrid,
  type FinalripGrid,
} from '../../support/finalrip-grid.ts';

let grid: FinalripGrid;
let film: string;
beforeAll(async () => {
  grid = await startFinalripGrid();
  film = join(grid.folder, 'film.mkv');
  makeFilm(film, 4);
});
afterAll(() => grid.close());

test(
  'what was committed but not published before a kill is published after it',
  { timeout: JOB_MS },
  async () => {
    const { client } = grid;
    const video_key = 'killed.mkv';
    await client.pending(video_key, film);
    await client.post('start', { video_key, script: SCRIPT, encode_param: ENCODE });
    const done = await client.completed(video_key);
    const names = [done.encode_key, ...done.progress.map((clip) => clip.encode_key)];
    // As a kill between commit and publication leaves it: the grid has the outputs, nobody has their names. (A running
    // coordinator may remember the objects that were taken from its folder.)
    await grid.forgetPublished(names);
    expect(await client.progress(video_key)).toMatchObject({
      status: 'running',
      state: 'merging',
      encode_key: '',
    });
    await grid.restart();
    await grid.client.completed(video_key);
    expect(await grid.objectsNamed(names)).toEqual(names);
    await grid.client.post('clear', { video_key });
  },
);

test('what a killed clear left is removed before the key is used again', { timeout: JOB_MS }, async () => {
  const video_key = 'garbage.mkv';
  await grid.client.upload(video_key, Buffer.from('old'));
  // As a kill between the clear's commit and its removals leaves it.
  await grid.addGarbage(video_key, [video_key]);
  expect(await grid.client.presigned(video_key)).toMatchObject({ exist: false });
  expect(await grid.objectsNamed([video_key])).toEqual([]);
  await grid.client.upload(video_key, Buffer.from('new'));
  await grid.restart();
  expect(await grid.objectsNamed([video_key])).toEqual([video_key]);
});

test(
  'a task whose job was removed by another API shows it, starts again and can be cleared',
  { timeout: JOB_MS },
  async () => {
    const { client } = grid;
    const video_key = 'elsewhere.mkv';
    await client.pending(video_key, film);
    const start = { video_key, script: slowScript(1), encode_param: ENCODE };
    await client.post('start', start);
    await grid.removeJob(video_key);
    expect(await client.progress(video_key)).toMatchObject({
      status: 'running',
      state: 'failed',
      failure: { code: 'cancelled' },
    });
    expect((await client.post('retry/encode', { video_key, index: 0 })).message).toBe(
      'Encode clip not exist',
    );
    expect((await client.post('start', { ...start, script: SCRIPT })).text).toBe('{"success":true}');
    await client.completed(video_key);
    expect((await client.post('clear', { video_key })).text).toBe('{"success":true}');
  },
);
