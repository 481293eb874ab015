import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isForgiven, mayExpire, sweep } from '../../../../coordinator/domain/sweep.ts';

const TTL_MS = 12_000;
const OUTAGE_MS = 2_500;
const gaps = fc.array(fc.integer({ min: 1, max: 40_000 }), { minLength: 1, maxLength: 30 });

test('L12 after an outage nothing expires for one full ttl, however often is swept meanwhile', () => {
  fc.assert(
    fc.property(gaps, (waits) => {
      let nowMs = 0;
      let heldUntilMs = -Infinity;
      let mark = { sweptAtMs: 0, heldUntilMs: 0 };
      for (const wait of waits) {
        nowMs += wait;
        mark = sweep(mark, { nowMs, ttlMs: TTL_MS, outageMs: OUTAGE_MS });
        if (wait > OUTAGE_MS) heldUntilMs = nowMs + TTL_MS;
        expect(mayExpire(mark, nowMs)).toBe(nowMs >= heldUntilMs);
      }
    }),
  );
});

test('L12 a lease is forgiven when nobody swept since its end, and while expiry is on hold', () => {
  const mark = { sweptAtMs: 1_000, heldUntilMs: 5_000 };
  expect(isForgiven(mark, 900, 6_000)).toBe(false);
  expect(isForgiven(mark, 1_100, 60_000)).toBe(true);
  expect(isForgiven(mark, 900, 4_999)).toBe(true);
});
