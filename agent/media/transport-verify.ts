import { GridError } from '../../shared/errors.ts';
import { hasParametersFirst } from './avc-units.ts';
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
 * M3 for a film that was cut in files: each begins with a keyframe, behind the parameters without which nobody could begin
 * there, and has exactly its frames, at their times; the sound is whole, and nowhere further than one of its own frames from where it belongs to the picture.
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
    if (!hasParametersFirst(file.head)) fail(`file ${i} begins without the parameters of its picture`);
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

/** Of those that begin inside of the film the one that is read soonest; the only one of a short film. */
function cheapest(files: readonly TransportFile[]): number {
  const [first, ...inner] = files.map(({ sizeBytes }, i) => ({ sizeBytes, i }));
  return inner.toSorted((a, b) => a.sizeBytes - b.sizeBytes)[0]?.i ?? first?.i ?? 0;
}

/**
 * Decodes one file by itself, as a player that begins there does. Every frame was decoded as part of its segment already, and
 * each file was read for where its frames are and what it begins with: what is left is that a decoder understands the stream
 * as it was put into files. One run of one program cut them all, so one shows it; the first might begin well only because
 * the film does.
 */
export async function decodeOne(
  tools: MediaTools,
  paths: readonly string[],
  files: readonly TransportFile[],
): Promise<void> {
  const i = cheapest(files);
  const frames = await countDecodedFrames(tools, paths[i] ?? '');
  const stored = files[i]?.framePts.length ?? 0;
  if (frames !== stored) fail(`file ${i} holds ${stored} frames and decodes to ${frames}`);
}
