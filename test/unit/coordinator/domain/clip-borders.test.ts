import fc from 'fast-check';
import { expect, test } from 'vitest';
import { clipBorders } from '../../../../coordinator/domain/clip-borders.ts';

const source = fc
  .record({
    gaps: fc.array(fc.integer({ min: 1, max: 120 }), { minLength: 1, maxLength: 200 }),
    targetFrames: fc.integer({ min: 1, max: 400 }),
  })
  .map(({ gaps, targetFrames }) => {
    const starts = [0];
    for (const gap of gaps.slice(1)) starts.push(starts.at(-1)! + gap);
    return { starts, targetFrames, frameCount: starts.at(-1)! + gaps[0]! };
  });

test('M3 borders are allowed starts, ascending, and begin with 0: every frame is in exactly one clip', () => {
  fc.assert(
    fc.property(source, (input) => {
      const borders = clipBorders(input);
      expect(borders[0]).toBe(0);
      expect(borders.every((border) => input.starts.includes(border) && border < input.frameCount)).toBe(
        true,
      );
      expect(borders.toSorted((a, b) => a - b)).toEqual(borders);
      expect(new Set(borders).size).toBe(borders.length);
    }),
  );
});

test('regular keyframes of a second and a target of a second give clips of a second', () => {
  const starts = [0, 25, 50, 75];
  expect(clipBorders({ frameCount: 100, starts, targetFrames: 25 })).toEqual(starts);
});

test('M2 an early keyframe, where the scene changes, is preferred to a regular one nearby', () => {
  const starts = [0, 250, 500, 560, 810, 1060];
  expect(clipBorders({ frameCount: 1250, starts, targetFrames: 530 })).toEqual([0, 560]);
});

test('a source shorter than a clip and a half stays whole', () => {
  expect(clipBorders({ frameCount: 130, starts: [0, 25, 50, 75, 100], targetFrames: 100 })).toEqual([0]);
});
