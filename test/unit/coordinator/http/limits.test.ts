import { expect, it } from 'vitest';
import { InFlight } from '../../../../coordinator/http/in-flight.ts';
import { RateLimit } from '../../../../coordinator/http/rate-limit.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

it('a rate limit counts each key by itself, and anew after its window', () => {
  const clock = new ManualClock();
  const limit = new RateLimit({ clock, most: 2, windowS: 60, of: 'tries' });
  const tries = (key: string, count: number): string[] =>
    Array.from({ length: count }, () => {
      try {
        limit.count(key);
        return 'ok';
      } catch (error) {
        return (error as Error).message;
      }
    });
  clock.advance(30_000);
  expect(tries('a', 3)).toEqual(['ok', 'ok', 'too many tries: try again in 60 s']);
  expect(tries('b', 1)).toEqual(['ok']);
  clock.advance(59_000);
  expect(tries('a', 1)).toEqual(['too many tries: try again in 1 s']);
  clock.advance(1_000);
  expect(tries('a', 2)).toEqual(['ok', 'ok']);
});

it('a request too many is told so, and makes room when it is answered', async () => {
  const gate = new InFlight(2);
  const first = Promise.withResolvers<void>();
  const seen: boolean[] = [];
  const one = (until: Promise<void>) =>
    gate.run(async (fits) => {
      seen.push(fits);
      await until;
    });
  const held = [one(first.promise), one(first.promise)];
  await one(Promise.resolve());
  first.resolve();
  await Promise.all(held);
  await expect(gate.run(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  await one(Promise.resolve());
  expect(seen).toEqual([true, true, false, true]);
});
