import { GridError } from '../../shared/errors.ts';
import { countDecodedFrames } from './segment-verify.ts';
import type { MediaTools } from './probe.ts';
import type { TransportFile } from './transport-stream.ts';

const TICKS_A_MS = 90;
/** One for the rounding of the first frame's time, one for that of each. */
const TOLERANCE_TICKS = 2;
/** Times have 33 bits and begin anew after them. */
const WRAP = 2 ** 33;

export interface ExpectedFilm {
  /** Frames at which the files begin. */
  readonly starts: readonly number[];
  /** Of all frames, in the order in which they are shown. */
  readonly timesMs: readonly number[];
  /** Of all frames of the sound and how long each lasts; undefined: no sound. */
  readonly sound: { readonly timesMs: readonly number[]; readonly frameMs: number } | undefined;
}

function fail(message: string): never {
  throw new GridError('verify_failed', message);
}

/**
 * M3 for a film that was cut in files: each begins with a keyframe and has exactly its frames, at their times; the sound is
 * whole, and nowhere further than one of its own frames from where it belongs to the picture.
 */
export function checkFilm(files: readonly TransportFile[], expected: ExpectedFilm): void {
  const { starts, timesMs } = expected;
  if (files.length !== starts.length)
    fail(`the film was cut in ${files.length} files, ${starts.length} are expected`);
  const zero = Math.min(...(files[0]?.framePts ?? [])) - (timesMs[0] ?? 0) * TICKS_A_MS;
  for (const [i, file] of files.entries()) {
    const first = starts[i] ?? 0;
    const end = starts[i + 1] ?? timesMs.length;
    if (!file.startsWithKey) fail(`file ${i} begins with frame ${first}, which is no keyframe`);
    if (file.framePts.length !== end - first)
      fail(`file ${i} has ${file.framePts.length} frames, ${end - first} are expected`);
    const shown = file.framePts.map((pts) => sinceZero(pts, zero)).toSorted((a, b) => a - b);
    const wrong = shown.findIndex(
      (ticks, frame) => !(Math.abs(ticks - (timesMs[first + frame] ?? 0) * TICKS_A_MS) <= TOLERANCE_TICKS),
    );
    if (wrong >= 0) fail(`frame ${first + wrong}, in file ${i}, is not at its time`);
  }
  checkSound(files, zero, expected);
}

function sinceZero(pts: number, zero: number): number {
  const ticks = pts - zero;
  return ticks < -WRAP / 2 ? ticks + WRAP : ticks;
}

function checkSound(files: readonly TransportFile[], zero: number, { sound }: ExpectedFilm): void {
  const timesMs = sound?.timesMs ?? [];
  const frameTicks = (sound?.frameMs ?? 0) * TICKS_A_MS;
  let frame = 0;
  for (const [i, file] of files.entries()) {
    for (const { pts, frames } of file.sound) {
      const offTicks = sinceZero(pts, zero) - (timesMs[frame] ?? Number.NaN) * TICKS_A_MS;
      if (!(Math.abs(offTicks) <= frameTicks))
        fail(`the sound of file ${i} is ${offTicks / TICKS_A_MS} ms from where it belongs`);
      frame += frames;
    }
  }
  if (frame !== timesMs.length)
    fail(`the files hold ${frame} frames of sound, ${timesMs.length} are expected`);
}

/**
 * Decodes the first file and one of the middle, each by itself as a player that begins there does. Every frame was decoded as
 * part of its segment already, and all packets of all files are compared: what is left is how files begin.
 */
export async function decodeSome(
  tools: MediaTools,
  paths: readonly string[],
  files: readonly TransportFile[],
): Promise<void> {
  for (const i of [0, Math.ceil(paths.length / 2)]) {
    const path = paths[i];
    if (path === undefined) continue;
    const frames = await countDecodedFrames(tools, path);
    const stored = files[i]?.framePts.length ?? 0;
    if (frames !== stored) fail(`file ${i} holds ${stored} frames and decodes to ${frames}`);
  }
}
