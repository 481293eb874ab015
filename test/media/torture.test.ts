import { readFileSync, rmSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { runEncodeTask } from '../../agent/runners/encode-task.ts';
import { runIndexTask } from '../../agent/runners/index-task.ts';
import { runMergeTask } from '../../agent/runners/merge-task.ts';
import { createCutPlanner } from '../../shared/clip-cut.ts';
import type { EncodeResult } from '../../shared/gen/clipgrid/v1/task.ts';
import type { SourceIndex } from '../../shared/source-index.ts';
import { frameMd5s, frameTimes, probeFile, type TestProbe } from '../support/probe.ts';
import { localObject, runnerContext } from '../support/runner-context.ts';
import { generate } from './generate.ts';
import { RECIPES, type Recipe } from './recipes.ts';

const PASS_THROUGH = { text: '', sourceVariable: 'CLIPGRID_SOURCE', sourceName: 'CLIPGRID_SOURCE.mkv' };
const LOSSLESS = {
  programs: [{ argv: ['ffmpeg', '-v', 'error', '-i', '-', '-c:v', 'ffv1', '-level', '3', 'OUT.mkv'] }],
  outputName: 'OUT.mkv',
};

async function indexed(path: string) {
  const context = runnerContext();
  const output = await runIndexTask({ source: localObject(path) }, context);
  const files = Object.fromEntries(output.artifacts.map((artifact) => [artifact.name, artifact.path]));
  const index = JSON.parse(gunzipSync(readFileSync(files['index']!)).toString()) as SourceIndex;
  return { index, files };
}

async function encoded(path: string, index: SourceIndex, [startFrame, endFrame]: readonly [number, number]) {
  const context = runnerContext();
  const output = await runEncodeTask(
    {
      source: localObject(path),
      range: { startFrame, endFrame },
      script: PASS_THROUGH,
      command: LOSSLESS,
      cut: createCutPlanner(index).cut(startFrame, endFrame),
      sourceFormat: index.format,
      timeoutSeconds: 0,
    },
    context,
  );
  const value = output.result.kind!.value as EncodeResult;
  return { path: output.artifacts[0]!.path, value, workDir: context.workDir };
}

/** Three clips, none of whose borders asks for a keyframe; one where the source is not to be cut. */
function clipsOf(index: SourceIndex): [number, number][] {
  const frames = index.pts.length;
  if (frames < 3 || !index.packetExact) return [[0, frames]];
  const [a, b] = [Math.floor(frames * 0.37), Math.floor(frames * 0.71)];
  return [
    [0, a],
    [a, b],
    [b, frames],
  ];
}

async function throughTheGrid(path: string) {
  const { index, files } = await indexed(path);
  const segments = [];
  for (const clip of clipsOf(index)) segments.push(await encoded(path, index, clip));
  const context = runnerContext();
  const output = await runMergeTask(
    {
      segments: segments.map((segment) => localObject(segment.path)),
      index: localObject(files['index']!),
      sidecar: files['sidecar'] ? localObject(files['sidecar']) : undefined,
      frameCount: segments.reduce((sum, segment) => sum + segment.value.frameCount, 0),
      segmentFrames: segments.map((segment) => segment.value.frameCount),
      container: 'matroska',
      restoreTimestamps: true,
      timeoutSeconds: 0,
    },
    context,
  );
  for (const segment of segments) rmSync(segment.workDir, { recursive: true });
  return { index, result: output.artifacts[0]!.path };
}

/** Times relative to the start of the file's own timeline. */
function times(path: string): number[] {
  const all = frameTimes(path);
  return all.map((time) => time - all[0]!);
}

const PICTURE = [
  'width',
  'height',
  'color_primaries',
  'color_transfer',
  'color_space',
  'sample_aspect_ratio',
] as const;

/** Size, shape of pixels and colour are the source's. */
function checkPicture(path: string, result: string): void {
  const cover = (one: TestProbe['streams'][number]) => one.disposition['attached_pic'] === 1;
  const video = (file: string) =>
    probeFile(file).streams.find((one) => one.codec_type === 'video' && !cover(one))!;
  const [before, after] = [video(path), video(result)];
  for (const key of PICTURE) expect([key, after[key] ?? 'N/A']).toEqual([key, before[key] ?? 'N/A']);
}

function checkStreams(result: string, { expect: wanted }: Recipe): void {
  const probed = probeFile(result);
  const [video, ...others] = probed.streams;
  expect(video!.codec_type).toBe('video');
  if (wanted.streams) {
    const kinds = others.map(
      (one) => `${one.codec_type}:${one.codec_name ?? one.tags?.['filename']?.split('.').at(-1)}`,
    );
    expect(kinds).toEqual(wanted.streams);
  }
  if (wanted.languages) {
    expect(others.flatMap((one) => one.tags?.['language'] ?? [])).toEqual(wanted.languages);
  }
  if (wanted.chapters) expect(probed.chapters.map((one) => one.tags?.['title'])).toEqual(wanted.chapters);
  if (wanted.attachments) {
    const attached = others.filter((one) => one.codec_type === 'attachment');
    expect(attached.map((one) => one.tags?.['filename'])).toEqual(wanted.attachments);
  }
  if (wanted.offsetMs !== undefined) {
    const audio = others.find((one) => one.codec_type === 'audio');
    const offsetMs = (Number(video!.start_time) - Number(audio!.start_time)) * 1000;
    expect(Math.abs(offsetMs - wanted.offsetMs)).toBeLessThan(40);
  }
}

describe.each(RECIPES)('$name', (recipe) => {
  test(
    'every frame in is a frame out, at its time, with all that is around it',
    { timeout: 120_000 },
    async () => {
      const path = generate(recipe);
      const source = frameMd5s(path);
      expect(source).toHaveLength(recipe.expect.frames);
      const { index, result } = await throughTheGrid(path);
      expect(index.pts).toHaveLength(source.length);
      const got = frameMd5s(result);
      expect(got).toHaveLength(source.length);
      if (!recipe.expect.inexact) expect(got).toEqual(source);
      const [before, after] = [times(path), times(result)];
      // Where the source itself tells no time (AVI), there is none to keep.
      const wrong = after.filter(
        (time, i) => !Number.isNaN(before[i]!) && Math.abs(time - before[i]!) >= 0.0016,
      );
      expect(wrong).toEqual([]);
      expect(index.variableFrameRate).toBe(recipe.expect.variable ?? false);
      checkStreams(result, recipe);
      checkPicture(path, result);
    },
  );
});

test('there are at least 24 torture sources, no two alike', () => {
  expect(new Set(RECIPES.map((recipe) => recipe.name)).size).toBeGreaterThanOrEqual(24);
});
