import { assert } from '../../shared/errors.ts';

export interface BorderInput {
  readonly frameCount: number;
  /** Frames at which a clip may start for free, ascending, beginning with 0. */
  readonly starts: readonly number[];
  /** Wanted frames a clip. */
  readonly targetFrames: number;
}

/**
 * Cuts `[0, frameCount)` into clips at allowed starts, near the target length. Among the starts of a window it takes the
 * one that follows its forerunner soonest against the usual distance: encoders put a keyframe early where a scene changes
 * (x264 `scenecut`), and such a place costs no bytes (M2). Returns clip starts, the first is 0.
 */
export function clipBorders(input: BorderInput): number[] {
  const { frameCount, starts, targetFrames } = input;
  assert(frameCount > 0 && starts[0] === 0 && targetFrames >= 1, 'a source has frames and starts at 0');
  const borders = [0];
  let last = 0;
  let next = 1;
  while (next < starts.length) {
    const low = last + targetFrames * 0.7;
    const high = last + targetFrames * 1.4;
    // What is left over would be less than a short clip: keep it in the last one.
    if (frameCount - last <= targetFrames * 1.4) break;
    let best: number | undefined;
    let bestScore = Infinity;
    for (let i = next; i < starts.length; i++) {
      const start = starts[i] ?? 0;
      if (start < low) {
        next = i + 1;
        continue;
      }
      if (start > high && best !== undefined) break;
      const score = borderScore(
        start - (starts[i - 1] ?? 0),
        Math.abs(start - last - targetFrames),
        targetFrames,
      );
      if (score < bestScore) [best, bestScore] = [start, score];
      if (start > high) break;
    }
    if (best === undefined || frameCount - best < targetFrames * 0.3) break;
    borders.push(best);
    last = best;
  }
  return borders;
}

/** Lower is better: distance from the target, and how regular the keyframe is (both relative to the target). */
function borderScore(gap: number, offTarget: number, target: number): number {
  return offTarget / target + 0.5 * Math.min(1, gap / target);
}
