import type { MergeTask, Rational } from '../../shared/gen/clipgrid/v1/task.ts';
import type { SourceIndex } from '../../shared/source-index.ts';

/** Presentation times of all frames of the result, in milliseconds on the source's timeline. */
export function resultTimesMs(index: SourceIndex, task: MergeTask): number[] {
  const tickMs = (1000 * index.timeBase.num) / index.timeBase.den;
  const sorted = index.pts.toSorted((a, b) => a - b);
  const first = sorted[0] ?? 0;
  const sourceMs = sorted.map((pts) => (pts - first + index.startOffset) * tickMs);
  if (task.restoreTimestamps) return task.constantRate ? atRate(sourceMs, index.format.frameRate) : sourceMs;
  const endMs = (sourceMs.at(-1) ?? 0) + index.lastDuration * tickMs;
  return followedTimesMs(task, [...sourceMs, endMs]);
}

/** As many times as there are, from the first one on at that rate. */
function atRate(timesMs: readonly number[], rate: Rational | undefined): number[] {
  const [startMs = 0] = timesMs;
  if (!rate || rate.num <= 0) return [...timesMs];
  return timesMs.map((_, i) => startMs + (i * 1000 * rate.den) / rate.num);
}

/**
 * Times where scripts changed the number of frames: the script's node has a rate, and that is followed. A segment that lasts
 * by its rate as long as what it was made of, to within a frame (a decimation or an interpolation, rounded to its clip),
 * takes exactly that time, so that rounding does not add up from clip to clip. `sourceMs` has one time a source frame and
 * the end.
 */
function followedTimesMs(task: MergeTask, sourceMs: readonly number[]): number[] {
  const times: number[] = [];
  let sourceFrame = 0;
  let startMs = sourceMs[0] ?? 0;
  task.segmentFrames.forEach((frames, segment) => {
    const nextFrame = sourceFrame + (task.segmentInputs[segment] ?? 0);
    const filmMs = (sourceMs[nextFrame] ?? 0) - (sourceMs[sourceFrame] ?? 0);
    const lastsMs = segmentMs(frames, filmMs, task.segmentRates[segment]);
    for (let i = 0; i < frames; i++) times.push(startMs + (i * lastsMs) / frames);
    startMs += lastsMs;
    sourceFrame = nextFrame;
  });
  return times;
}

function segmentMs(frames: number, filmMs: number, rate: Rational | undefined): number {
  if (!rate || rate.num <= 0) return filmMs;
  const stepMs = (1000 * rate.den) / rate.num;
  return Math.abs(frames * stepMs - filmMs) <= 1.01 * stepMs ? filmMs : frames * stepMs;
}
