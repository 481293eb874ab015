import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runPreviewTask } from '../../agent/runners/preview-task.ts';
import { lateVideoFilm, markedFilm, openGopFilm } from '../support/films.ts';
import { startRemoteSources, type RemoteSources } from '../support/remote-source.ts';
import { runnerContext } from '../support/runner-context.ts';
import { plainScript } from '../support/scripts.ts';
import { BIG_BUCK_BUNNY } from '../support/tools.ts';

const folder = mkdtempSync(join(tmpdir(), 'clipgrid-preview-'));
let remote: RemoteSources;
beforeAll(async () => {
  remote = await startRemoteSources();
});
afterAll(() => remote.close());

/** A picture as RGB bytes. */
function pixels(path: string, ...filters: readonly string[]): Buffer {
  const filter = filters.length === 0 ? [] : ['-vf', filters.join(',')];
  const args = [
    '-v',
    'error',
    '-i',
    path,
    ...filter,
    '-frames:v',
    '1',
    '-pix_fmt',
    'rgb24',
    '-f',
    'rawvideo',
    '-',
  ];
  return execFileSync('ffmpeg', args, { maxBuffer: 2 ** 26 });
}

/** A film's picture that passes a filter, brought to RGB as well as can be. */
function framePixels(path: string, select: string): Buffer {
  return pixels(path, select, 'scale=flags=lanczos+accurate_rnd+full_chroma_int+full_chroma_inp');
}

/** From 0, black, to 255. */
function brightness(path: string): number {
  const bytes = pixels(path);
  return bytes.reduce((sum, byte) => sum + byte, 0) / bytes.length;
}

function difference(a: Buffer, b: Buffer): number {
  expect(a.length).toBe(b.length);
  return a.reduce((sum, byte, i) => sum + Math.abs(byte - (b[i] ?? 0)), 0) / a.length;
}

async function preview(path: string, atSeconds: number, text = '') {
  const source = await remote.put(path);
  let fetched = 0;
  const counting: typeof remote.source = {
    ...remote.source,
    async open(input, signal) {
      const opened = await remote.source.open(input, signal);
      const close = async (): Promise<void> => {
        fetched = opened.fetchedBytes();
        await opened.close();
      };
      return { ...opened, close };
    },
  };
  const script = { text, sourceVariable: 'CLIPGRID_SOURCE', sourceName: 'CLIPGRID_SOURCE.mkv' };
  const context = { ...runnerContext(), source: counting };
  const { result, artifacts } = await runPreviewTask({ source, script, atSeconds }, context);
  if (result.kind?.$case !== 'preview') throw new Error('a preview leaves a preview');
  expect(artifacts.map(({ name }) => name)).toEqual(['file/before.png', 'file/after.png']);
  const [before = '', after = ''] = artifacts.map((artifact) => artifact.path);
  return { value: result.kind.value, before, after, fetched, size: source.sizeBytes };
}

