import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rowByKey, windowOf } from '../../../coordinator/dashboard/src/ui/virtual-window.ts';

describe('rows that exist', () => {
  test('are all that are in sight, and few more, wherever it is scrolled', () => {
    const view = fc.record({
      top: fc.integer({ min: 0, max: 500_000 }),
      height: fc.integer({ min: 1, max: 2_000 }),
      rowHeight: fc.integer({ min: 20, max: 80 }),
      rows: fc.integer({ min: 0, max: 10_000 }),
    });
    fc.assert(
      fc.property(view, (one) => {
        const { first, end } = windowOf(one);
        expect(first).toBeGreaterThanOrEqual(0);
        expect(end).toBeLessThanOrEqual(one.rows);
        expect(end - first).toBeLessThanOrEqual(Math.ceil(one.height / one.rowHeight) + 17);
        for (let row = 0; row < one.rows; row++) {
          const inSight = (row + 1) * one.rowHeight > one.top && row * one.rowHeight < one.top + one.height;
          if (inSight && (row < first || row >= end)) throw new Error(`row ${row} is missing`);
        }
      }),
      { numRuns: 200 },
    );
  });
});

test.each([
  ['ArrowDown', 5, 6],
  ['ArrowUp', 0, 0],
  ['ArrowDown', 99, 99],
  ['PageDown', 5, 13],
  ['PageUp', 5, 0],
  ['Home', 50, 0],
  ['End', 50, 99],
  ['a', 5, undefined],
])('%s from row %d goes to %s', (key, at, to) => expect(rowByKey(key, { at, page: 10, rows: 100 })).toBe(to));
