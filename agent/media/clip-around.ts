import { rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { GridError, toGridError } from '../../shared/errors.ts';
import { ffmpeg } from './ffmpeg.ts';
import { timedPackets } from './packet-times.ts';
import { mainVideo, parseRational, type MediaTools, type ProbedStream } from './probe.ts';
import { measures, probeStreams, SELF_CONTAINED } from './source-probe.ts';

/** A local file of the frames around a time, and which of them is meant. */
export interface ClipAround {
  readonly path: string;
  readonly frames: number;
  /** From 0. */
  readonly frame: number;
  /** When it is shown, in seconds from the film's start. */
  readonly atS: number;
  readonly video: ProbedStream;
}

/** Common temporal filters look 1 to 10 frames far. */
const CONTEXT_FRAMES = 12;
/** Of films with hardly any frames a second, and of those that do not tell. */
const MOST_CONTEXT_S = 4;
/** Where a demuxer lands too late: how much earlier it is sent then. */
const SEEK_BACK_S = [0, 3, 20];
/** A stretch without keyframes that is larger is decoded, not copied. */
const MAX_COPY_BYTES = 256 * 1024 * 1024;
/** What is decoded and kept, at most: enough for the context of films of 60 frames a second. */
const MAX_FRAMES = 4 * CONTEXT_FRAMES;
/** Times in Matroska are milliseconds. */
const SAME_TIME_S = 0.0016;

interface Window {
  readonly url: string;
  readonly video: ProbedStream;
  /** All on the source's own timeline, in seconds. */
  readonly startS: number;
  readonly fromS: number;
  readonly atS: number;
  readonly toS: number;
}

/** Reads a stretch of the source from the keyframe before it. */
function reading({ url, video, startS, fromS, toS }: Window, backS: number): string[] {
  const seek = ['-copyts', '-seek_timestamp', '1', '-ss', Math.max(startS, fromS - backS).toFixed(6)];
  const what = ['-map', `0:${video.index}`, '-map_metadata', '-1', '-map_chapters', '-1'];
  return [...seek, '-format_whitelist', SELF_CONTAINED, '-i', url, ...what, '-to', toS.toFixed(6)];
}

/** Which frame is shown at a time: the last one that began before. */
function frameAt(times: readonly number[], atS: number): number {
  return times.findLastIndex((timeS) => timeS <= atS + SAME_TIME_S);
}

type Found = Pick<ClipAround, 'path' | 'frames' | 'frame' | 'atS'>;

/** By stream copy, as clips are. Undefined: what is wanted is not all there. */
async function copied(
  tools: MediaTools,
  window: Window,
  { backS, outputPath }: { backS: number; outputPath: string },
): Promise<Found | undefined> {
  const rough = join(tools.workDir, 'rough.mkv');
  const copy = ['-c', 'copy', '-fs', String(MAX_COPY_BYTES), '-avoid_negative_ts', 'disabled', rough];
  await ffmpeg(tools, 'source_unreadable', [...reading(window, backS), ...copy]);
  const packets = await timedPackets(tools, rough);
  const [first] = packets;
  if (!first?.key || packets.some(({ timeS }) => !Number.isFinite(timeS))) return undefined;
  // Others lead the keyframe of an open GOP and refer to what is not there.
  const shown = packets.filter(({ timeS }) => timeS >= first.timeS);
  const times = shown.map(({ timeS }) => timeS).toSorted((a, b) => a - b);
  const frame = frameAt(times, window.atS);
  const isCutOff = (await stat(rough)).size > MAX_COPY_BYTES * 0.9;
  if (frame < 0 || (isCutOff && frame === times.length - 1)) return undefined;
  if (shown.length === packets.length) await rename(rough, outputPath);
  else {
    const drop = `noise=drop='lt(pts,${Math.round(first.timeS * 1000)})'`;
    const args = ['-copyts', '-i', rough, '-map', '0:v:0', '-c', 'copy', '-bsf:v', drop];
    await ffmpeg(tools, 'source_unreadable', [...args, '-avoid_negative_ts', 'disabled', outputPath]);
  }
  return { path: outputPath, frames: times.length, frame, atS: times[frame] ?? window.atS };
}

/** What cannot be copied is decoded, and kept without loss: some frames only. Undefined: the frame is not among them. */
async function decoded(
  tools: MediaTools,
  window: Window,
  { seek, outputPath }: { seek: boolean; outputPath: string },
): Promise<Found | undefined> {
  const { url, video, startS, fromS, atS } = window;
  const some = `select='gte(t,${(fromS - startS).toFixed(6)})'`;
  const whole = ['-format_whitelist', SELF_CONTAINED, '-i', url, '-map', `0:${video.index}`, '-vf', some];
  const encode = ['-vsync', 'passthrough', '-frames:v', String(MAX_FRAMES), '-c:v', 'ffv1', outputPath];
  const read = seek ? reading(window, 0) : whole;
  await ffmpeg(tools, 'source_unreadable', ['-noautorotate', ...read, ...encode]);
  const offsetS = seek ? 0 : startS;
  const packets = await timedPackets(tools, outputPath);
  const times = packets.map(({ timeS }) => timeS + offsetS).toSorted((a, b) => a - b);
  // Read from the start, the first one there is the first one after that time: a picture that begins late.
  const frame = Math.max(frameAt(times, atS), seek ? -1 : 0);
  const shown = times[frame];
  if (shown === undefined || (times.length === MAX_FRAMES && frame === MAX_FRAMES - 1)) return undefined;
  return { path: outputPath, frames: times.length, frame, atS: shown };
}

/** The cheapest way first; the last one, for streams without time stamps, reads from the start. */
async function found(tools: MediaTools, window: Window, outputPath: string): Promise<Found> {
  const ways = [
    ...SEEK_BACK_S.map((backS) => () => copied(tools, window, { backS, outputPath })),
    ...[true, false].map((seek) => () => decoded(tools, window, { seek, outputPath })),
  ];
  let problem = new GridError('source_unreadable', 'the source has no frame at that time');
  for (const way of ways) {
    try {
      const clip = await way();
      if (clip) return clip;
    } catch (thrown) {
      problem = toGridError(thrown);
      if (problem.code !== 'source_unreadable') throw problem;
    }
  }
  throw problem;
}

/**
 * Gets the frames around a time out of a source without an index of it: what a demuxer reads to seek there, and from the
 * keyframe before on. A time behind the end means the last frame. `outputPath` must not exist.
 */
export async function clipAround(
  tools: MediaTools,
  { url, atS, outputPath }: { url: string; atS: number; outputPath: string },
): Promise<ClipAround> {
  const { streams, format } = await probeStreams(tools, url);
  const video = mainVideo({ streams });
  const { durationSeconds: lengthS } = measures(streams, format);
  const startS = Number(format.start_time) || 0;
  const { num, den } = parseRational(video.avg_frame_rate);
  const contextS = num > 0 ? Math.min(MOST_CONTEXT_S, (CONTEXT_FRAMES * den) / num) : 1;
  const wantedS = startS + (lengthS > 0 ? Math.min(atS, lengthS) : atS);
  const window = { url, video, startS, fromS: wantedS - contextS, atS: wantedS, toS: wantedS + contextS };
  const clip = await found(tools, window, outputPath);
  return { ...clip, atS: clip.atS - startS, video };
}
