import type { Clock } from '../shared/clock.ts';
import { GridError, type ErrorCode } from '../shared/errors.ts';

export interface StallOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly stallMs: number;
  /** What has stopped, for the message. */
  readonly what?: string;
  /** In place of the usual message. */
  readonly says?: string;
  /** Default: unavailable. */
  readonly code?: ErrorCode;
}

/**
 * Runs `work` with a signal that also aborts when `alive` has not been called for `stallMs`: a peer that is gone without a
 * word must not hold a task for ever (L14). The abort's reason has `code`.
 */
export async function withStall<T>(
  { clock, signal, stallMs, what, says, code = 'unavailable' }: StallOptions,
  work: (signal: AbortSignal, alive: () => void) => Promise<T>,
): Promise<T> {
  const stalled = new AbortController();
  const stop = (): void =>
    stalled.abort(new GridError(code, says ?? `${what}: nothing moved for ${stallMs / 1000} s`));
  let timer = clock.after(stallMs, stop);
  const alive = (): void => {
    timer.cancel();
    timer = clock.after(stallMs, stop);
  };
  try {
    return await work(AbortSignal.any([signal, stalled.signal]), alive);
  } finally {
    timer.cancel();
  }
}
