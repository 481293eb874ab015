import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { MediaTools } from '../../agent/media/probe.ts';
import { countWithThumbnail } from '../../agent/media/thumbnail.ts';
import { probeSegment, verifySegment } from '../../agent/media/segment-verify.ts';
import { mediaTools } from '../../agent/runners/runner.ts';
import { markedFilm } from '../support/films.ts';
import { runnerContext } from '../support/runner-context.ts';

const folder = mkdtempSync(join(tmpdir(), 'clipgrid-thumbnail-'));

function ffprobe(path: string): unknown {
  const show = ['-show_entries', 'stream=codec_name,width,height', '-of', 'json'];
  const { streams } = JSON.parse(execFileSync('ffprobe', ['-v', 'error', ...show, path]).toString()) as {
    streams: unknown[];
  };
  return streams;
}

async function verified(tools: MediaTools, path: string, { count }: ReturnType<typeof countWithThumbnail>) {
  return verifySegment(tools, await probeSegment(tools, path), count);
}

test('the decode that counts a segment leaves a picture of its first frame, whatever lay in its place', async () => {
  const context = runnerContext();
  const film = markedFilm(folder, 4, 0);
  const thumbnail = countWithThumbnail(context.workDir);
  mkdirSync(join(context.workDir, 'thumbnail.jpg'));
  expect((await verified(mediaTools(context), film, thumbnail)).frameCount).toBe(100);
  const path = (await thumbnail.path()) ?? '';
  expect(ffprobe(path)).toMatchObject([{ codec_name: 'mjpeg', width: 160, height: 90 }]);
  const gray = ['-v', 'error', '-i', path, '-pix_fmt', 'gray', '-f', 'rawvideo', '-'];
  expect(Math.min(...execFileSync('ffmpeg', gray))).toBeGreaterThan(240);
});

test.each([
  ['yuv422p10le', '1920x800', [160, 66]],
  ['yuv444p', '96x200', [160, 334]],
] as const)('of %s at %s', async (format, size, [width, height]) => {
  const path = join(folder, `${format}.mkv`);
  const video = ['-f', 'lavfi', '-i', `testsrc2=s=${size}:r=5:d=1`, '-pix_fmt', format];
  execFileSync('ffmpeg', ['-v', 'error', '-y', ...video, '-c:v', 'ffv1', path]);
  const context = runnerContext();
  const thumbnail = countWithThumbnail(context.workDir);
  expect(await thumbnail.count(mediaTools(context), path)).toBe(5);
  expect(ffprobe((await thumbnail.path()) ?? '')).toMatchObject([{ width, height }]);
});

test('where no picture can be made the segment is as good, and a damaged one as bad', async () => {
  const context = runnerContext();
  const tools = mediaTools(context);
  const blind = join(folder, 'ffmpeg');
  writeFileSync(blind, `#!/bin/sh\ncase "$*" in *mjpeg*) exit 1;; esac\nexec ${tools.ffmpeg} "$@"\n`);
  chmodSync(blind, 0o755);
  const film = markedFilm(folder, 4, 0);
  const without = countWithThumbnail(context.workDir);
  expect((await verified({ ...tools, ffmpeg: blind }, film, without)).frameCount).toBe(100);
  expect(await without.path()).toBeUndefined();

  const damaged = join(folder, 'damaged.mkv');
  execFileSync('ffmpeg', [
    '-v',
    'error',
    '-y',
    '-i',
    film,
    '-c',
    'copy',
    '-bsf:v',
    'noise=amount=20',
    damaged,
  ]);
  const thumbnail = countWithThumbnail(context.workDir);
  await expect(verified(tools, damaged, thumbnail)).rejects.toMatchObject({
    code: 'verify_failed',
  });
});
