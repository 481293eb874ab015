import { rmSync, statSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { runAudioTask } from '../../agent/runners/audio-task.ts';
import {
  encodedTask,
  encodeTasks,
  FORCED,
  intervalJob,
  packagedFilm,
  plannedFilm,
} from '../support/interval-clips.ts';
import { allPackets, frameMd5s, frameTimes, keyFrames, probeFile } from '../support/probe.ts';
import { localObject, runnerContext } from '../support/runner-context.ts';
import { indexed } from '../support/through-the-grid.ts';
import { generate } from './generate.ts';
import type { Recipe } from './recipes.ts';

const SOURCE = ['-c:v', 'libx264', '-preset', 'ultrafast', '-bf', '2', '-g', '31'];
const picture = (rate: string, seconds: number): string[] => [
  ...['-f', 'lavfi', '-i', `testsrc2=s=160x90:r=${rate}:d=${seconds}`],
  ...['-f', 'lavfi', '-i', `sine=440:d=${seconds}`],
];
const film = (name: string, of: Omit<Recipe, 'name' | 'as' | 'expect'>): string =>
  generate({ name: `ladder ${name}`, as: 'mkv', seconds: 10, expect: { frames: 0 }, ...of });

const COLOUR = ['-color_primaries', 'bt709', '-color_trc', 'bt709', '-colorspace', 'bt709'];
const NTSC = { inputs: picture('24000/1001', 6), args: [...SOURCE, ...COLOUR, '-c:a', 'aac'] };
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
      found.push(...keyFrames(allPackets(segment.path)).map((frame) => task.range!.startFrame + frame));
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
    expect(keyFrames(allPackets(segment.path))).toEqual([0, 24]);
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

const SOUND = ['-v', 'error', '-i', 'CLIPGRID_AUDIO.mkv', '-c:a', 'aac', '-b:a', '64k'];

/** The audio task's file of a sidecar. */
async function aac(sidecar: string): Promise<string> {
  const command = { programs: [{ argv: ['ffmpeg', ...SOUND, 'AUDIO.mkv'] }], outputName: 'AUDIO.mkv' };
  const task = { sidecar: localObject(sidecar), command, timeoutSeconds: 0 };
  const output = await runAudioTask(task, runnerContext());
  return output.artifacts[0]!.path;
}

const sized = (height: number): string[] => {
  const at = FORCED.indexOf('-c:v');
  return [...FORCED.slice(0, at), '-vf', `scale=-2:${height}`, ...FORCED.slice(at)];
};

type Rendition = Awaited<ReturnType<typeof packagedFilm>>;

/** What an independent reader finds in the files of a rendition: times in seconds, by file. */
function contents({ files }: Rendition) {
  const read = files.map(({ path }) => allPackets(path));
  const timesOf = (wanted: number): number[][] =>
    read.map((file) => file.filter(({ stream }) => stream === wanted).map(({ time }) => time));
  const frames = timesOf(0).map((file) => file.toSorted((a, b) => a - b));
  return { frames, sound: timesOf(1), keys: read.map((file) => keyFrames(file)) };
}

/** No frame missing or doubled, each file begins with its only keyframe, each frame is at its time. */
function checkPicture(
  { frames, keys }: ReturnType<typeof contents>,
  times: readonly number[],
  starts: readonly number[],
): void {
  const ends = [...starts.slice(1), times.length];
  expect(frames.map((file) => file.length)).toEqual(ends.map((end, file) => end - starts[file]!));
  expect(keys).toEqual(starts.map(() => [0]));
  const all = frames.flat();
  const late = all.filter((time, frame) => Math.abs(time - all[0]! - (times[frame]! - times[0]!)) > 0.0006);
  expect(late).toEqual([]);
}

/** What is told of the files is what they are. */
function checkTold({ value, files }: Rendition, times: readonly number[], starts: readonly number[]): void {
  expect(files.map((file) => file.name)).toEqual(value.files.map((file) => `file/${file.name}`));
  expect(value.files[1]!.name).toBe('output0001_h264_90p.ts');
  expect(value.files.map((file) => file.sizeBytes)).toEqual(files.map((file) => statSync(file.path).size));
  const ends = [...starts.slice(1).map((start) => times[start]!), times[0]! + value.durationSeconds];
  const off = value.files.map((file, i) => file.durationUs / 1e6 - (ends[i]! - times[starts[i]!]!));
  expect(off.filter((seconds) => Math.abs(seconds) > 0.0011)).toEqual([]);
  expect(value.codecs).toMatch(/^avc1\.42c00[a-f0-9],mp4a\.40\.2$/);
}

describe('two renditions of a film as files of a playlist', { timeout: 180_000 }, () => {
  test.each([
    ['24000/1001 frames a second, sound copied', NTSC, undefined, 'bt709'],
    [
      'frames at uneven times, sound encoded',
      { ...UNEVEN, args: [...UNEVEN.args.slice(0, -1), 'flac'] },
      aac,
      'unknown',
    ],
  ])('%s', async (name, of, audio, colour) => {
    const path = film(name, of);
    const job = (height: number) => intervalJob({ everyS: 2, perClip: 2 }, sized(height));
    const from = await indexed(path);
    const high = await packagedFilm(path, job(72), { audio, from });
    const low = await packagedFilm(path, job(48), { audio, from });
    const [one, other] = [contents(high), contents(low)];
    const times = frameTimes(path);
    const starts = wantedBorders(times, 2);
    for (const rendition of [high, low]) {
      expect(rendition.starts).toEqual(starts);
      checkTold(rendition, times, starts);
    }
    for (const found of [one, other]) checkPicture(found, times, starts);
    expect(high.value).toMatchObject({ frameCount: times.length, format: { width: 128, height: 72 } });
    const { color_space: matrix = 'unknown' } = probeFile(high.files[1]!.path).streams[0]!;
    expect(matrix).toBe(colour);
    // A file in the middle plays by itself.
    expect(frameMd5s(high.files[1]!.path)).toHaveLength(starts[2]! - starts[1]!);
    // The sound runs on over the borders: no gap or overlap of a frame of it.
    const sound = one.sound.flat();
    const frameS = 1024 / 44_100;
    const gaps = sound.slice(1).filter((at, packet) => Math.abs(at - sound[packet]! - frameS) > frameS / 10);
    expect(gaps).toEqual([]);
    expect(sound.length).toBeGreaterThan(200);
    // A player may change from one to the other at any border.
    expect(one.frames.map((file) => file[0])).toEqual(other.frames.map((file) => file[0]));
    expect(sound).toEqual(other.sound.flat());
    high.clean();
    low.clean();
  });

  test('a film that is shorter than an interval is one file', async () => {
    const path = film('24000/1001 frames a second', NTSC);
    const packaged = await packagedFilm(path, intervalJob({ everyS: 60, perClip: 1 }, sized(48)));
    checkPicture(contents(packaged), frameTimes(path), [0]);
    packaged.clean();
  });

  test('sound that starts late and is encoded still does', async () => {
    const inputs = [...picture('25', 3).slice(0, 4), '-itsoffset', '0.25', ...picture('25', 3).slice(4)];
    const path = film('late sound', { inputs, args: [...SOURCE, '-c:a', 'flac'] });
    const packaged = await packagedFilm(path, intervalJob({ everyS: 2, perClip: 1 }), { audio: aac });
    const { frames, sound } = contents(packaged);
    expect(Math.abs(sound.flat()[0]! - frames.flat()[0]! - 0.25)).toBeLessThan(0.03);
    packaged.clean();
  });
});
