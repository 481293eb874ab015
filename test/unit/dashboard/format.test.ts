import { expect, test } from 'vitest';
import { ago, bytes, count, duration, memory, rate } from '../../../coordinator/dashboard/src/ui/format.ts';

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1_000, '1.0 KB'],
  [999_499, '999 KB'],
  [999_500, '1.0 MB'],
  [1_536_000_000, '1.5 GB'],
  [2e18, '2000 PB'],
])('%d bytes are %s', (value, words) => expect(bytes(value)).toBe(words));

test.each([
  [512 * 2 ** 20, '512 MiB'],
  [1.5 * 2 ** 30, '1.5 GiB'],
  [64 * 2 ** 30, '64 GiB'],
])('memory of %d bytes is %s', (value, words) => expect(memory(value)).toBe(words));

test.each([
  [0, '0 s'],
  [59.4, '59 s'],
  [60, '1 min'],
  [200, '3 min 20 s'],
  [7_500, '2 h 5 min'],
  [97_200, '1 d 3 h'],
  [-5, '0 s'],
])('%d seconds are %s', (seconds, words) => expect(duration(seconds)).toBe(words));

test.each([
  [0, '0'],
  [0.5, '0.5'],
  [9.999, '10'],
  [23.96, '24'],
  [23.94, '23.9'],
  [100, '100'],
  [12_345.6, '12,346'],
])('a rate of %d is %s', (value, words) => expect(rate(value)).toBe(words));

test('counts have separators', () => expect(count(1_234_567)).toBe('1,234,567'));

test.each([
  [-3_000, 'now'],
  [4_900, 'now'],
  [42_000, '42 s ago'],
  [3_599_000, '59 min ago'],
  [86_399_000, '23 h ago'],
  [200_000_000, '2 d ago'],
])('%d ms later it is %s', (laterMs, words) => {
  const at = '2026-11-28T12:00:00.000Z';
  expect(ago(at, Date.parse(at) + laterMs)).toBe(words);
});
