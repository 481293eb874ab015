import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { GridError } from '../../shared/errors.ts';
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

/** Bytes of a file and their hex SHA-256. */
export interface KnownBytes {
  readonly start: number;
  readonly end: number;
  readonly sha256: string;
}

async function copyBytes(
  file: FileHandle,
  { start, end }: { start: number; end: number },
  to: { path: string; flags: 'w' | 'a' },
): Promise<KnownBytes> {
  const hash = createHash('sha256');
  const from = file.createReadStream({ start, end: end - 1, autoClose: false });
  async function* hashed(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      hash.update(chunk);
      yield chunk;
    }
  }
  await pipeline(from, hashed, createWriteStream(to.path, { flags: to.flags, mode: 0o600 }));
  return { start, end, sha256: hash.digest('hex') };
}

/** Whether a file still holds these bytes in their places. */
export async function holds(growing: GrowingMatroska, known: readonly KnownBytes[]): Promise<boolean> {
  const held = await growing.withFile(async (file) => {
    for (const { start, end, sha256 } of known) {
      const hash = createHash('sha256');
      for await (const chunk of file.createReadStream({ start, end: end - 1, autoClose: false }))
        hash.update(chunk as Buffer);
      if (hash.digest('hex') !== sha256) return false;
    }
    return true;
  });
  return held ?? false;
}

/**
 * Cuts complete frames [from, to) out of a file that may still be being written, and tells which of its bytes it read for them.
 * Everything is made in `tools.workDir`.
 */
export async function cutPart(
  tools: MediaTools,
  growing: GrowingMatroska,
  [from, to]: readonly [number, number],
): Promise<{ path: string; read: KnownBytes }> {
  const place: FramePlace = growing.place(from, to);
  const copied = join(tools.workDir, 'grown.mkv');
  const read = await growing.withFile(async (file) => {
    await copyBytes(file, { start: 0, end: place.head }, { path: copied, flags: 'w' });
    return copyBytes(file, place, { path: copied, flags: 'a' });
  });
  if (read === undefined) throw new GridError('unsupported', 'the output is not there any more');
  const outputPath = join(tools.workDir, 'part.mkv');
  const first = place.before;
  await copyFrames(tools, { path: copied, from: first, to: first + to - from, outputPath });
  return { path: outputPath, read };
}
