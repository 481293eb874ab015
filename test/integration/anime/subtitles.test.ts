import { execFile, execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parse, types } from 'hls-parser';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { LADDER_MS, startAnimeGrid, type AnimeGrid } from '../../support/anime-grid.ts';
import { readInBrowser } from '../../support/browser-player.ts';
import { decodedFrames, fetchRendition, packetsOf } from '../../support/hls.ts';
import { bitmapSubtitle } from '../../media/pgs.ts';

let grid: AnimeGrid;
beforeAll(async () => {
  grid = await startAnimeGrid({ environment: { CLIPGRID_ANIME_LADDER: '48p' } });
});
afterAll(() => grid.close());

const SECONDS = 8;
const STYLED = `[Script Info]
ScriptType: v4.00+

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, Bold, Alignment
Style: Default,Made Up,16,&Hffffff,0,2

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Dialogue: 0,0:00:01.00,0:00:02.50,Default,,0,0,0,,{\\\\i1}Hello{\\\\i0} there
`.replaceAll('\\\\', '\\');
const PLAIN = '1\n00:00:05,000 --> 00:00:07,000\nGuten Tag\n';

/** A film whose picture begins half a second late, with a styled track, its font, a plain track, and one of pictures. */
async function makeFilm(font: Buffer): Promise<string> {
  const at = (name: string): string => join(grid.sources, name);
  await Promise.all([
    writeFile(at('a.ass'), STYLED),
    writeFile(at('b.srt'), PLAIN),
    writeFile(at('font'), font),
    writeFile(at('c.sup'), bitmapSubtitle(1, 2), 'latin1'),
  ]);
  const sound = ['-f', 'lavfi', '-i', `sine=d=${SECONDS}`];
  const picture = ['-itsoffset', '0.5', '-f', 'lavfi', '-i', `testsrc2=s=128x72:r=24:d=${SECONDS - 0.5}`];
  const maps = ['-map', '1:v', '-map', '0:a', '-map', '2', '-map', '3', '-map', '4'];
  const codecs = ['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '48', '-c:a', 'flac', '-c:s:0', 'copy'];
  const first = ['-metadata:s:s:0', 'language=jpn', '-metadata:s:s:0', 'title=Signs "and" songs'];
  const second = [
    '-c:s:1',
    'srt',
    '-c:s:2',
    'copy',
    '-metadata:s:s:1',
    'language=ger',
    '-disposition:s:1',
    'forced',
  ];
  const attached = ['-attach', at('font'), '-metadata:s:t', 'mimetype=font/ttf'];
  const inputs = [...sound, ...picture, '-i', at('a.ass'), '-i', at('b.srt'), '-i', at('c.sup')];
  const named = ['-disposition:s:0', 'default', '-metadata:s:t', 'filename=../../My Font.ttf'];
  const all = [...inputs, ...maps, ...codecs, ...first, ...second, ...attached, ...named, at('film.mkv')];
  execFileSync('ffmpeg', ['-nostdin', '-v', 'error', '-y', ...all]);
  return at('film.mkv');
}

it(
  'text of the source is to be chosen, shown at its time, kept as it was, and goes with its job',
  { timeout: LADDER_MS },
  async () => {
    const font = randomBytes(5_000);
    const film = await makeFilm(font);
    const id = await grid.client.create({ src_path: 'film.mkv', dst_path: 'x' });
    const { result } = await grid.client.succeeded(id);
    expect(result['48p']?.['log']).toContain('left out: subtitles of stream 4: hdmv_pgs_subtitle is no text');
    await grid.client.until(id, ({ subtitles }) => subtitles === 'published');

    const master = parse((await grid.client.request('/x/playlist.m3u8')).text);
    if (!(master instanceof types.MasterPlaylist)) throw new Error('it is no master playlist');
    expect(master.variants[0]?.subtitles).toMatchObject([
      { language: 'jpn', name: 'Signs  and  songs', isDefault: true, forced: false, autoselect: true },
      { language: 'ger', name: 'ger', isDefault: false, forced: true, uri: 'playlist_subtitles_1.m3u8' },
    ]);
    for (const track of [0, 1]) {
      const list = await grid.client.request(`/x/playlist_subtitles_${track}.m3u8`);
      expect([list.status, list.type]).toEqual([200, 'application/vnd.apple.mpegurl']);
      const media = parse(list.text);
      if (!(media instanceof types.MediaPlaylist)) throw new Error('it is no media playlist');
      expect(media.segments).toMatchObject([{ uri: `subtitles_${track}.vtt` }]);
      expect(media.segments[0]?.duration).toBeCloseTo(SECONDS - 0.5, 1);
    }
    const webvtt = await grid.client.request('/x/subtitles_0.vtt');
    expect([webvtt.status, webvtt.type]).toEqual([200, 'text/vtt; charset=utf-8']);
    expect(webvtt.headers.get('access-control-allow-origin')).toBe('*');
    expect(webvtt.text).toContain('00:01.000 --> 00:02.500\n<i>Hello</i> there');
    // Its zero is the start of the source's time line, where the sound begins: half a second before the first frame.
    const ticks = Number(/X-TIMESTAMP-MAP=MPEGTS:(\d+),LOCAL:00:00:00.000/.exec(webvtt.text)?.[1]);
    const { files } = await fetchRendition(grid.url, 'x/playlist_h264_48p_uspp.m3u8');
    expect(packetsOf(files[0]!, 'v')[0]!.pts - ticks / 90_000).toBeCloseTo(0.5, 2);

    const original = await grid.client.request('/x/subtitles_0.ass');
    expect([original.status, original.type]).toEqual([200, 'text/x-ssa; charset=utf-8']);
    const extract = ['-v', 'error', '-y', '-i', film, '-map', '0:s:0', '-c', 'copy'];
    execFileSync('ffmpeg', [...extract, join(grid.folder, 'kept.ass')]);
    expect(original.text).toBe(await readFile(join(grid.folder, 'kept.ass'), 'utf8'));
    expect(original.text.trim().replaceAll('\r', '')).toBe(STYLED.trim());
    const kept = await fetch(`${grid.url}/x/font000.ttf`);
    expect([kept.status, kept.headers.get('content-type')]).toEqual([200, 'font/ttf']);
    expect(Buffer.from(await kept.arrayBuffer()).equals(font)).toBe(true);

    // A second reader goes through the renditions with their tracks, and finds the text at its times.
    expect(await decodedFrames(`${grid.url}/x/playlist.m3u8`)).toBe((SECONDS - 0.5) * 24);
    const show = ['-v', 'error', '-show_entries', 'packet=pts_time,duration_time', '-of', 'csv=p=0'];
    const { stdout } = await promisify(execFile)('ffprobe', [...show, `${grid.url}/x/subtitles_1.vtt`]);
    expect(stdout.trim().split(',').map(Number)).toEqual([5, 2]);

    const played = await readInBrowser(`${grid.url}/x/playlist.m3u8`);
    expect(played.errors).toEqual([]);
    expect(played.tracks.map(({ name, lang }) => [name, lang])).toEqual([
      ['Signs  and  songs', 'jpn'],
      ['ger', 'ger'],
    ]);
    expect(played.shown.map(({ track, text }) => [track, text])).toEqual([
      ['Signs  and  songs', '<i>Hello</i> there'],
      ['ger', 'Guten Tag'],
    ]);
    for (const [i, at] of [1, 5].entries()) {
      const cue = played.shown[i]!;
      expect(cue.fromS).toBeCloseTo(at, 1);
      expect(cue.seenAtS).toBeGreaterThanOrEqual(cue.fromS);
      expect(cue.seenAtS).toBeLessThan(cue.toS);
    }

    const rows = await grid.query('select job_id from anime_subtitles where task_id = $1', [id]);
    await fetch(`${grid.mainUrl}/api/v1/jobs/${String(rows[0]?.['job_id'])}`, { method: 'DELETE' });
    expect((await grid.client.request('/x/subtitles_0.vtt')).status).toBe(404);
    expect((await grid.client.request('/x/font000.ttf')).status).toBe(404);
    expect((await grid.client.request('/x/playlist.m3u8')).text).not.toContain('SUBTITLES');
    expect((await grid.client.status(id)).subtitles).toBeNull();
  },
);

/** The job of the call's subtitles, once there is one. */
async function subtitleJob(taskId: string): Promise<string> {
  await grid.client.until(taskId, ({ subtitles }) => subtitles !== null);
  const rows = await grid.query('select job_id from anime_subtitles where task_id = $1', [taskId]);
  return String(rows[0]?.['job_id']);
}

it('without them the ladder is a success, and ends', { timeout: LADDER_MS }, async () => {
  const id = await grid.client.create({ src_path: 'film.mkv', dst_path: 'y' });
  await fetch(`${grid.mainUrl}/api/v1/jobs/${await subtitleJob(id)}/cancel`, { method: 'POST' });
  const now = await grid.client.until(id, ({ success, subtitles }) => success && subtitles === 'failed');
  expect(now.error).toBeNull();
  expect((await grid.client.request('/y/playlist.m3u8')).text).not.toContain('SUBTITLES');
  const stage = async () => (await grid.query('select stage from anime_jobs where task_id = $1', [id]))[0];
  await expect.poll(stage).toEqual({ stage: 'ended' });
});

it('a cancel takes them along, and the call ends', { timeout: LADDER_MS }, async () => {
  const id = await grid.client.create({ src_path: 'film.mkv', dst_path: 'z', ladder: ['1000p'] });
  const jobId = await subtitleJob(id);
  await grid.client.post(`/anime/cancel/${id}`);
  expect((await grid.client.status(id)).subtitles).toBe('failed');
  expect(await grid.query('select stage from anime_jobs where task_id = $1', [id])).toEqual([
    { stage: 'ended' },
  ]);
  expect(await grid.query('select state from jobs where job_id = $1', [jobId])).toEqual([
    { state: 'cancelled' },
  ]);
});
