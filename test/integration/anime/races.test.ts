import { afterAll, beforeAll, expect, it } from 'vitest';
import { LADDER_MS, startAnimeGrid, type AnimeGrid } from '../../support/anime-grid.ts';

let grid: AnimeGrid;
beforeAll(async () => {
  grid = await startAnimeGrid({ agents: 2 });
});
afterAll(() => grid.close());

const linesOf = (text: string): string[] =>
  text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));

/** All that the folder's playlists list, of whichever rendition, can be fetched. Resolves to how many segments those were. */
async function isWhole(folder: string): Promise<number> {
  const master = await fetch(`${grid.url}/${folder}/playlist.m3u8`);
  if (master.status === 404) return 0;
  let segments = 0;
  for (const uri of linesOf(await master.text())) {
    const playlist = await fetch(`${grid.url}/${folder}/${uri}`);
    expect([uri, playlist.status]).toEqual([uri, 200]);
    const paths = linesOf(await playlist.text());
    const answers = await Promise.all(paths.map((path) => fetch(grid.url + path, { method: 'HEAD' })));
    expect(answers.map(({ status }) => status)).toEqual(paths.map(() => 200));
    segments += paths.length;
  }
  return segments;
}

it(
  'check 14: two jobs race for one folder, and each playlist is whole at every moment',
  { timeout: LADDER_MS },
  async () => {
    await grid.source('long.mp4', { seconds: 16, rate: 8 });
    await grid.source('short.mp4', { seconds: 6, rate: 8 });
    const ids = await Promise.all(
      ['long.mp4', 'short.mp4', 'long.mp4'].map((src_path) =>
        grid.client.create({ src_path, dst_path: 'race' }),
      ),
    );
    const done = Promise.all(ids.map((id) => grid.client.succeeded(id)));
    let isRunning = true;
    void done
      .finally(() => {
        isRunning = false;
      })
      .catch(() => undefined);
    const seen = new Set<number>();
    while (isRunning) seen.add(await isWhole('race'));
    await done;
    expect(await isWhole('race')).toBeGreaterThanOrEqual(4);
    expect(seen.size).toBeGreaterThan(1);
    // The later one has both names of a key: playlist and first segment are of one job.
    const rows = await grid.query(
      `select count(distinct task_id)::int as jobs from anime_names
     where name in ('playlist_h264_96p_uspp.m3u8', 'output0000_h264_96p_uspp.ts', 'output0001_h264_96p_uspp.ts')`,
    );
    expect(rows).toEqual([{ jobs: 1 }]);
  },
);
