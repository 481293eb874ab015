import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { partingPoints } from '../../agent/media/closed-gops.ts';
import { GrowingMatroska } from '../../agent/media/growing-matroska.ts';
import { cutPart } from '../../agent/media/part-cut.ts';
import { mediaTools } from '../../agent/runners/runner.ts';
import { runnerContext } from '../support/runner-context.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'clipgrid-growing-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const FILM = 'testsrc2=s=160x90:r=25:d=4';

/** A whole file of 100 frames, as ffmpeg writes one. */
function encoded(name: string, args: readonly string[]): string {
  const path = join(folder, name);
  const input = ['-nostdin', '-v', 'error', '-y', '-f', 'lavfi', '-i', FILM];
  execFileSync('ffmpeg', [...input, ...args, path], { stdio: ['ignore', 'ignore', 'ignore'] });
  return path;
}

/** A digest of each frame, as shown. */
function pictures(path: string): string[] {
  const args = ['-v', 'error', '-xerror', '-i', path, '-map', '0:v', '-vsync', 'passthrough'];
  const text = execFileSync('ffmpeg', [...args, '-f', 'framemd5', '-'], { encoding: 'utf8' });
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return lines.map((line) => line.split(',').at(-1)!.trim());
}

/** What is seen of a file of which so much is written. Looks as the file grows, never at a whole one first. */
async function seenGrowing(path: string, steps: number) {
  const bytes = readFileSync(path);
  const growing = join(folder, 'growing.mkv');
  writeFileSync(growing, '');
  const seen = new GrowingMatroska(growing);
  for (let step = 1; step <= steps; step++) {
    writeFileSync(growing, bytes.subarray(0, Math.floor((bytes.length * 0.9 * step) / steps)));
    await seen.look();
  }
  return seen;
}

const GOPS = ['-g', '12', '-keyint_min', '12'];

describe(
  'parts of a file that is still written are the picture, frame by frame',
  { timeout: 120_000 },
  () => {
    test.each([
      ['x264 with B-frames', ['-c:v', 'libx264', '-bf', '3', ...GOPS]],
      [
        'x265 with closed GOPs',
        ['-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params', 'keyint=12:open-gop=0:log-level=none'],
      ],
      ['FFV1', ['-c:v', 'ffv1']],
    ])('%s', async (name, args) => {
      const path = encoded('film.mkv', args);
      const whole = pictures(path);
      const seen = await seenGrowing(path, 7);
      const points = partingPoints(seen.frames);
      expect(points.length, name).toBeGreaterThan(2);
      const [first, second] = [points[0]!, points.at(-1)!];
      const context = runnerContext();
      const tools = mediaTools(context);
      const cut: string[] = [];
      for (const range of [
        [0, first],
        [first, second],
      ] as const)
        cut.push(...pictures((await cutPart(tools, seen, range)).path));
      expect(cut).toEqual(whole.slice(0, second));
      rmSync(context.workDir, { recursive: true });
    });
  },
);

test('open GOPs: no part begins at a keyframe that is no IDR picture', async () => {
  const params = 'open-gop=1:keyint=12:min-keyint=12:scenecut=0:bframes=3:b-adapt=0';
  const seen = await seenGrowing(encoded('open.mkv', ['-c:v', 'libx264', '-x264-params', params]), 3);
  expect(seen.frames.length).toBeGreaterThan(50);
  expect(partingPoints(seen.frames)).toEqual([]);
});

test('a file of another kind, or a codec of which little is known, is not followed', async () => {
  const mp4 = encoded('film.mp4', ['-c:v', 'libx264']);
  await expect(new GrowingMatroska(mp4).look()).rejects.toMatchObject({ code: 'unsupported' });
  const mpeg2 = encoded('mpeg2.mkv', ['-c:v', 'mpeg2video']);
  await expect(new GrowingMatroska(mpeg2).look()).rejects.toMatchObject({
    code: 'unsupported',
    message: expect.stringContaining('V_MPEG2') as string,
  });
});

test('nothing is seen where there is no file, and a link in its place is not read', async () => {
  const missing = new GrowingMatroska(join(folder, 'missing.mkv'));
  await missing.look();
  expect(missing.frames).toEqual([]);
  const link = join(folder, 'link.mkv');
  symlinkSync(encoded('target.mkv', ['-c:v', 'ffv1']), link);
  await expect(new GrowingMatroska(link).look()).rejects.toMatchObject({ code: 'unsupported' });
});
