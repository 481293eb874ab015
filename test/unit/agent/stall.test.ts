import { expect, test } from 'vitest';
import { withStall } from '../../../agent/stall.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const never = new AbortController().signal;

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) =>
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }),
  );
}

test('L14 a transfer in which nothing moves is broken off, and may be tried again', async () => {
  const clock = new ManualClock();
  const work = withStall({ clock, signal: never, stallMs: 30_000, what: 'object x' }, aborted);
  clock.advance(30_000);
  await expect(work).rejects.toMatchObject({
    code: 'unavailable',
    retryable: true,
    message: 'object x: nothing moved for 30 s',
  });
});

test('L14 a transfer that is slow but moves goes on as long as it takes', async () => {
  const clock = new ManualClock();
  const work = withStall({ clock, signal: never, stallMs: 30_000, what: 'x' }, async (signal, alive) => {
    for (let i = 0; i < 100; i++) {
      clock.advance(29_000);
      alive();
      signal.throwIfAborted();
    }
    return 'done';
  });
  expect(await work).toBe('done');
  expect(clock.pending).toEqual([]);
});
