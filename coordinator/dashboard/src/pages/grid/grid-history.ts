import type { GridSample } from '../../api/events.ts';

/** One moment of the past; a part of what is known of now. */
export type PastSample = Pick<
  GridSample,
  'at' | 'fps' | 'speed' | 'tasks_ready' | 'tasks_running' | 'agents_online'
>;

export interface GridHistory {
  readonly interval_s: number;
  readonly samples: readonly PastSample[];
}

/** Times in seconds since 1970, then one array a figure, as the plots take them. */
export interface GridColumns {
  readonly at: readonly number[];
  readonly of: (name: Exclude<keyof PastSample, 'at'>) => readonly (number | null)[];
}

/** Longer without a sample: no coordinator ran, and the line breaks there. */
const GAP_INTERVALS = 3;

/** The past and what came since, within the last `minutes`. */
export function columnsOf({ interval_s: intervalS, samples }: GridHistory, minutes: number): GridColumns {
  const last = samples.at(-1);
  const fromMs = last === undefined ? 0 : Date.parse(last.at) - minutes * 60_000;
  const rows: (PastSample | { readonly at: string; readonly gap: true })[] = [];
  let beforeMs: number | undefined;
  for (const sample of samples) {
    const atMs = Date.parse(sample.at);
    if (atMs < fromMs) continue;
    if (beforeMs !== undefined && atMs - beforeMs > GAP_INTERVALS * intervalS * 1_000)
      rows.push({ at: new Date(beforeMs + 1_000).toISOString(), gap: true });
    rows.push(sample);
    beforeMs = atMs;
  }
  return {
    at: rows.map((row) => Date.parse(row.at) / 1000),
    of: (name) => rows.map((row) => ('gap' in row ? null : row[name])),
  };
}
