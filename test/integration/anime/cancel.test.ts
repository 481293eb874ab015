import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { LADDER_MS, startAnimeGrid, type AnimeGrid } from '../../support/anime-grid.ts';

let grid: AnimeGrid;
beforeAll(async () => {
  grid = await startAnimeGrid({ agents: 2 });
});
afterAll(() => grid.close());

/** How many programs of this machine have that in their arguments. */
function programsWith(text: string): number {
  const lines = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      } catch {
        return '';
      }
    });
  return lines.filter((line) => line.includes(text)).length;
}

const cancelled = async (taskId: string) =>
  JSON.parse((await grid.client.post(`/anime/cancel/${taskId}`)).text) as unknown;

it(
  'check 16: unfinished keys are revoked and their tools end, finished ones stay',
  { timeout: LADDER_MS },
  async () => {
    await grid.source('a.mp4', { seconds: 20 });
    // An agent each, and the second takes much longer. No other test has its sizes.
    const tool = 'scale=1924:1082';
    const id = await grid.client.create({ src_path: 'a.mp4', dst_path: 'a', ladder: ['16p', '1082p'] });
    await grid.client.until(id, ({ status }) => status['16p'] === 'SUCCESS' && status['1082p'] === 'STARTED');
    while (programsWith(tool) === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await cancelled(id)).toEqual({ task_id: id, cancelled: true });
    const now = await grid.client.status(id);
    expect(now).toMatchObject({ status: { '16p': 'SUCCESS', '1082p': 'REVOKED' }, success: false });
    expect(now.result['1082p']).toMatchObject({ status: 'REVOKED', resolution: '1082' });
    while (programsWith(tool) > 0) await new Promise((resolve) => setTimeout(resolve, 20));
    expect((await fetch(`${grid.url}/a/playlist_h264_16p_uspp.m3u8`)).status).toBe(200);
    expect((await fetch(`${grid.url}/a/playlist_h264_1082p_uspp.m3u8`)).status).toBe(404);
    expect(await cancelled(id)).toEqual({ task_id: id, cancelled: false });
  },
);

it('check 16: before there are renditions all keys are revoked', async () => {
  const waiting = await startAnimeGrid({ agents: 0 });
  await waiting.source('a.mp4', { seconds: 1 });
  const id = await waiting.client.create({ src_path: 'a.mp4', dst_path: 'a' });
  while ((await waiting.query(`select 1 from jobs`)).length === 0)
    await new Promise((resolve) => setTimeout(resolve, 20));
  await waiting.client.post(`/anime/cancel/${id}`);
  const now = await waiting.client.status(id);
  expect(now.status).toEqual({ '96p': 'REVOKED', '48p': 'REVOKED' });
  expect(await waiting.query(`select state from jobs`)).toEqual([{ state: 'cancelled' }]);
  // The copy of the source goes with it.
  while ((await waiting.query(`select 1 from anime_jobs where source is not null`)).length > 0)
    await new Promise((resolve) => setTimeout(resolve, 20));
  await waiting.close();
});
