/** A frame as it is stored, in the order of decoding. */
export interface StoredFrame {
  readonly timeMs: number;
  /** Decoding can begin here: nothing that is stored behind it refers to what is stored before it. */
  readonly start: boolean;
}

/**
 * Positions at which a stream can be parted: a start, such that all frames before it are shown before all that follow. Then
 * what lies before is as many frames of the picture, from its first on, as it is stored frames. 0 is none of them.
 */
export function partingPoints(frames: readonly StoredFrame[]): number[] {
  const earliestFrom: number[] = [];
  let earliest = Infinity;
  for (const { timeMs } of frames.toReversed()) {
    earliest = Math.min(earliest, timeMs);
    earliestFrom.push(earliest);
  }
  earliestFrom.reverse();
  const points: number[] = [];
  let latestBefore = -Infinity;
  for (const [i, frame] of frames.entries()) {
    if (i > 0 && frame.start && latestBefore < (earliestFrom[i] ?? -Infinity)) points.push(i);
    latestBefore = Math.max(latestBefore, frame.timeMs);
  }
  return points;
}
