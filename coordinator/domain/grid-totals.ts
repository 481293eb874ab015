import type { JobState } from './job.ts';

/** The whole grid at one moment. */
export interface GridTotals {
  /** The database's time. */
  readonly at: Date;
  /** Frames a second, and seconds of output a second, of all tasks that run. */
  readonly fps: number;
  readonly speed: number;
  readonly tasksReady: number;
  readonly tasksRunning: number;
  readonly agentsOnline: number;
  readonly agentsDraining: number;
  /** Every state, also where it counts none. */
  readonly jobs: Readonly<Record<JobState, number>>;
}

/** What is kept of the totals, or the mean of several. */
export type GridSample = Pick<
  GridTotals,
  'at' | 'fps' | 'speed' | 'tasksReady' | 'tasksRunning' | 'agentsOnline'
>;

export interface GridHistory {
  /** Seconds from one sample to the next; where nobody counted, samples are missing. */
  readonly intervalS: number;
  /** Oldest first. */
  readonly samples: readonly GridSample[];
}

export const SAMPLE_INTERVAL_S = 10;
export const SAMPLES_KEPT_MINUTES = 24 * 60;
/** No plot shows more. */
const MOST_SAMPLES = 720;

/** Seconds between the samples that are told of so many minutes: a multiple of those between the samples that are kept. */
export function historyInterval(minutes: number): number {
  const kept = (minutes * 60) / SAMPLE_INTERVAL_S;
  return SAMPLE_INTERVAL_S * Math.max(1, Math.ceil(kept / MOST_SAMPLES));
}
