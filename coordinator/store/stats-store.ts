import type { GridHistory, GridTotals } from '../domain/grid-totals.ts';

export interface StatsStore {
  totals(): Promise<GridTotals>;
  /** Keeps a sample, unless one of this interval is there already: whichever coordinator comes first has kept it. */
  sample(): Promise<void>;
  /** 1 to SAMPLES_KEPT_MINUTES. */
  history(minutes: number): Promise<GridHistory>;
  /** Removes samples that are too old. */
  prune(): Promise<void>;
}
