import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isForgiven, jumpBetween, mayExpire, sweep } from '../../../../coordinator/domain/sweep.ts';

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

test('L12 no hold is longer than one ttl, and one that is over stays so, wherever the clock jumps', () => {
  const jumps = fc.array(fc.integer({ min: -100_000, max: 2_000 }), { minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(jumps, (waits) => {
      let nowMs = 0;
      let mark = { sweptAtMs: 0, heldUntilMs: 0 };
      for (const wait of waits) {
        nowMs += wait;
        mark = sweep(mark, { nowMs, ttlMs: TTL_MS, outageMs: OUTAGE_MS });
        expect(mayExpire(mark, nowMs)).toBe(true);
      }
      mark = sweep(
        { sweptAtMs: nowMs, heldUntilMs: nowMs + 1e9 },
        { nowMs, ttlMs: TTL_MS, outageMs: OUTAGE_MS },
      );
      expect(mayExpire(mark, nowMs + TTL_MS - 1)).toBe(false);
      expect(mayExpire(mark, nowMs + TTL_MS)).toBe(true);
    }),
  );
});

test.each([
  ['back', -3_600_000, Infinity, -3_600_000],
  ['back by no more than statements overtake each other', -900, 250, 0],
  ['on, and nobody can tell it from an outage', 3_600_000, Infinity, 0],
  ['on, as somebody knows who was there', 3_600_000, 250, 3_599_750],
  ['not: the time went by', 3_600_000, 3_600_250, 0],
])('the clock jumped %s', (_, passedMs, atMostMs, jumpMs) => {
  expect(jumpBetween(passedMs, atMostMs, OUTAGE_MS)).toBe(jumpMs);
});

test('L12 a lease is forgiven when nobody swept since its end, and while expiry is on hold', () => {
  const mark = { sweptAtMs: 1_000, heldUntilMs: 5_000 };
  expect(isForgiven(mark, 900, 6_000)).toBe(false);
  expect(isForgiven(mark, 1_100, 60_000)).toBe(true);
  expect(isForgiven(mark, 900, 4_999)).toBe(true);
});
