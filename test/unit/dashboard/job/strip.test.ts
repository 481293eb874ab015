import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { frameTicks, timeTicks } from '../../../../coordinator/dashboard/src/pages/job/axis.ts';
import {
  clipAt,
  filmFrames,
  hitBlock,
  layOut,
  stripClips,
  type StripClip,
} from '../../../../coordinator/dashboard/src/pages/job/strip-layout.ts';
import {
  closeTo,
  isWhole,
  movedCursor,
  panned,
  showing,
  wholeView,
  zoomed,
} from '../../../../coordinator/dashboard/src/pages/job/strip-view.ts';
import { aTask } from '../../../support/dashboard-tasks.ts';

function film(lengths: readonly number[]): StripClip[] {
  let start = 0;
  const tasks = lengths.map((length, i) => {
    const task = aTask({ clip_index: i, start_frame: start, end_frame: start + length });
    start += length;
    return task;
  });
  return stripClips(tasks, start);
}

const FILMS = fc.array(fc.integer({ min: 1, max: 2_000 }), { minLength: 1, maxLength: 300 });

describe('blocks of the strip', () => {
  test('every clip that is seen is in exactly one block, in order, and blocks do not overlap', () => {
    fc.assert(
      fc.property(
        FILMS,
        fc.integer({ min: 1, max: 2_000 }),
        fc.double({ min: 0, max: 0.9, noNaN: true }),
        (lengths, width, at) => {
          const clips = film(lengths);
          const frames = filmFrames(clips);
          const view = zoomed(wholeView(frames), { factor: 1 / (1 - at), around: frames * at }, frames);
          const blocks = layOut(clips, view, width);
          const seen = clips.flatMap(({ start, end }, i) => (end > view.from && start < view.to ? [i] : []));
          const drawn = blocks.flatMap(({ first, last }) =>
            Array.from({ length: last - first + 1 }, (_, i) => first + i),
          );
          expect(drawn).toEqual(seen);
          for (const [i, block] of blocks.entries()) {
            const next = blocks[i + 1];
            if (next) expect(next.x).toBeCloseTo(block.x + block.width, 4);
          }
          expect(blocks.length).toBeLessThanOrEqual(width / 3 + 2 + wide(clips, view, width));
        },
      ),
    );
  });

  test('10,000 clips on 1,000 pixels are few blocks', () => {
    const clips = film(Array(10_000).fill(240));
    expect(layOut(clips, wholeView(filmFrames(clips)), 1_000).length).toBeLessThanOrEqual(334);
  });

  test('a pixel finds the block that is drawn there', () => {
    const clips = film([100, 50, 250]);
    const blocks = layOut(clips, wholeView(400), 400);
    expect([0, 99, 100, 149, 150, 399].map((x) => hitBlock(blocks, x)?.first)).toEqual([0, 0, 1, 1, 2, 2]);
    expect(hitBlock(blocks, -1)).toBeUndefined();
    expect(hitBlock(blocks, 400)).toBeUndefined();
  });

  test('a frame finds its clip', () => {
    const clips = film([100, 50]);
    expect([0, 99, 100, 149, 150].map((frame) => clipAt(clips, frame))).toEqual([0, 0, 1, 1, 2]);
  });

  test('tasks that are no clips are not on the axis; a command on the whole source is one', () => {
    const tasks = [aTask({ kind: 'index', clip_index: null, start_frame: null, end_frame: null })];
    expect(stripClips(tasks, 10)).toEqual([]);
    const media = aTask({ kind: 'media', clip_index: null, start_frame: null, end_frame: null });
    expect(stripClips([media], 10)).toEqual([{ task: media, start: 0, end: 10 }]);
  });
});

/** Clips of at least 3 pixels have a block of their own, and each may part two groups of narrow ones. */
function wide(clips: readonly StripClip[], view: { from: number; to: number }, width: number): number {
  const scale = width / (view.to - view.from);
  return (
    2 *
    clips.filter(({ start, end }) => end > view.from && start < view.to && (end - start) * scale >= 3).length
  );
}

