import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { packetsByStream, readTracks } from '../../agent/media/packets.ts';
import { mediaTools } from '../../agent/runners/runner.ts';
import { runnerContext } from '../support/runner-context.ts';

const folder = mkdtempSync(join(tmpdir(), 'clipgrid-packets-'));
const context = runnerContext();
const tools = mediaTools(context);
afterAll(() => {
  rmSync(folder, { recursive: true });
  rmSync(context.workDir, { recursive: true });
});

const PICTURE = ['-f', 'lavfi', '-i', 'testsrc2=s=64x48:r=25:d=1'];
const sound = (hertz: number): string[] => ['-f', 'lavfi', '-i', `sine=${hertz}:d=1:sample_rate=48000`];

function made(name: string, ...words: string[]): string {
  const path = join(folder, name);
  execFileSync('ffmpeg', ['-v', 'error', ...words, path]);
  return path;
}

test('tracks of sound are told with their packets, whatever lies between them', async () => {
  const inputs = [...sound(440), ...PICTURE, ...sound(880)];
  const maps = ['-map', '0', '-map', '1', '-map', '2'];
  const path = made('two.mkv', ...inputs, ...maps, '-c:a:0', 'aac', '-c:v', 'ffv1', '-c:a:1', 'flac');
  const tracks = await readTracks(tools, path);
  expect(tracks).toMatchObject([
    { index: 0, codec_name: 'aac', profile: 'LC', sample_rate: '48000' },
    { index: 2, codec_name: 'flac', sample_rate: '48000' },
  ]);
  const byStream = await packetsByStream(tools, path);
  expect(byStream.get(1)?.timesMs).toHaveLength(25);
  for (const { index, packets } of tracks) {
    expect(packets).toEqual(byStream.get(index));
    expect(packets.timesMs.length).toBeGreaterThan(9);
    expect(Math.abs(packets.endMs - 1_000)).toBeLessThan(50);
  }
});

test('a file without sound has no tracks', async () => {
  expect(await readTracks(tools, made('silent.mkv', ...PICTURE, '-c:v', 'ffv1'))).toEqual([]);
});

test('what is no film is told so', async () => {
  const path = join(folder, 'none.mkv');
  writeFileSync(path, 'text');
  await expect(readTracks(tools, path)).rejects.toMatchObject({ code: 'verify_failed' });
});
