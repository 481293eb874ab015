import type { Clock } from '../shared/clock.ts';
import { readProcessTimes, treeTimes, type ProcessTimes } from './process-times.ts';

export interface IdleWatchOptions {
  readonly pids: readonly number[];
  readonly clock: Clock;
  /** Processes that did not compute at all for so long hang. */
  readonly idleMs: number;
  readonly signal: AbortSignal;
  onIdle(): void;
  readonly read?: () => Promise<readonly ProcessTimes[]>;
}

const LOOKS = 4;

/**
 * Watches whether programs, or anything they started, compute at all (L14). A program at work, or one that waits for a
 * graphics card, always does a little; one that waits for what never comes does nothing. Ends with the signal. Where the
 * system does not tell, it never fires.
 */
export async function watchIdle(options: IdleWatchOptions): Promise<void> {
  const { pids, clock, idleMs, signal, read = readProcessTimes } = options;
  let last: string | undefined;
  let sinceMs = clock.monotonicMs();
  for (;;) {
    // Most programs end before the first look, which costs a walk through /proc.
    await clock.sleep(idleMs / LOOKS, signal);
    if (signal.aborted) return;
    const all = await read();
    if (all.length === 0) return;
    const now = pids.map((pid) => treeTimes(pid, all)).join(';');
    if (now !== last) sinceMs = clock.monotonicMs();
    else if (clock.monotonicMs() - sinceMs >= idleMs) return options.onIdle();
    last = now;
  }
}
