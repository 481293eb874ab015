import { GridError } from '../../shared/errors.ts';
import type { RunnerContext } from './runner.ts';

/** Runs `work` with a signal that also aborts after the limit, and then says so. 0: no limit. */
export async function withTimeout<T>(
  context: RunnerContext,
  limitSeconds: number,
  work: (context: RunnerContext) => Promise<T>,
): Promise<T> {
  if (limitSeconds <= 0) return work(context);
  const limit = new AbortController();
  const message = `the attempt took longer than its limit of ${limitSeconds} s`;
  // Node's timers hold 31 bits of milliseconds.
  const delayMs = Math.min(limitSeconds * 1000, 2 ** 31 - 1);
  const timer = context.clock.after(delayMs, () => limit.abort(new GridError('timeout', message)));
  try {
    return await work({ ...context, signal: AbortSignal.any([context.signal, limit.signal]) });
  } finally {
    timer.cancel();
  }
}
