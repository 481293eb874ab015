import type { Clock } from '../../shared/clock.ts';
import { GridError } from '../../shared/errors.ts';

/** The result of `work`, or `timeout` when it takes longer; what is late is let go. */
export async function within<T>(clock: Clock, limitMs: number, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = clock.after(limitMs, () =>
      reject(
        new GridError('timeout', `no answer within ${limitMs / 1000} s; try again`, { retryable: true }),
      ),
    );
    work.then(resolve, reject).finally(() => timer.cancel());
  });
}
