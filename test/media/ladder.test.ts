import { rmSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { encodedTask, encodeTasks, FORCED, intervalJob, plannedFilm } from '../support/interval-clips.ts';
import { frameTimes, keyFrames, probeFile } from '../support/probe.ts';
import { generate } from './generate.ts';
import type { Recipe } from './recipes.ts';

const SOURCE = ['-c:v', 'libx264', '-preset', 'ultrafast', '-bf', '2', '-g', '31'];
const picture = (rate: string, seconds: number): string[] => [
  ...['-f', 'lavfi', '-i', `testsrc2=s=160x90:r=${rate}:d=${seconds}`],
  ...['-f', 'lavfi', '-i', `sine=440:d=${seconds}`],
];
const film = (name: string, of: Omit<Recipe, 'name' | 'as' | 'expect'>): string =>
  generate({ name: `ladder ${name}`, as: 'mkv', seconds: 10, expect: { frames: 0 }, ...of });

const NTSC = { inputs: picture('24000/1001', 7), args: [...SOURCE, '-c:a', 'aac'] };
/** Frames come at 24 a second, then at 8, with a hole of 3 s. */
const UNEVEN = {
  inputs: picture('24', 8),
  args: [
    ...['-vf', "select='not(between(t,2.4,5.4))*(lt(t,2)+not(mod(n,3)))'", '-vsync', 'vfr'],
    ...[...SOURCE, '-c:a', 'aac'],
  ],
};

/** First frames of intervals, by the definition and an independent reader. */
function wantedBorders(times: readonly number[], everyS: number): number[] {
  const first = times[0]!;
  const found = new Set<number>();
  for (let n = 0; n * everyS <= times.at(-1)! - first; n++)
    found.add(times.findIndex((time) => time - first >= n * everyS - 1e-6));
  return [...found];
}

describe('clips at exact times', { timeout: 120_000 }, () => {
  test.each([
    ['24000/1001 frames a second', NTSC],
    ['frames at uneven times', UNEVEN],
  ])('%s: keyframes are at the borders of intervals and nowhere else', async (name, of) => {
    const path = film(name, of);
    const { planned, clean } = await plannedFilm(path, intervalJob({ everyS: 1, perClip: 3 }));
    const found: number[] = [];
    let frames = 0;
    for (const task of encodeTasks(planned, path)) {
      const segment = await encodedTask(task);
      found.push(...keyFrames(segment.path).map((frame) => task.range!.startFrame + frame));
      frames += segment.value.frameCount;
      rmSync(segment.workDir, { recursive: true });
    }
    clean();
    const times = frameTimes(path);
    expect(frames).toBe(times.length);
    expect(found).toEqual(wantedBorders(times, 1));
    expect(found.length).toBeGreaterThan(4);
  });

  test('an attempt that goes on behind saved parts forces the keyframes that are left', async () => {
    const path = film('24000/1001 frames a second', NTSC);
    const { planned, clean } = await plannedFilm(path, intervalJob({ everyS: 1, perClip: 4 }));
    const [task] = encodeTasks(planned, path);
    expect(task!.keyFrames).toEqual([24, 48, 72]);
    const segment = await encodedTask({ ...task!, resumeFrames: 48 });
    expect(keyFrames(segment.path)).toEqual([0, 24]);
    rmSync(segment.workDir, { recursive: true });
    clean();
  });

  test('a command that forces no keyframes is told which frame should be one', async () => {
    const path = film('24000/1001 frames a second', NTSC);
    const argv = FORCED.filter((word) => !word.includes('KEY_FRAMES') && word !== '-force_key_frames');
    const { planned, clean } = await plannedFilm(path, intervalJob({ everyS: 1, perClip: 4 }, argv));
    const [task] = encodeTasks(planned, path);
    await expect(encodedTask(task!)).rejects.toMatchObject({
      code: 'encoder_failed',
      message: expect.stringContaining('frame 24 of the segment'),
      details: { inputAtFault: true },
    });
    clean();
  });

  test('a picture whose pixels are not square is encoded so', async () => {
    const path = film('of wide pixels', { ...NTSC, args: ['-vf', 'setsar=64/45', ...SOURCE] });
    const { planned, clean } = await plannedFilm(path, intervalJob({ everyS: 5, perClip: 1 }));
    const segment = await encodedTask(encodeTasks(planned, path)[1]!);
    expect(probeFile(segment.path).streams[0]).toMatchObject({ sample_aspect_ratio: '64:45' });
    rmSync(segment.workDir, { recursive: true });
    clean();
  });
});
