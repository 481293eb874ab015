import fc from 'fast-check';
import { expect, test } from 'vitest';
import { intervalStarts } from '../../../../coordinator/domain/interval-starts.ts';
import { plan } from '../../../../coordinator/domain/planner.ts';
import { closedIndex, PASS_THROUGH } from '../../../support/grid-fixture.ts';

const indexArtifact = { name: 'index', bucket: 'b', key: 'k', sha256: 'a'.repeat(64), sizeBytes: 1 };

/** Frames of a plan's clips, and those of the source that it asks to be keyframes. */
function clipsOf(planned: ReturnType<typeof plan>) {
  return planned.tasks.flatMap(({ spec: { kind } }) => {
    if (kind?.$case !== 'encode') return [];
    const { startFrame, endFrame } = kind.value.range!;
    return [{ startFrame, endFrame, keyFrames: kind.value.keyFrames.map((frame) => startFrame + frame) }];
  });
}

test('a border is the first frame at or after its time, also where the rate is no whole number', () => {
  // 24000/1001: frame 120 is shown at 5.005 s, frame 119 at 4.963 s; the 12th border at 60 s is frame 1439 (60.018 s).
  const ntsc = Array.from({ length: 1500 }, (_, frame) => frame * 1001);
  const starts = intervalStarts(ntsc, { num: 1, den: 24_000 }, 5);
  expect(starts.slice(0, 4)).toEqual([0, 120, 240, 360]);
  expect(starts[12]).toBe(1439);
  expect(intervalStarts([0, 40, 80, 120], { num: 1, den: 1000 }, 0.08)).toEqual([0, 2]);
  // A tenth of a second is no binary number.
  const tenths = Array.from({ length: 100 }, (_, frame) => 7 + frame * 100);
  expect(intervalStarts(tenths, { num: 1, den: 1000 }, 0.1)).toEqual(tenths.map((_, frame) => frame));
});

test('where nothing is shown for longer than an interval, one frame starts several, and none is empty', () => {
  expect(intervalStarts([0, 4000, 17_000, 17_500, 20_000], { num: 1, den: 1000 }, 5)).toEqual([0, 2, 4]);
});

test('borders of any time stamps are what the definition says', () => {
  const gaps = fc.array(fc.integer({ min: 1, max: 9_000 }), { minLength: 1, maxLength: 200 });
  const bases = fc.constantFrom({ num: 1, den: 1000 }, { num: 1001, den: 24_000 }, { num: 1, den: 90_000 });
  fc.assert(
    fc.property(gaps, bases, fc.integer({ min: 1, max: 12_000 }), (steps, base, everyMs) => {
      let at = -77;
      const pts = steps.map((step) => (at += step));
      const starts = new Set<number>();
      const first = pts[0]!;
      const seconds = (ticks: number): bigint => BigInt(ticks - first) * BigInt(base.num) * 1000n;
      for (let n = 0n; n * BigInt(everyMs) * BigInt(base.den) <= seconds(pts.at(-1)!); n++)
        starts.add(pts.findIndex((ticks) => seconds(ticks) >= n * BigInt(everyMs) * BigInt(base.den)));
      expect(intervalStarts(pts, base, everyMs / 1000)).toEqual([...starts]);
    }),
    { numRuns: 200 },
  );
});

test('clips hold so many intervals, and know which of their frames start one', () => {
  const clips = { mode: 'auto', borders: { everyS: 2, perClip: 3 } } as const;
  // The fixture has 25 frames a second.
  const planned = plan({ spec: { ...PASS_THROUGH, clips }, index: closedIndex(15), indexArtifact, slots: 9 });
  expect(clipsOf(planned)).toEqual([
    { startFrame: 0, endFrame: 150, keyFrames: [50, 100] },
    { startFrame: 150, endFrame: 300, keyFrames: [200, 250] },
    { startFrame: 300, endFrame: 375, keyFrames: [350] },
  ]);
});

test('where keyframes are far apart, only a few clips start between two of them, each where an interval does', () => {
  const clips = { mode: 'auto', borders: { everyS: 1, perClip: 1 } } as const;
  const index = { ...closedIndex(100), keyframes: [0, 1250] };
  const planned = plan({ spec: { ...PASS_THROUGH, clips }, index, indexArtifact, slots: 9 });
  const found = clipsOf(planned);
  expect(found.map((clip) => clip.startFrame)).toEqual([
    ...[0, 175, 350, 525, 700, 875, 1050, 1225],
    ...[1250, 1425, 1600, 1775, 1950, 2125, 2300, 2475],
  ]);
  expect(found.map((clip) => clip.endFrame)).toEqual([
    ...found.slice(1).map((clip) => clip.startFrame),
    2500,
  ]);
  const borders = found.flatMap((clip) => [clip.startFrame, ...clip.keyFrames]);
  expect(borders).toEqual(Array.from({ length: 100 }, (_, second) => second * 25));
});

test('a source that stays whole has all its borders in its one clip', () => {
  const clips = { mode: 'auto', borders: { everyS: 5, perClip: 1 } } as const;
  const index = { ...closedIndex(12), packetExact: false };
  const planned = plan({ spec: { ...PASS_THROUGH, clips }, index, indexArtifact, slots: 9 });
  expect(clipsOf(planned)).toEqual([{ startFrame: 0, endFrame: 300, keyFrames: [125, 250] }]);
});

test('a film that would become too many files is told so', () => {
  const clips = { mode: 'auto', borders: { everyS: 0.04, perClip: 100 } } as const;
  const spec = { ...PASS_THROUGH, clips, package: { kind: 'hls', fileName: '%04d.ts' } } as const;
  expect(() => plan({ spec, index: closedIndex(161), indexArtifact, slots: 1 })).toThrow(
    'the film would be cut in 4025 files',
  );
});