describe('the view of the strip', () => {
  test('zoom and pan stay within the film, and what is under the pointer stays there', () => {
    const inputs = fc.record({
      frames: fc.integer({ min: 1, max: 500_000 }),
      steps: fc.array(
        fc.record({
          factor: fc.double({ min: 0.2, max: 5, noNaN: true }),
          at: fc.double({ min: 0, max: 1, noNaN: true }),
          by: fc.integer({ min: -9_999, max: 9_999 }),
        }),
      ),
    });
    fc.assert(
      fc.property(inputs, ({ frames, steps }) => {
        let view = wholeView(frames);
        for (const { factor, at, by } of steps) {
          const around = view.from + at * (view.to - view.from);
          const next = zoomed(view, { factor, around }, frames);
          const inside = next.from > 0 && next.to < frames;
          if (inside) expect((around - next.from) / (next.to - next.from)).toBeCloseTo(at, 5);
          view = panned(next, by, frames);
          expect(view.from).toBeGreaterThanOrEqual(0);
          expect(view.to).toBeLessThanOrEqual(frames + 1e-6);
          expect(view.to - view.from).toBeGreaterThanOrEqual(Math.min(24, frames) - 1e-6);
        }
      }),
    );
  });

  test('far out it is the whole film again', () => {
    const close = zoomed(wholeView(10_000), { factor: 50, around: 3_000 }, 10_000);
    expect(isWhole(close, 10_000)).toBe(false);
    expect(isWhole(zoomed(close, { factor: 1e-6, around: 0 }, 10_000), 10_000)).toBe(true);
  });

  test('a clip that is not seen comes into view; one that is moves nothing', () => {
    const clips = film(Array(100).fill(100));
    const view = { from: 0, to: 1_000 };
    expect(showing(view, clips[5]!, 10_000)).toBe(view);
    for (const clip of [clips[50]!, clips[99]!, clips[0]!]) {
      const moved = showing({ from: 2_000, to: 3_000 }, clip, 10_000);
      expect(moved.from).toBeLessThanOrEqual(clip.start);
      expect(moved.to).toBeGreaterThanOrEqual(clip.end);
      expect(moved.to - moved.from).toBeCloseTo(1_000, 5);
    }
    const close = closeTo(clips, { first: 10, last: 19 }, 10_000);
    expect([close.from < 1_000, close.to > 2_000, close.to - close.from < 1_500]).toEqual([true, true, true]);
  });

  test('keys move the cursor and stop at the ends', () => {
    expect(movedCursor('ArrowRight', 3, 10)).toBe(4);
    expect(movedCursor('ArrowLeft', 0, 10)).toBe(0);
    expect(movedCursor('PageDown', 990, 1_000)).toBe(999);
    expect([movedCursor('Home', 5, 10), movedCursor('End', 5, 10)]).toEqual([0, 9]);
    expect([movedCursor('a', 5, 10), movedCursor('End', 0, 0)]).toEqual([undefined, undefined]);
  });
});

describe('the axis', () => {
  test('times are round, ascending and have room', () => {
    expect(timeTicks(0, 60, 500).map(({ label }) => label)).toEqual(['0:00', '0:15', '0:30', '0:45', '1:00']);
    expect(timeTicks(3_590, 3_610, 500).map(({ label }) => label)).toEqual([
      '59:50',
      '59:55',
      '1:00:00',
      '1:00:05',
      '1:00:10',
    ]);
    expect(timeTicks(0, 1, 500).map(({ label }) => label)).toEqual([
      '0:00.0',
      '0:00.2',
      '0:00.4',
      '0:00.6',
      '0:00.8',
      '0:01.0',
    ]);
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1e6, noNaN: true }),
        fc.double({ min: 0.5, max: 1e6, noNaN: true }),
        fc.integer({ min: 60, max: 4_000 }),
        (from, span, width) => {
          const ticks = timeTicks(from, from + span, width);
          expect(ticks.length).toBeLessThanOrEqual(Math.max(1, width / 84) + 1);
          for (const { at } of ticks) expect(at).toBeGreaterThanOrEqual(from - 1e-3);
        },
      ),
    );
  });

  test('frames, where nobody knows the time', () => {
    expect(frameTicks(0, 10_000, 500).map(({ label }) => label)).toEqual([
      '0',
      '2,000',
      '4,000',
      '6,000',
      '8,000',
      '10,000',
    ]);
  });
});
