import { assert } from '../../shared/errors.ts';

export interface BorderInput {
  readonly frameCount: number;
  /** Frames at which a clip may start for free, ascending, beginning with 0. */
  readonly starts: readonly number[];
  /** Wanted frames a clip. */
  readonly targetFrames: number;
}

/**
 * Cuts `[0, frameCount)` into clips at allowed starts, near the target length. A start that follows its forerunner sooner
 * than is usual is preferred: encoders put a keyframe early where a scene changes (x264 `scenecut`), and a border at such a
 * place costs no bytes (M2). Returns clip starts, the first is 0.
 */
export function clipBorders(input: BorderInput): number[] {
  const { frameCount, starts, targetFrames } = input;
  assert(frameCount > 0 && starts[0] === 0 && targetFrames >= 1, 'a source has frames and starts at 0');
  const usualGap = usualDistance(starts);
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
      const gap = start - (starts[i - 1] ?? 0);
      const early = gap < EARLY * usualGap;
      const score = Math.abs(start - last - targetFrames) / targetFrames + (early ? 0 : SCENE_WORTH);
      if (score < bestScore) [best, bestScore] = [start, score];
      if (start > high) break;
    }
    if (best === undefined || frameCount - best < targetFrames * 0.3) break;
    borders.push(best);
    last = best;
  }
  return borders;
}

/** A keyframe this much before its time is an early one. */
const EARLY = 0.9;
/** How far from the target length a border may be moved to get to a scene, in target lengths. */
const SCENE_WORTH = 0.35;

/** What an encoder keeps between keyframes when nothing happens: most distances are at most so long. */
function usualDistance(starts: readonly number[]): number {
  const gaps = starts.slice(1).map((start, i) => start - (starts[i] ?? 0));
  return gaps.toSorted((a, b) => a - b)[Math.floor(gaps.length * 0.9)] ?? 0;
}
