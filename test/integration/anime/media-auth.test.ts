import { expect, test } from 'vitest';
import { startAnimeGrid } from '../../support/anime-grid.ts';

test('media may ask for the token, too, and other origins still learn that', async () => {
  const grid = await startAnimeGrid({ agents: 0, environment: { CLIPGRID_ANIME_MEDIA_AUTH: 'token' } });
  try {
    const id = await grid.client.create({ src_path: 'none.mp4', dst_path: 'x' });
    await grid.query(
      `insert into anime_names (dst_path, name, task_id, sha256, body) values ('x', 'playlist_h264_96p_uspp.m3u8', $1, 'ab', '#EXTM3U')`,
      [id],
    );
    const refused = await grid.client.request('/x/playlist_h264_96p_uspp.m3u8');
    expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([403, '*']);
    const served = await grid.client.get('/x/playlist_h264_96p_uspp.m3u8');
    expect([served.status, served.text]).toEqual([200, '#EXTM3U']);
  } finally {
    await grid.close();
  }
});
