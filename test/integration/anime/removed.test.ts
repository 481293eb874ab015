import { afterAll, beforeAll, expect, it } from 'vitest';
import { LADDER_MS, startAnimeGrid, type AnimeGrid } from '../../support/anime-grid.ts';

let grid: AnimeGrid;
beforeAll(async () => {
  grid = await startAnimeGrid();
});
afterAll(() => grid.close());

const statusOf = async (path: string): Promise<number> => (await fetch(`${grid.url}/${path}`)).status;

async function jobOf(taskId: string, rendition: string): Promise<string> {
  const rows = await grid.query('select job_id from anime_renditions where task_id = $1 and rendition = $2', [
    taskId,
    rendition,
  ]);
  return String(rows[0]?.['job_id']);
}

async function remove(jobId: string): Promise<void> {
  const answer = await fetch(`${grid.mainUrl}/api/v1/jobs/${jobId}`, { method: 'DELETE' });
  if (!answer.ok) throw new Error(`delete: ${answer.status} ${await answer.text()}`);
}

it(
  'what is published of a job goes with it, and the index with the last of them',
  { timeout: LADDER_MS },
  async () => {
    await grid.source('a.mp4', { seconds: 1 });
    const id = await grid.client.create({ src_path: 'a.mp4', dst_path: 'a' });
    const before = await grid.client.succeeded(id);
    await remove(await jobOf(id, '96p'));
    expect(await statusOf('a/playlist_h264_96p_uspp.m3u8')).toBe(404);
    expect(await statusOf('a/output0000_h264_96p_uspp.ts')).toBe(404);
    expect(await statusOf('a/output0000_h264_48p_uspp.ts')).toBe(200);
    const master = await (await fetch(`${grid.url}/a/playlist.m3u8`)).text();
    expect(master.split('\n').filter((line) => line.startsWith('playlist'))).toEqual([
      'playlist_h264_48p_uspp.m3u8',
    ]);
    const indexes = () => grid.query(`select state from jobs where spec->>'shape' = 'index'`);
    expect(await indexes()).toEqual([{ state: 'succeeded' }]);

    await remove(await jobOf(id, '48p'));
    expect(await statusOf('a/playlist_h264_48p_uspp.m3u8')).toBe(404);
    expect(await statusOf('a/playlist.m3u8')).toBe(404);
    while ((await indexes()).length > 0) await new Promise((resolve) => setTimeout(resolve, 20));
    // What was ready stays ready.
    expect(await grid.client.status(id)).toEqual({ ...before, master_path: null });
  },
);

it('a later call on the same folder keeps its own names', { timeout: LADDER_MS }, async () => {
  await grid.source('b.mp4', { seconds: 6 });
  await grid.source('c.mp4', { seconds: 1 });
  const first = await grid.client.create({ src_path: 'b.mp4', dst_path: 'b', ladder: ['48p'] });
  await grid.client.succeeded(first);
  await grid.client.succeeded(
    await grid.client.create({ src_path: 'c.mp4', dst_path: 'b', ladder: ['48p'] }),
  );
  expect(await statusOf('b/output0001_h264_48p_uspp.ts')).toBe(200);
  await remove(await jobOf(first, '48p'));
  expect(await statusOf('b/output0001_h264_48p_uspp.ts')).toBe(404);
  for (const name of ['playlist.m3u8', 'playlist_h264_48p_uspp.m3u8', 'output0000_h264_48p_uspp.ts'])
    expect([name, await statusOf(`b/${name}`)]).toEqual([name, 200]);
});

it('a rendition whose job is removed before its end has failed', { timeout: LADDER_MS }, async () => {
  await grid.source('d.mp4', { seconds: 20 });
  const id = await grid.client.create({ src_path: 'd.mp4', dst_path: 'd', ladder: ['16p', '1000p'] });
  await grid.client.until(id, ({ status }) => '1000p' in status);
  await remove(await jobOf(id, '1000p'));
  const now = await grid.client.ended(id);
  expect(now.status).toEqual({ '16p': 'SUCCESS', '1000p': 'FAILURE' });
  expect(now.result['1000p']?.['log']).toContain('its job was removed');
});
