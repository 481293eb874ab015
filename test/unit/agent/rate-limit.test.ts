import { expect, test } from 'vitest';
import { RateLimit } from '../../../agent/rate-limit.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

test('all that use it together stay within the rate, in the order of their coming, with a short burst after a rest', async () => {
  const clock = new ManualClock();
  const limit = new RateLimit(clock, 1_000_000);
  clock.advance(60_000);
  const done: string[] = [];
  const take = (who: string, bytes: number) =>
    void limit.take(bytes).then(() => done.push(`${who} ${clock.monotonicMs() - 60_000}`));
  take('burst', 250_000);
  take('one', 100_000);
  take('two', 100_000);
  for (let passed = 0; passed < 300; passed += 50) {
    await settle();
    clock.advance(50);
  }
  await settle();
  expect(done).toEqual(['burst 0', 'one 100', 'two 200']);
});

test('whoever is told to stop does not wait', async () => {
  const limit = new RateLimit(new ManualClock(), 1_000);
  const stop = new AbortController();
  const taken = limit.take(1e9, stop.signal);
  stop.abort();
  await taken;
});
