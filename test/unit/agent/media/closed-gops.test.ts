import fc from 'fast-check';
import { expect, test } from 'vitest';
import { partingPoints, type StoredFrame } from '../../../../agent/media/closed-gops.ts';

/** `12K 14 13`: times in stored order, K a start. */
function frames(text: string): StoredFrame[] {
  return text
    .split(' ')
    .filter((word) => word !== '')
    .map((word) => ({ timeMs: Number.parseInt(word, 10), start: word.endsWith('K') }));
}

test.each([
  ['nothing at all', '', []],
  ['one GOP that is not over', '0K 40 80', []],
  [
    'closed GOPs with frames that are shown earlier than they are stored',
    '0K 80 40 120K 200 160 240K',
    [3, 6],
  ],
  [
    'frames behind a start that are shown before it, after all others',
    '0K 80 40 160K 120 240 200 280K',
    [3, 7],
  ],
  ['frames behind a start that are shown among those before it', '0K 40 120 160K 80 200K', [5]],
  ['a keyframe at which nothing may begin', '0K 40 80 120 160K', [4]],
])('%s', (_, text, points) => {
  expect(partingPoints(frames(text))).toEqual(points);
});

test('whatever is stored: what lies before a parting point is the first frames of the picture, all of them', () => {
  const stored = fc.array(fc.record({ timeMs: fc.nat(40), start: fc.boolean() }), { maxLength: 30 });
  fc.assert(
    fc.property(stored, (all) => {
      for (const point of partingPoints(all)) {
        expect(all[point]!.start).toBe(true);
        const before = all.slice(0, point).map((frame) => frame.timeMs);
        const behind = all.slice(point).map((frame) => frame.timeMs);
        expect(Math.max(...before)).toBeLessThan(Math.min(...behind));
      }
    }),
  );
});
