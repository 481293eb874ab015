import { GridError } from '../../shared/errors.ts';
import type { SourceIndex } from '../../shared/source-index.ts';

/** Of a frame: what rounding to a source's ticks moves it, and encoders put right, is less. */
const TOLERANCE = 0.25;

/**
 * Throws `failed_precondition` unless each frame is shown when the source's rate says. `framePts` ascends, in ticks of the
 * index's time base.
 */
export function requireConstantRate(
  { format, timeBase }: Pick<SourceIndex, 'format' | 'timeBase'>,
  framePts: readonly number[],
): void {
  const { num, den } = format.frameRate ?? { num: 0, den: 1 };
  const ticks = num > 0 ? (den * timeBase.den) / (num * timeBase.num) : Number.NaN;
  const first = framePts[0] ?? 0;
  const wrong = framePts.findIndex((pts, i) => !(Math.abs(pts - first - i * ticks) <= TOLERANCE * ticks));
  if (wrong < 0) return;
  const message = `frame ${wrong} of the source is not where its rate of ${num}/${den} frames a second puts it (constantRate)`;
  throw new GridError('failed_precondition', message, {
    details: { field: 'constantRate', value: true },
  });
}
