import { execFileSync } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';

interface Facts {
  readonly frames: number;
  readonly duration: number;
  readonly audio: string;
}

/** Asks ffprobe, which shares nothing with the project's code; `-count_frames` decodes all of it. */
function factsOf(path: string): Facts {
  const args = ['-v', 'error', '-of', 'json', '-count_frames', '-show_streams', '-show_format', path];
  const probed = JSON.parse(execFileSync('ffprobe', args, { maxBuffer: 1 << 26 }).toString()) as {
    streams: { codec_type: string; nb_read_frames?: string; disposition: Record<string, number> }[];
    format: { duration?: string };
  };
  const video = probed.streams.find(
    (one) => one.codec_type === 'video' && one.disposition['attached_pic'] !== 1,
  );
  const audio = probed.streams
    .filter((one) => one.codec_type === 'audio')
    .map((one) => `${one.nb_read_frames} frames`);
  return {
    frames: Number(video?.nb_read_frames),
    duration: Number(probed.format.duration),
    audio: audio.join(', ') || 'none',
  };
}

/** ffmpeg's complaints while it decodes everything; empty when it decodes clean. */
function complaints(path: string): string {
  const args = ['-nostdin', '-v', 'error', '-i', path, '-f', 'null', '-'];
  return execFileSync('sh', ['-c', 'exec ffmpeg "$@" 2>&1', 'ffmpeg', ...args])
    .toString()
    .trim();
}

/** Downloads the result and holds it against the film: frames, duration, audio, and that it decodes clean. */
export async function verifyResult(options: {
  url: string;
  job: string;
  film: string;
  output: string;
  say: (line: string) => void;
}): Promise<boolean> {
  const { url, job, film, output, say } = options;
  const response = await fetch(`${url}/jobs/${job}/result`);
  if (!response.ok || !response.body) throw new Error(`the download failed: ${response.status}`);
  await pipeline(Readable.fromWeb(response.body as ReadableStream), createWriteStream(output));
  const [before, after] = [factsOf(film), factsOf(output)];
  const decoded = complaints(output);
  const checks: [string, boolean, string][] = [
    ['frames', before.frames === after.frames, `${after.frames} of ${before.frames}`],
    [
      'duration',
      Math.abs(before.duration - after.duration) < 0.1,
      `${after.duration} s of ${before.duration} s`,
    ],
    ['audio', before.audio === after.audio, `${after.audio} of ${before.audio}`],
    ['decodes clean', decoded === '', decoded || 'no complaint'],
  ];
  for (const [what, ok, detail] of checks) say(`  ${ok ? 'ok  ' : 'FAIL'} ${what.padEnd(14)} ${detail}`);
  const verified = checks.every(([, ok]) => ok);
  say(verified ? `verified: ${output}` : `NOT verified: ${output}`);
  return verified;
}
