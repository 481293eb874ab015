import type { TaskKind } from './task.ts';

/** What metrics tell of the whole grid, at one moment. */
export interface Gauges {
  readonly tasks: readonly {
    readonly kind: TaskKind;
    readonly state: 'ready' | 'leased';
    readonly count: number;
    /** Since the longest wait, or the oldest grant, began. */
    readonly oldestSeconds: number;
    /** Of those that run, together. */
    readonly fps: number;
  }[];
  readonly webhooks: { readonly pending: number; readonly overdueSeconds: number };
}
