import type { JSX } from 'preact';

interface ProgressBarProps {
  /** 0 to 100. */
  readonly percent: number;
  /** What it is of, read out. */
  readonly label: string;
  readonly state?: string;
}

export function ProgressBar({ percent, label, state }: ProgressBarProps): JSX.Element {
  return (
    <div
      class="progress"
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(percent)}
      data-state={state}
    >
      <div style={{ width: `${percent}%` }} />
    </div>
  );
}
