import type { JSX } from 'preact';

interface SparklineProps {
  /** Oldest first. */
  readonly values: readonly number[];
  /** The value at the top; undefined: the largest one. */
  readonly max?: number;
  readonly label: string;
}

const WIDTH = 72;
const HEIGHT = 20;
/** Values that have room. */
export const SPARK_SAMPLES = 36;

function pathOf(values: readonly number[], max: number): string {
  const step = WIDTH / (SPARK_SAMPLES - 1);
  const shown = values.slice(-SPARK_SAMPLES);
  const left = WIDTH - (shown.length - 1) * step;
  const points = shown.map((value, i) => {
    const share = max > 0 ? Math.min(1, value / max) : 0;
    return `${(left + i * step).toFixed(1)},${(HEIGHT - 1 - share * (HEIGHT - 2)).toFixed(1)}`;
  });
  return points.length === 0 ? '' : `M${points.join('L')}`;
}

/** The last values of something, without axes. */
export function Sparkline({ values, max, label }: SparklineProps): JSX.Element {
  const line = pathOf(values, max ?? Math.max(0, ...values));
  return (
    <svg class="sparkline" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label}>
      <path
        class="area"
        d={line === '' ? '' : `${line}L${WIDTH},${HEIGHT}L${line.slice(1).split(',')[0]},${HEIGHT}Z`}
      />
      <path class="line" d={line} />
    </svg>
  );
}