/** The built-in pass-through needs no VapourSynth. */
describe('the frame that is shown', () => {
  test('is the one at that time, between its neighbours', async () => {
    const film = markedFilm(folder, 4, 60);
    const at = async (seconds: number) => {
      const { value, before, after } = await preview(film, seconds);
      expect(pixels(after).equals(pixels(before))).toBe(true);
      return { shown: value.atSeconds, white: brightness(before) > 250 };
    };
    expect(await at(2.39)).toEqual({ shown: expect.closeTo(2.36, 2), white: false });
    expect(await at(2.4)).toEqual({ shown: expect.closeTo(2.4, 2), white: true });
    expect(await at(2.43)).toEqual({ shown: expect.closeTo(2.4, 2), white: true });
    expect(await at(2.44)).toEqual({ shown: expect.closeTo(2.44, 2), white: false });
  }, 60_000);

  test.each([0, 0.04, 1.96, 2, 2.04, 3.2, 3.96, 9_999])(
    'in a film of open GOPs, at %f s',
    async (atSeconds) => {
      const film = openGopFilm(folder, 4);
      const { value, before } = await preview(film, atSeconds);
      const frame = Math.min(99, Math.round(atSeconds * 25));
      expect(value).toMatchObject({ sourceWidth: 160, sourceHeight: 90, outputWidth: 160, outputHeight: 90 });
      expect(value.atSeconds).toBeCloseTo(frame / 25, 2);
      expect(difference(pixels(before), framePixels(film, `select='eq(n,${frame})'`))).toBeLessThan(1.5);
    },
  );

  test('where the picture begins late', async () => {
    const { value } = await preview(lateVideoFilm(folder, 2, 0.5), 0.1);
    expect(value.atSeconds).toBeGreaterThanOrEqual(0.5);
    expect(value.atSeconds).toBeLessThan(0.58);
  });

  test.each(['mp4', 'mkv', 'ts'])(
    'costs a small part of a long film (%s)',
    async (as) => {
      const film = join(folder, `long.${as}`);
      const loop = ['-stream_loop', '59', '-i', BIG_BUCK_BUNNY, '-c', 'copy', film];
      execFileSync('ffmpeg', ['-v', 'error', '-y', ...loop]);
      const { value, before, fetched, size } = await preview(film, 301);
      expect(value).toMatchObject({ sourceWidth: 1280, sourceHeight: 720 });
      expect(value.atSeconds).toBeGreaterThan(300.95);
      // A seek makes its point the zero of time; in a transport stream it lands anywhere.
      const exact = film.replace(/ts$/, 'mkv');
      const wanted = `select='gte(t,${value.atSeconds - 296 - 0.002})'`;
      const reference = join(folder, 'reference.png');
      const from = ['-ss', '296', '-i', exact, '-vf', wanted, '-frames:v', '1', reference];
      execFileSync('ffmpeg', ['-v', 'error', '-y', ...from]);
      expect(difference(pixels(before), pixels(reference))).toBeLessThan(4);
      expect(size).toBeGreaterThan(60_000_000);
      expect(fetched).toBeLessThan(size / 5);
    },
    60_000,
  );

  test('of a stream without time stamps', async () => {
    const raw = join(folder, 'raw.h264');
    execFileSync('ffmpeg', ['-v', 'error', '-y', '-i', markedFilm(folder, 4, 60), '-c', 'copy', raw]);
    const { before } = await preview(raw, 2.41);
    expect(brightness(before)).toBeGreaterThan(250);
  });

  test('is no wider than 1920, and upright where the film is', async () => {
    const large = join(folder, 'large.mkv');
    const video = ['-f', 'lavfi', '-i', 'testsrc2=s=3840x1600:r=5:d=1'];
    execFileSync('ffmpeg', ['-v', 'error', '-y', ...video, '-c:v', 'libx264', '-preset', 'ultrafast', large]);
    const { value, before } = await preview(large, 0.5);
    expect(value).toMatchObject({ sourceWidth: 3840, sourceHeight: 1600 });
    expect(pixels(before)).toHaveLength(1920 * 800 * 3);
  });
});

describe('what the script makes of it', () => {
  test('the frame of the same time, in the same colours', async () => {
    const film = markedFilm(folder, 4, 60);
    const inverted = plainScript('CLIPGRID_SOURCE').replace(
      'clip.set_output()',
      'clip.std.Invert().set_output()',
    );
    const shown = await preview(film, 2.4, inverted);
    expect([brightness(shown.before) > 250, brightness(shown.after) < 5]).toEqual([true, true]);
    const same = await preview(film, 2.2, plainScript('CLIPGRID_SOURCE'));
    expect(difference(pixels(same.before), pixels(same.after))).toBeLessThan(0.5);
  }, 60_000);

  test('of another size and rate', async () => {
    const twice = plainScript('CLIPGRID_SOURCE').replace(
      'clip.set_output()',
      'core.resize.Bicubic(core.std.Interleave([clip, clip]), 320, 180).set_output()',
    );
    const { value, before, after } = await preview(markedFilm(folder, 4, 60), 2.4, twice);
    expect(value).toMatchObject({ sourceWidth: 160, outputWidth: 320, outputHeight: 180 });
    expect([brightness(before) > 250, brightness(after) > 250]).toEqual([true, true]);
    expect(pixels(after)).toHaveLength(320 * 180 * 3);
  });

  test.each([
    ['clip.set_output(', 'script_failed', 'SyntaxError'],
    ['raise ValueError("no such noise")', 'script_failed', 'no such noise'],
    ['pass', 'script_no_frames', 'set_output'],
  ])('%s says why not, and no other agent is asked', async (line, code, words) => {
    const script = plainScript('CLIPGRID_SOURCE').replace('clip.set_output()', line);
    await expect(preview(markedFilm(folder, 4, 60), 1, script)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(words) as string,
      details: { inputAtFault: true },
    });
  });
});

test('what is no film says so', async () => {
  const text = join(folder, 'list.m3u8');
  execFileSync('sh', ['-c', `printf '#EXTM3U\\n#EXTINF:1,\\n/etc/passwd\\n' > ${text}`]);
  await expect(preview(text, 1)).rejects.toMatchObject({ code: 'source_unreadable' });
});
