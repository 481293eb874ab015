import { execFile, execFileSync } from 'node:child_process';
import { promisify } from 'node:util';
import { parse, types } from 'hls-parser';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { AnimeClient } from '../../support/anime-client.ts';
import { LADDER_MS, startAnimeGrid, type AnimeGrid } from '../../support/anime-grid.ts';
import { playInBrowser } from '../../support/browser-player.ts';
import { fetchMaster, fetchRendition, packetsOf } from '../../support/hls.ts';

let grid: AnimeGrid;
let client: AnimeClient;
beforeAll(async () => {
  grid = await startAnimeGrid();
  ({ client } = grid);
});
afterAll(() => grid.close());

const SECONDS = 8;

/** On its side, of wide pixels, with surround sound in Japanese and a comment in German. */
function makeFilm(): void {
  const path = `${grid.sources}/film.mp4`;
  const tone = (hertz: number): string[] => ['-f', 'lavfi', '-i', `sine=${hertz}:d=${SECONDS}`];
  const video = ['-f', 'lavfi', '-i', `testsrc2=s=160x90:r=25:d=${SECONDS}`, ...tone(440), ...tone(880)];
  const picture = ['-vf', 'setsar=2', '-c:v', 'libx264', '-preset', 'ultrafast', '-g', '25'];
  const first = ['-c:a:0', 'ac3', '-ac:a:0', '6', '-metadata:s:a:0', 'language=jpn'];
  const second = ['-c:a:1', 'aac', '-metadata:s:a:1', 'language=ger', '-metadata:s:a:1', 'handler_name=x'];
  const maps = ['-map', '0:v', '-map', '1:a', '-map', '2:a'];
  const upright = ['-v', 'error', ...video, ...maps, ...picture, ...first, ...second, `${path}.upright.mp4`];
  execFileSync('ffmpeg', upright);
  const turned = ['-c', 'copy', '-map', '0', '-metadata:s:v:0', 'rotate=90'];
  execFileSync('ffmpeg', ['-v', 'error', '-i', `${path}.upright.mp4`, ...turned, path]);
}

/** What ffprobe finds of each stream. The server is in this process, which must not wait for it. */
async function probed(input: string, what: string): Promise<string[]> {
  const args = ['-v', 'error', '-of', 'csv=p=0', '-show_entries', `stream=${what}`, input];
  const { stdout } = await promisify(execFile)('ffprobe', args);
  return stdout.split('\n').filter((line) => line !== '');
}

it(
  'further tracks of sound are to be chosen, and a turned picture of wide pixels is upright',
  { timeout: LADDER_MS },
  async () => {
    makeFilm();
    await client.succeeded(await client.create({ src_path: 'film.mp4', dst_path: 'x' }));
    expect((await fetchMaster(grid.url, 'x/playlist.m3u8')).map(({ size }) => size)).toEqual([
      '28x96',
      '14x48',
    ]);

    const text = async (): Promise<string> => (await fetch(`${grid.url}/x/playlist.m3u8`)).text();
    // The ladder is a success without them, and they come soon after it at the latest.
    await expect.poll(text, { timeout: LADDER_MS }).toContain('EXT-X-MEDIA');
    const master = parse(await text());
    if (!(master instanceof types.MasterPlaylist)) throw new Error('it is no master playlist');
    for (const { audio } of master.variants) {
      expect(audio).toMatchObject([
        { groupId: 'sound', language: 'jpn', name: 'jpn', isDefault: true, channels: '6' },
        { language: 'ger', name: 'ger', isDefault: false, uri: 'playlist_sound_1.m3u8' },
      ]);
      expect(audio[0]?.uri).toBeUndefined();
    }
    const picture = await fetchRendition(grid.url, 'x/playlist_h264_96p_uspp.m3u8');
    expect(await probed(picture.files[0]!, 'channels')).toContain('6');

    const sound = await fetchRendition(grid.url, 'x/playlist_sound_1.m3u8');
    expect(sound.paths).toEqual(['/x/sound0000_aac_1.ts', '/x/sound0001_aac_1.ts']);
    expect(sound.durations.reduce((sum, seconds) => sum + seconds, 0)).toBeCloseTo(SECONDS, 0);
    const [first] = packetsOf(sound.files[0]!, 'a');
    const [shown] = packetsOf(picture.files[0]!, 'v');
    expect(Math.abs(first!.pts - shown!.pts)).toBeLessThan(0.05);

    // A second reader finds the same: of each rendition picture and sound, and the further track.
    const kinds = await probed(`${grid.url}/x/playlist.m3u8`, 'codec_type');
    expect(kinds.filter((kind) => kind.startsWith('audio')).length).toBeGreaterThanOrEqual(3);

    const played = await playInBrowser(`${grid.url}/x/playlist.m3u8`);
    expect(played).toMatchObject({ errors: [], sounds: ['jpn', 'ger'], soundSwitches: [1] });
    expect(played.playedS).toBeGreaterThan(SECONDS - 0.5);
  },
);
