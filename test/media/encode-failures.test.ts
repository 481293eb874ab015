import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runIndexTask } from '../../agent/runners/index-task.ts';
import { runMergeTask } from '../../agent/runners/merge-task.ts';
import { mediaTools } from '../../agent/runners/runner.ts';
import { verifyResult } from '../../agent/media/verify-result.ts';
import type { SourceIndex } from '../../shared/source-index.ts';
import { localObject, runnerContext } from '../support/runner-context.ts';
import { encodedClip, indexed, mergeTaskOf, throughTheGrid } from '../support/through-the-grid.ts';
import { ffmpegEncoder as ffmpeg, shortFilm } from './short-film.ts';

const OPEN = `import os, vapoursynth as vs
clip = vs.core.bs.VideoSource(os.environ['CLIPGRID_SOURCE'])
`;

let known: SourceIndex | undefined;
async function encode(clip: { encoder?: readonly string[]; script?: string }) {
  known ??= (await indexed(shortFilm())).index;
  return encodedClip(shortFilm(), known, { span: [10, 45], ...clip });
}

function failure(code: string, message: string): object {
  return { code, message: expect.stringContaining(message) as string };
}

describe('an encoder that exits 0 with fewer frames has failed (M6)', { timeout: 120_000 }, () => {
  test.each([
    ['stops reading', ffmpeg('-frames:v', '10', '-c:v', 'ffv1')],
    ['drops every second', ffmpeg('-vf', "select='mod(n,2)'", '-vsync', 'passthrough', '-c:v', 'ffv1')],
    ['doubles each', ffmpeg('-vf', 'fps=50', '-c:v', 'ffv1')],
  ])('%s', async (_, encoder) => {
    await expect(encode({ encoder })).rejects.toMatchObject({
      code: expect.stringMatching(/^(frames_missing|encoder_failed)$/) as string,
      message: expect.stringMatching(
        /before it had read all frames|was given \d+ frames, its output has \d+/,
      ) as string,
    });
  });
});

describe('an encoder that leaves no good segment has failed (M3)', { timeout: 120_000 }, () => {
  test.each([
    [
      'no file',
      ffmpeg('-f', 'null'),
      'encoder_failed',
      'the encoder ended well but wrote nothing to OUT.mkv',
    ],
    ['garbage', ffmpeg('-f', 'rawvideo'), 'encoder_failed', 'the encoder wrote no readable video'],
    ['an error', ffmpeg('-c:v', 'nonsense'), 'encoder_failed', "Unknown encoder 'nonsense'"],
    ['no program', ['notaprogram'], 'tool_missing', 'this agent has no program notaprogram'],
  ])('%s', async (_, encoder, code, message) => {
    await expect(encode({ encoder })).rejects.toMatchObject(failure(code, message));
  });
});

describe('a script that fails is blamed for it', { timeout: 120_000 }, () => {
  const dying = `${OPEN}
def look(n, f):
    if n >= 20: raise ValueError('the sky fell at frame %d' % n)
    return f
clip.std.ModifyFrame(clip, look).set_output()
`;
  test.each([
    ['mid-clip', dying, 'script_failed', 'ValueError: the sky fell at frame'],
    ['at once', 'raise SystemError("no")', 'script_failed', 'no'],
    ['with nothing to show', OPEN, 'script_no_frames', 'does it call set_output()'],
    [
      'with pixels that y4m cannot carry',
      `${OPEN}clip.resize.Point(format=vs.RGB24).set_output()`,
      'script_failed',
      '',
    ],
  ])('%s', async (_, script, code, message) => {
    await expect(encode({ script })).rejects.toMatchObject(failure(code, message));
  });
});

describe('the merge takes no segment that is not whole', { timeout: 120_000 }, () => {
  test.each([
    ['truncated', (bytes: Buffer) => bytes.subarray(0, bytes.length * 0.6), 'verify_failed'],
    ['garbage', () => Buffer.alloc(5_000, 'x'), 'source_unreadable'],
  ])('%s', async (_, damage, code) => {
    const { index, files } = await indexed(shortFilm());
    const segment = await encodedClip(shortFilm(), index, { span: [0, 50] });
    writeFileSync(segment.path, damage(readFileSync(segment.path)));
    await expect(runMergeTask(mergeTaskOf([segment], files), runnerContext())).rejects.toMatchObject({
      code,
    });
  });
});

test('a merged file with less sound than its source is refused', { timeout: 120_000 }, async () => {
  const { index, result, clean } = await throughTheGrid(shortFilm());
  const context = runnerContext();
  const run = (...args: string[]) =>
    execFileSync('ffmpeg', ['-v', 'error', '-y', ...args], { cwd: context.workDir });
  run('-i', result, '-map', '0:a', '-c', 'copy', 'whole.mka');
  const timesMs = index.pts.toSorted((a, b) => a - b);
  const check = (path: string) =>
    verifyResult(mediaTools(context), join(context.workDir, path), {
      container: 'matroska',
      timesMs,
      segmentFrames: [50],
      soundPath: join(context.workDir, 'whole.mka'),
    });
  copyFileSync(result, join(context.workDir, 'good.mkv'));
  await check('good.mkv');
  run('-i', result, '-map', '0:v', '-c', 'copy', 'silent.mkv');
  await expect(check('silent.mkv')).rejects.toMatchObject(
    failure('verify_failed', '0 audio tracks, 1 are expected'),
  );
  run('-i', result, '-t', '1.5', '-i', result, '-map', '0:v', '-map', '1:a', '-c', 'copy', 'short.mkv');
  await expect(check('short.mkv')).rejects.toMatchObject(
    failure('verify_failed', 'audio track 0 of the merged file'),
  );
  run('-i', result, '-map', '0', '-c', 'copy', '-bsf:v', 'noise=drop=eq(n\\,7)', 'dropped.mkv');
  await expect(check('dropped.mkv')).rejects.toMatchObject(
    failure('verify_failed', '49 frames, 50 are expected'),
  );
  run(
    '-itsscale',
    '1.01',
    '-i',
    result,
    '-i',
    result,
    '-map',
    '0:v',
    '-map',
    '1:a',
    '-c',
    'copy',
    'slow.mkv',
  );
  await expect(check('slow.mkv')).rejects.toMatchObject(failure('verify_failed', 'of the merged file is at'));
  clean();
});

test('a source for which there is no room is refused before it is fetched', async () => {
  const source = { ...localObject(shortFilm()), sizeBytes: 1e18 };
  await expect(runIndexTask({ source }, runnerContext())).rejects.toMatchObject(
    failure('disk_full', 'this agent has no room for the source: 1200000000000 MB are needed'),
  );
});
