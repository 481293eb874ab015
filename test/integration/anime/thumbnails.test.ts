import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { LADDER_MS, startAnimeGrid, type AnimeGrid } from '../../support/anime-grid.ts';

let grid: AnimeGrid;
beforeAll(async () => {
  grid = await startAnimeGrid({ environment: { CLIPGRID_ANIME_LADDER: '48p' } });
});
afterAll(() => grid.close());

interface Cue {
  readonly from: string;
  readonly to: string;
  readonly sheet: string;
  readonly box: readonly number[];
}

/** As WebVTT has them: blocks with a line of times. */
function cuesOf(text: string): Cue[] {
  const [head, ...blocks] = text.trimEnd().split('\n\n');
  expect(head).toBe('WEBVTT');
  return blocks.map((block) => {
    const match = /^([\d:.]{12}) --> ([\d:.]{12})\n([\w.]+)#xywh=(\d+),(\d+),(\d+),(\d+)$/.exec(block.trim());
    const [, from = '', to = '', sheet = '', ...box] = match ?? [];
    return { from, to, sheet, box: box.map(Number) };
  });
}

it(
  'a track of pictures along the film lies beside the playlists, and goes with its job',
  { timeout: LADDER_MS },
  async () => {
    await grid.source('a.mp4', { seconds: 12, size: '128x72' });
    const id = await grid.client.create({ src_path: 'a.mp4', dst_path: 'a', thumbnails: true });
    const now = await grid.client.until(id, ({ thumbnails_path: path }) => path !== null);
    expect(now.thumbnails_path).toBe('a/thumbnails.vtt');
    const track = await grid.client.request('/a/thumbnails.vtt');
    expect([track.status, track.type]).toEqual([200, 'text/vtt; charset=utf-8']);
    expect(track.headers.get('access-control-allow-origin')).toBe('*');
    expect(cuesOf(track.text)).toEqual([
      { from: '00:00:00.000', to: '00:00:05.000', sheet: 'thumbnails000.jpg', box: [0, 0, 160, 90] },
      { from: '00:00:05.000', to: '00:00:10.000', sheet: 'thumbnails000.jpg', box: [160, 0, 160, 90] },
      { from: '00:00:10.000', to: '00:00:12.000', sheet: 'thumbnails000.jpg', box: [320, 0, 160, 90] },
    ]);
    const answer = await fetch(`${grid.url}/a/thumbnails000.jpg`);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'image/jpeg']);
    const sheet = join(grid.folder, 'sheet.jpg');
    await writeFile(sheet, Buffer.from(await answer.arrayBuffer()));
    const show = ['-v', 'error', '-show_entries', 'stream=codec_name,width,height', '-of', 'csv=p=0', sheet];
    expect(execFileSync('ffprobe', show).toString().trim()).toBe('mjpeg,1600,900');
    // Three pictures that differ, and nothing behind them.
    const part = (x: number): Buffer => {
      const crop = ['-vf', `crop=160:90:${x}:0`, '-pix_fmt', 'gray', '-f', 'rawvideo', '-'];
      return execFileSync('ffmpeg', ['-v', 'error', '-i', sheet, ...crop]);
    };
    const spread = [0, 160, 320, 480].map((x) => Math.max(...part(x)) - Math.min(...part(x)));
    expect(spread.map((range) => range > 50)).toEqual([true, true, true, false]);
    expect(part(0).equals(part(160))).toBe(false);

    const rows = await grid.query('select thumbnails_job_id, stage from anime_jobs where task_id = $1', [id]);
    await grid.client.ended(id);
    await fetch(`${grid.mainUrl}/api/v1/jobs/${String(rows[0]?.['thumbnails_job_id'])}`, {
      method: 'DELETE',
    });
    expect((await grid.client.request('/a/thumbnails.vtt')).status).toBe(404);
    expect((await grid.client.status(id)).thumbnails_path).toBeNull();
    expect((await grid.client.request('/a/playlist.m3u8')).status).toBe(200);
  },
);

it(
  'without being asked for there are none, and no other word asks for them',
  { timeout: LADDER_MS },
  async () => {
    await grid.source('b.mp4', { seconds: 1 });
    const id = await grid.client.create({ src_path: 'b.mp4', dst_path: 'b' });
    expect((await grid.client.succeeded(id)).thumbnails_path).toBeNull();
    const { status, text } = await grid.client.post(
      '/anime/create',
      JSON.stringify({ src_path: 'b.mp4', dst_path: 'b', thumbnails: 'yes' }),
    );
    expect([status, JSON.parse(text)]).toEqual([400, { message: 'thumbnails must be true or false' }]);
  },
);

it('a cancel takes them along, and the call ends', { timeout: LADDER_MS }, async () => {
  await grid.source('c.mp4', { seconds: 20 });
  const id = await grid.client.create({
    src_path: 'c.mp4',
    dst_path: 'c',
    ladder: ['1000p'],
    thumbnails: true,
  });
  await grid.client.until(id, ({ status }) => '1000p' in status);
  await grid.client.post(`/anime/cancel/${id}`);
  expect(await grid.query('select stage, thumbnails from anime_jobs where task_id = $1', [id])).toEqual([
    { stage: 'ended', thumbnails: 'failed' },
  ]);
});

it(
  'a call ends when the job of its thumbnails is removed before they are made',
  { timeout: LADDER_MS },
  async () => {
    await grid.source('d.mp4', { seconds: 20 });
    const request = { src_path: 'd.mp4', dst_path: 'd', ladder: ['1000p'], thumbnails: true };
    const id = await grid.client.create(request);
    let jobId: unknown;
    while (typeof jobId !== 'string') {
      const [row] = await grid.query('select thumbnails_job_id from anime_jobs where task_id = $1', [id]);
      jobId = row?.['thumbnails_job_id'];
    }
    await fetch(`${grid.mainUrl}/api/v1/jobs/${jobId}`, { method: 'DELETE' });
    expect((await grid.client.succeeded(id)).thumbnails_path).toBeNull();
    for (let stage: unknown; stage !== 'ended';) {
      const [row] = await grid.query('select stage, thumbnails from anime_jobs where task_id = $1', [id]);
      expect(row?.['thumbnails']).not.toBe('ready');
      stage = row?.['stage'];
    }
  },
);
