import { createWriteStream } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ffmpeg } from './ffmpeg.ts';
import type { FramePlace, GrowingMatroska } from './growing-matroska.ts';
import type { MediaTools } from './probe.ts';

/** Stored frames [from, to) of a file's video as a file of their own, by stream copy. */
async function copyFrames(
  tools: MediaTools,
  { path, from, to, outputPath }: { path: string; from: number; to: number; outputPath: string },
): Promise<void> {
  const args = [
    '-i',
    path,
    '-map',
    '0:v:0',
    '-c',
    'copy',
    '-bsf:v',
    `noise=drop='lt(n,${from})+gte(n,${to})'`,
  ];
  args.push('-map_metadata', '-1', '-avoid_negative_ts', 'make_zero', '-f', 'matroska', outputPath);
  await ffmpeg(tools, 'encoder_failed', args);
}

async function copyBytes(
  file: FileHandle,
  { start, end }: { start: number; end: number },
  to: { path: string; flags: 'w' | 'a' },
): Promise<void> {
  const from = file.createReadStream({ start, end: end - 1, autoClose: false });
  await pipeline(from, createWriteStream(to.path, { flags: to.flags, mode: 0o600 }));
}

/** Cuts complete frames [from, to) out of a file that is still being written. Everything is made in `tools.workDir`. */
export async function cutPart(
  tools: MediaTools,
  growing: GrowingMatroska,
  [from, to]: readonly [number, number],
): Promise<string> {
  const place: FramePlace = growing.place(from, to);
  const copied = join(tools.workDir, 'grown.mkv');
  await growing.withFile(async (file) => {
    await copyBytes(file, { start: 0, end: place.head }, { path: copied, flags: 'w' });
    await copyBytes(file, place, { path: copied, flags: 'a' });
  });
  const outputPath = join(tools.workDir, 'part.mkv');
  const first = place.before;
  await copyFrames(tools, { path: copied, from: first, to: first + to - from, outputPath });
  return outputPath;
}
