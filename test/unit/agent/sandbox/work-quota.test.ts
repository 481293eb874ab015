import { expect, test } from 'vitest';
import { nextLookMs } from '../../../../agent/sandbox/work-quota.ts';

const MIB = 1024 ** 2;
const GIB = 1024 * MIB;
const ENTRIES = 100_000;

test.each([
  ['an attempt that has all room', { bytes: 64 * GIB, entries: ENTRIES }, 2_000],
  ['a disk that does not say how much is free, and no limit', { bytes: Infinity, entries: ENTRIES }, 2_000],
  ['as much room as can be filled in a second', { bytes: 4 * GIB, entries: ENTRIES }, 1_000],
  ['as many files as can be made in half a second', { bytes: 64 * GIB, entries: 25_000 }, 500],
  ['a few files that are left', { bytes: 64 * GIB, entries: 10 }, 250],
  ['hardly any room', { bytes: 48 * MIB, entries: ENTRIES }, 250],
  ['none at all', { bytes: 0, entries: ENTRIES }, 250],
])('the next look at %s', (_, room, wantedMs) => {
  expect(nextLookMs(room)).toBe(wantedMs);
});
