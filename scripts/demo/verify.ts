import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const MAX_OUTPUT_BYTES = 1024 * 1024 * 1024;

/** Matroska rounds to 1 ms, and the source's own clock may be coarser: an MPEG one ticks 90,000 times a second. */
const PTS_TOLERANCE_S = 0.0015;
const DURATION_TOLERANCE_S = 0.1;

interface Facts {
  /** Of the video's frames, in seconds from the first one, in the order of showing. */
  readonly times: readonly number[];
  /** From the first frame to the last one's end, in seconds. */
  readonly duration: number;
  /** Decoded frames of each audio stream. */
  readonly audio: readonly number[];
}

interface Probed {
  readonly streams?: readonly { readonly codec_type: string; readonly nb_read_frames?: string }[];
}

async function ffprobe(args: readonly string[], path: string, signal: AbortSignal): Promise<string> {
  const options = { maxBuffer: MAX_OUTPUT_BYTES, signal };
  return (await run('ffprobe', ['-v', 'error', ...args, path], options)).stdout;
}

/** Asks ffprobe, which shares nothing with the project's code and decodes all of it. */
async function factsOf(path: string, signal: AbortSignal): Promise<Facts> {
  const frames = [
    '-select_streams',
    'V:0',
    '-show_entries',
    'frame=best_effort_timestamp_time,duration_time,pkt_duration_time',
    '-of',
    'csv=p=0',
  ];
  const lines = (await ffprobe(frames, path, signal)).split('\n').filter((line) => line.trim() !== '');
  const shown = lines.map((line) => line.split(',').map(Number));
  const first = shown[0]?.[0] ?? 0;
  const times = shown.map(([time = NaN]) => time - first);
  const last = shown.at(-1)?.[1] ?? 0;
  const counted = [
    '-select_streams',
    'a',
    '-count_frames',
    '-show_entries',
    'stream=codec_type,nb_read_frames',
  ];
  const probed = JSON.parse(await ffprobe([...counted, '-of', 'json'], path, signal)) as Probed;
  return {
    times,
    duration: (times.at(-1) ?? 0) + (Number.isFinite(last) ? last : 0),
    audio: (probed.streams ?? []).map((stream) => Number(stream.nb_read_frames ?? 0)),
  };
}

/** ffmpeg's complaints while it decodes the streams that `map` names; empty when they decode clean. */
async function complaints(path: string, map: string, signal: AbortSignal): Promise<string> {
  const args = ['-nostdin', '-v', 'error', '-i', path, '-map', map, '-f', 'null', '-'];
  try {
    return (await run('ffmpeg', args, { maxBuffer: MAX_OUTPUT_BYTES, signal })).stderr.trim();
  } catch (failed) {
    if (signal.aborted) throw failed;
    return String(failed);
  }
}

/** How far the times of the frames lie apart at most, in seconds; infinite when the counts differ. */
function largestShift(a: readonly number[], b: readonly number[]): number {
  if (a.length !== b.length) return Infinity;
  return a.reduce((most, time, i) => Math.max(most, Math.abs(time - (b[i] ?? NaN))), 0);
}

function audioWords(frames: readonly number[]): string {
  return frames.length === 0 ? 'none' : frames.map((count) => `${count} frames`).join(' + ');
}

/** Holds the result against the film: frames and their times, duration, audio, and that it decodes clean. */
export async function verifyResult(options: {
  film: string;
  output: string;
  signal: AbortSignal;
  say: (line: string) => void;
}): Promise<boolean> {
  const { film, output, signal, say } = options;
  const [before, after] = await Promise.all([factsOf(film, signal), factsOf(output, signal)]);
  const shift = largestShift(before.times, after.times);
  const longer = Math.abs(after.duration - before.duration);
  const video = await complaints(output, '0:V:0', signal);
  const audio = before.audio.length === 0 ? '' : await complaints(output, '0:a', signal);
  // Audio is carried over: what is wrong with the film's own is not wrong with the result.
  const faulty = audio === '' || (await complaints(film, '0:a', signal)) === '' ? audio : '';
  const frames = before.times.length;
  const checks: [string, boolean, string][] = [
    ['frames', frames > 0 && after.times.length === frames, `${after.times.length} of ${frames}`],
    ['time stamps', shift <= PTS_TOLERANCE_S, `at most ${(shift * 1000).toFixed(2)} ms apart`],
    [
      'duration',
      longer <= DURATION_TOLERANCE_S,
      `${after.duration.toFixed(3)} s of ${before.duration.toFixed(3)} s`,
    ],
    [
      'audio',
      audioWords(before.audio) === audioWords(after.audio),
      `${audioWords(after.audio)} of ${audioWords(before.audio)}`,
    ],
    ['decodes clean', video === '' && faulty === '', video || faulty || 'no complaint'],
  ];
  for (const [what, fine, detail] of checks) say(`  ${fine ? 'ok  ' : 'FAIL'} ${what.padEnd(14)} ${detail}`);
  const verified = checks.every(([, fine]) => fine);
  say(verified ? `verified: ${output}` : `NOT verified: ${output}`);
  return verified;
}
