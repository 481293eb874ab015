import { describe, expect, test } from 'vitest';
import { frameMd5s, packets } from '../support/probe.ts';
import { throughTheGrid, type Passage } from '../support/through-the-grid.ts';
import { generate } from './generate.ts';
import type { Recipe } from './recipes.ts';
import { shortFilm } from './short-film.ts';

const OPEN = `import os, vapoursynth as vs
clip = vs.core.bs.VideoSource(os.environ['CLIPGRID_SOURCE'])
`;
const TEMPORAL = `${OPEN}clip.std.AverageFrames([1] * 9).set_output()\n`;
const WHOLE: NonNullable<Passage['clips']> = (index) => [[0, index.pts.length]];
/** Borders at keyframes (10, 30) and between them (17, 41): with handles all have lead-ins, and the ends have less. */
const MANY: NonNullable<Passage['clips']> = () => [
  [0, 10],
  [10, 17],
  [17, 30],
  [30, 41],
  [41, 50],
];

async function pictures(passage: Passage): Promise<string[]> {
  const { result, clean } = await throughTheGrid(shortFilm(), passage);
  const md5s = frameMd5s(result);
  clean();
  return md5s;
}

describe('handles: frames on each side of a clip that are filtered and thrown away', () => {
  test(
    'a temporal script gives each frame as if the film had never been cut',
    { timeout: 120_000 },
    async () => {
      const whole = await pictures({ script: TEMPORAL, clips: WHOLE });
      expect(whole).toHaveLength(50);
      expect(await pictures({ script: TEMPORAL, clips: MANY, handles: 12 })).toEqual(whole);
      const bare = await pictures({ script: TEMPORAL, clips: MANY });
      expect(bare).toHaveLength(50);
      const wrong = bare.flatMap((md5, frame) => (md5 === whole[frame] ? [] : [frame]));
      // What handles are for: four frames on each side of a border.
      expect(wrong.length).toBeGreaterThan(16);
    },
  );
});

/** Times of the result's frames, in milliseconds, for a script and clips whose borders are no multiple of its cycle. */
async function timesOf(script: string, path = shortFilm()): Promise<number[]> {
  const clips: Passage['clips'] = (index) => [
    [0, 13],
    [13, 27],
    [27, index.pts.length],
  ];
  const { result, clean } = await throughTheGrid(path, { script, clips, handles: 12 });
  const times = packets(result, 'v:0').map((packet) => packet.time * 1000);
  clean();
  return times.toSorted((a, b) => a - b);
}

function gaps(times: readonly number[]): number[] {
  return times.slice(1).map((time, i) => time - times[i]!);
}

describe(
  'a script that changes the number of frames: time follows its node (FinalRip 3.6)',
  { timeout: 120_000 },
  () => {
    test('a doubled rate lasts as long as the film, in equal steps', async () => {
      const times = await timesOf(`${OPEN}vs.core.std.Interleave([clip, clip]).set_output()\n`);
      expect(times).toHaveLength(100);
      expect(gaps(times).filter((gap) => Math.abs(gap - 20) > 1.01)).toEqual([]);
    });

    test('a decimation keeps step with the sound, however its cycle falls on the clips', async () => {
      const times = await timesOf(
        `${OPEN}clip.std.SelectEvery(cycle=5, offsets=[0, 1, 2, 3]).set_output()\n`,
      );
      // 13, 14 and 23 frames give 11, 12 and 19: 10.4, 11.2 and 18.4 of them would be exact.
      expect(times).toHaveLength(42);
      expect(times[0]).toBe(0);
      expect(Math.abs(times[11]! - 13 * 40)).toBeLessThan(1.01);
      expect(Math.abs(times[23]! - 27 * 40)).toBeLessThan(1.01);
      expect(Math.max(...gaps(times))).toBeLessThan(51);
      expect(Math.min(...gaps(times))).toBeGreaterThan(45);
    });

    test('frames that are cut away make the film shorter, at its own rate', async () => {
      const times = await timesOf(`${OPEN}clip[:8].set_output()\n`);
      expect(times).toHaveLength(24);
      expect(gaps(times).filter((gap) => Math.abs(gap - 40) > 1.01)).toEqual([]);
    });

    test('a script that leaves the number alone leaves the time alone too, whatever rate it claims', async () => {
      const times = await timesOf(`${OPEN}clip.std.AssumeFPS(fpsnum=50, fpsden=1).set_output()\n`);
      expect(gaps(times).filter((gap) => Math.abs(gap - 40) > 1.01)).toEqual([]);
    });

    test('a script that gives another size gives it to every clip', { timeout: 120_000 }, async () => {
      const { segments, result, clean } = await throughTheGrid(shortFilm(), {
        script: `${OPEN}clip.resize.Bicubic(width=96, height=54, format=vs.YUV444P10).set_output()\n`,
        handles: 12,
      });
      expect(segments.map((segment) => segment.value.format)).toEqual(
        Array.from(
          { length: 3 },
          () => expect.objectContaining({ width: 96, height: 54, pixelFormat: 'yuv444p10le' }) as unknown,
        ),
      );
      expect(frameMd5s(result)).toHaveLength(50);
      clean();
    });
  },
);

const VARIABLE: Recipe = {
  name: 'short film with a variable rate',
  as: 'mkv',
  seconds: 2,
  inputs: ['-f', 'lavfi', '-i', 'testsrc2=s=192x108:r=25:d=2'],
  args: [
    '-vf',
    "select='not(mod(n,3))+gt(n,24)'",
    '-vsync',
    'vfr',
    '-c:v',
    'libx264',
    '-preset',
    'veryfast',
    '-g',
    '10',
  ],
  expect: { frames: 34, variable: true },
};

test('a variable rate is kept by a script that keeps the frames (M4)', { timeout: 120_000 }, async () => {
  const path = generate(VARIABLE);
  const before = packets(path, 'v:0').map((packet) => packet.time * 1000);
  const times = await timesOf(`${OPEN}clip.std.BoxBlur(hradius=1).set_output()\n`, path);
  const moved = before
    .toSorted((a, b) => a - b)
    .map((time, frame) => Math.abs(times[frame]! - times[0]! - (time - Math.min(...before))));
  expect(moved.filter((by) => by > 1.01)).toEqual([]);
});
