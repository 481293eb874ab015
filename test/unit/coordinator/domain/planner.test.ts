import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MAX_CLIPS, plan, withSplits } from '../../../../coordinator/domain/planner.ts';
import { closedIndex, PASS_THROUGH } from '../../../support/grid-fixture.ts';

const indexArtifact = { name: 'index', bucket: 'b', key: 'k', sha256: 'a'.repeat(64), sizeBytes: 1 };

test('M3 the clips of a plan hold every frame exactly once, in order', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 60 }),
      fc.integer({ min: 0, max: 20 }),
      fc.double({ min: 0.1, max: 30, noNaN: true }),
      (seconds, slots, targetS) => {
        const spec = { ...PASS_THROUGH, clips: { mode: 'auto', targetS } } as const;
        const { tasks, summary } = plan({ spec, index: closedIndex(seconds), indexArtifact, slots });
        const pts = tasks.flatMap((task) =>
          task.spec.kind?.$case === 'encode' ? task.spec.kind.value.cut!.framePts : [],
        );
        expect(pts).toEqual(Array.from({ length: seconds * 25 }, (_, frame) => frame));
        expect(summary.frameCount).toBe(seconds * 25);
        expect(tasks.map((task) => task.clipIndex)).toEqual(tasks.map((_, i) => i));
      },
    ),
    { numRuns: 50 },
  );
});

test('mode whole makes one clip, and the encoder of the command is required', () => {
  const spec = { ...PASS_THROUGH, clips: { mode: 'whole' } } as const;
  const { tasks } = plan({ spec, index: closedIndex(30), indexArtifact, slots: 8 });
  expect(tasks).toHaveLength(1);
  expect(tasks[0]!.requires).toEqual(['encoder:libx264', 'program:ffmpeg']);
});

test('a script needs VapourSynth', () => {
  const spec = { ...PASS_THROUGH, script: { ...PASS_THROUGH.script, text: 'x' } };
  const { tasks } = plan({ spec, index: closedIndex(2), indexArtifact, slots: 1 });
  expect(tasks[0]!.requires).toContain('tool:vapoursynth');
});

test('a source whose packets cannot be trusted stays whole', () => {
  const index = { ...closedIndex(30), packetExact: false };
  expect(plan({ spec: PASS_THROUGH, index, indexArtifact, slots: 8 }).tasks).toHaveLength(1);
});

test('a stretch without keyframes is split into a few parts, a normal one is not', () => {
  expect(withSplits([0], { frameCount: 132, targetFrames: 38 })).toEqual([0, 44, 88]);
  expect(withSplits([0, 50, 100], { frameCount: 150, targetFrames: 38 })).toEqual([0, 50, 100]);
  expect(withSplits([0], { frameCount: 1000, targetFrames: 10 })).toHaveLength(4);
});

test.each([
  ['several clips', 60, { encodeTimeoutS: 600, limitsWhole: false }, 600],
  [
    'a single clip, by a limit that is for one of several',
    1,
    { encodeTimeoutS: 600, limitsWhole: false },
    48 * 3600,
  ],
  ['a single clip, by a limit of its own', 1, { encodeTimeoutS: 600 }, 600],
  ['several clips without a limit: never below 20 minutes', 60, {}, 20 * 60],
])('the time limit of %s', (_title, seconds, limits, expected) => {
  const spec = { ...PASS_THROUGH, clips: { mode: 'auto' } as const, ...limits };
  const { tasks } = plan({ spec, index: closedIndex(seconds), indexArtifact, slots: 4 });
  expect(tasks.length > 1).toBe(seconds > 1);
  for (const { spec: task } of tasks) {
    expect(task.kind?.$case === 'encode' ? task.kind.value.timeoutSeconds : undefined).toBe(expected);
  }
});

test('a plan has no more clips than its merge can name: then they are longer than was wanted', () => {
  const index = closedIndex(1_000);
  const intra = { ...index, keyframes: index.pts.map((_, packet) => packet) };
  const wanted = { ...PASS_THROUGH, clips: { mode: 'auto', targetS: 0.04 } } as const;
  const { tasks } = plan({ spec: wanted, index: intra, indexArtifact, slots: 1 });
  expect(tasks.length).toBeLessThanOrEqual(MAX_CLIPS);
  expect(tasks.length).toBeGreaterThan(MAX_CLIPS / 3);
  const frames = tasks.reduce((sum, task) => sum + task.framesTotal, 0);
  expect(frames).toBe(25_000);
});

test.each([
  ['has sound', 2, ['audio']],
  ['was indexed by an agent that did not count it', undefined, ['audio']],
  ['is silent, though it has chapters or subtitles', 0, []],
] as const)('an audio command is a task where the source %s', (_, audioTracks, kinds) => {
  const spec = { ...PASS_THROUGH, audio: PASS_THROUGH.command };
  const sidecarArtifact = { ...indexArtifact, name: 'sidecar' };
  const index = {
    ...closedIndex(2),
    hasSidecar: true,
    ...(audioTracks === undefined ? {} : { audioTracks }),
  };
  const { tasks } = plan({ spec, index, indexArtifact, sidecarArtifact, slots: 1 });
  expect(tasks.map((task) => task.kind).filter((kind) => kind !== 'encode')).toEqual(kinds);
});
