import { expect, test } from 'vitest';
import { averageBandwidth, peakBandwidth, targetSeconds } from '../../../shared/hls-rates.ts';
import { numberedName, patternProblem } from '../../../shared/numbered-names.ts';

const file = (seconds: number, sizeBytes: number) => ({ durationUs: seconds * 1e6, sizeBytes });

test('the target duration is the longest file, rounded', () => {
  expect(targetSeconds([file(5.005, 1), file(4.963, 1)])).toBe(5);
  expect(targetSeconds([file(5.5, 1), file(5, 1)])).toBe(6);
  expect(targetSeconds([file(0.04, 1)])).toBe(1);
});

test('the average is all bits of all seconds, the peak the worst file', () => {
  const files = [file(5, 500_000), file(5, 1_000_000), file(5, 250_000)];
  expect(averageBandwidth(files)).toBe(933_334);
  expect(peakBandwidth(files)).toBe(1_600_000);
});

test('a short last file is no peak by itself, only with the one before it', () => {
  // 0.04 s of one keyframe would be 8 Mb/s; with the 5 s before it the two have 0.64 Mb/s.
  const files = [file(5, 250_000), file(5, 364_000), file(0.04, 40_000)];
  expect(peakBandwidth(files)).toBe(Math.ceil((404_000 * 8) / 5.04));
});

test('short files in a row count together', () => {
  const files = [file(10, 1_000_000), file(3, 900_000), file(3, 900_000), file(10, 1_000_000)];
  expect(peakBandwidth(files)).toBe(2_400_000);
});

test('a pattern has one place for the number', () => {
  expect(numberedName('output%04d_h264_720p_uspp.ts', 7)).toBe('output0007_h264_720p_uspp.ts');
  expect(numberedName('%d.ts', 0)).toBe('0.ts');
  expect(numberedName('a%03d.ts', 12_345)).toBe('a12345.ts');
  for (const good of ['output%04d.ts', '%d', 'a%5d b']) expect(patternProblem(good)).toBeUndefined();
  for (const bad of ['output.ts', '%04d%04d.ts', '100%_%04d.ts', '%s.ts', '%00d.ts', '%012d.ts'])
    expect(patternProblem(bad)).toContain('one place');
});
