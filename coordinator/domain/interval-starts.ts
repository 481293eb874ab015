import type { Rational } from '../../shared/gen/clipgrid/v1/task.ts';
import { assert } from '../../shared/errors.ts';

/**
 * First frames of the intervals of a film: of each n, the first that is shown at or after `everyS * n` seconds from the first
 * one. Where no frame is shown for longer than an interval, one frame starts several of them and is named once, so intervals
 * are never empty. `framePts`: ascending, in ticks of `timeBase` seconds. Compared as whole numbers: no rounding moves a border.
 */
export function intervalStarts(
  framePts: readonly number[],
  timeBase: Rational,
  everyS: number,
): readonly number[] {
  const everyMs = Math.round(everyS * 1000);
  assert(
    everyMs > 0 && timeBase.num > 0,
    'an interval lasts a millisecond at least, and so does a tick something',
  );
  const first = framePts[0] ?? 0;
  const starts: number[] = [];
  const unit = 1000n * BigInt(timeBase.num);
  const interval = BigInt(everyMs) * BigInt(timeBase.den);
  /** In ticks from the first frame, the first that lies in interval n. */
  const ticksOf = (n: bigint): number => Number((n * interval + unit - 1n) / unit);
  let due = 0;
  framePts.forEach((pts, frame) => {
    const ticks = pts - first;
    if (ticks < due) return;
    starts.push(frame);
    due = ticksOf((BigInt(ticks) * unit) / interval + 1n);
  });
  return starts;
}
