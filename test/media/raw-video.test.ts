import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { withTimestamps } from '../../agent/media/raw-video.ts';
import { probeSegment } from '../../agent/media/segment-verify.ts';
import { mediaTools } from '../../agent/runners/runner.ts';
import { runnerContext } from '../support/runner-context.ts';

const FRAMES = 60;
const RATE = { num: 25, den: 1 };

function encodeRaw(path: string, program: readonly string[]): void {
  const size = `testsrc2=size=160x90:rate=25:duration=${FRAMES / 25}`;
  const y4m = ['-v', 'error', '-f', 'lavfi', '-i', size, '-pix_fmt', 'yuv420p', '-f', 'yuv4mpegpipe', '-'];
  const input = execFileSync('ffmpeg', y4m, { maxBuffer: 64 * 1024 * 1024 });
  const [name, ...args] = program;
  execFileSync(name ?? '', [...args, '-o', path, '-'], { input, stdio: ['pipe', 'ignore', 'ignore'] });
}

function pictures(path: string, input: readonly string[] = []): string[] {
  const args = ['-v', 'error', ...input, '-i', path, '-vsync', 'passthrough', '-f', 'framemd5', '-'];
  const lines = execFileSync('ffmpeg', args).toString().split('\n');
  return lines
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(',').at(-1)?.trim() ?? '');
}

function times(path: string): number[] {
  const args = ['-v', 'error', '-show_entries', 'frame=pts_time', '-of', 'csv=p=0', path];
  const lines = execFileSync('ffprobe', args).toString().split('\n');
  return lines.filter((line) => /^\d/.test(line)).map((line) => Number.parseFloat(line));
}

function durationS(path: string): number {
  const args = ['-v', 'error', '-show_entries', 'format=duration', '-of', 'csv=p=0', path];
  return Number(execFileSync('ffprobe', args).toString());
}

test.each([
  [
    'x265 with a pyramid of B-frames',
    'hevc',
    ['x265', '--y4m', '--preset', 'veryfast', '--bframes', '8', '--b-pyramid'],
  ],
  ['x265 without', 'hevc', ['x265', '--y4m', '--preset', 'ultrafast', '--bframes', '0']],
  [
    'x264 bare',
    'h264',
    ['x264', '--demuxer', 'y4m', '--muxer', 'raw', '--bframes', '5', '--b-pyramid', 'normal'],
  ],
])(
  '%s: every frame gets its time, and none is changed',
  { timeout: 60_000 },
  async (_title, demuxer, program) => {
    const context = runnerContext();
    const raw = join(context.workDir, 'OUT.mkv');
    encodeRaw(raw, program);
    const tools = mediaTools(context);
    const { path: wrapped, probed } = await withTimestamps(tools, await probeSegment(tools, raw), RATE);
    expect(probed.packets).toHaveLength(FRAMES);
    expect(wrapped).not.toBe(raw);
    expect(durationS(wrapped)).toBeCloseTo(FRAMES / 25, 1);
    expect(times(wrapped)).toEqual(Array.from({ length: FRAMES }, (_, i) => i / 25));
    expect(pictures(wrapped)).toEqual(pictures(raw, ['-f', demuxer]));
  },
);

test('a file with time stamps stays what it is', async () => {
  const context = runnerContext();
  const path = join(context.workDir, 'OUT.mkv');
  const source = ['-f', 'lavfi', '-i', 'testsrc2=size=160x90:rate=25:duration=1'];
  execFileSync('ffmpeg', ['-v', 'error', ...source, '-c:v', 'libx264', path]);
  const tools = mediaTools(context);
  const file = await probeSegment(tools, path);
  expect(await withTimestamps(tools, file, RATE)).toBe(file);
});
