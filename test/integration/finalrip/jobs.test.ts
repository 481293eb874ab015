import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeFilm, SCRIPT, startFinalripGrid, type FinalripGrid } from '../../support/finalrip-grid.ts';

let grid: FinalripGrid;
let film: string;
beforeAll(async () => {
  grid = await startFinalripGrid();
  film = join(grid.folder, 'film.mkv');
  makeFilm(film, 5);
});
afterAll(() => grid.close());

test('10. start with FinalRip’s default command', async () => {
  const { client } = grid;
  await client.pending('ten.mkv', film);
  const encode_param = 'ffmpeg -i - -vcodec libx265 -crf 16';
  const started = await client.post('start', { video_key: 'ten.mkv', encode_param, script: SCRIPT });
  expect(started.text).toBe('{"success":true}');
  const done = await client.completed('ten.mkv');
  expect(done.encode_param).toBe(encode_param);
  expect((await client.post('clear', { video_key: 'ten.mkv' })).text).toBe('{"success":true}');
  expect(await grid.objectsNamed(['ten.mkv', 'ten.mkv-Encoded.mkv', 'ten.mkv-clip-encoded-0.mkv'])).toEqual(
    [],
  );
});
