import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { frameMd5s, frameTimes, packets, probeFile, type TestProbe } from '../support/probe.ts';
import { throughTheGrid, type Passage } from '../support/through-the-grid.ts';
import { generate } from './generate.ts';
import type { Recipe } from './recipes.ts';

/** Times relative to the start of the file's own timeline. */
function times(path: string, stream = '0:v:0'): number[] {
  const all = frameTimes(path, stream);
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
function checkPicture(path: string, result: string, recipe: Recipe): void {
  const cover = (one: TestProbe['streams'][number]) => one.disposition['attached_pic'] === 1;
  const video = (file: string) =>
    probeFile(file).streams.find((one) => one.codec_type === 'video' && !cover(one))!;
  const [before, after] = [video(path), video(result)];
  const changed = recipe.expect.changed ?? [];
  for (const key of PICTURE)
    if (!changed.includes(key)) expect([key, after[key] ?? 'N/A']).toEqual([key, before[key] ?? 'N/A']);
}

/** Read from the bytes where it is Matroska: ffmpeg before 7 does not look at it there. */
function rotationOf(path: string): number {
  const matrix = probeFile(path).streams[0]!.side_data_list?.find((data) => data['rotation'] !== undefined);
  if (matrix) return Number(matrix['rotation']);
  const bytes = readFileSync(path).subarray(0, 4096);
  const at = bytes.indexOf(Buffer.from([0x76, 0x75, 0x84]));
  return at < 0 ? 0 : bytes.readFloatBE(at + 3);
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
    // MP4 has a language on every track; `und` says that there is none.
    const languages = others.flatMap((one) => one.tags?.['language'] ?? []).filter((code) => code !== 'und');
    expect(languages).toEqual(wanted.languages);
  }
  if (wanted.chapters) expect(probed.chapters.map((one) => one.tags?.['title'])).toEqual(wanted.chapters);
  if (wanted.attachments) {
    const attached = others.filter((one) => one.codec_type === 'attachment');
    expect(attached.map((one) => one.tags?.['filename'])).toEqual(wanted.attachments);
  }
  if (wanted.dispositions) {
    const set = (one: TestProbe['streams'][number]) =>
      Object.entries(one.disposition).filter(([, on]) => on === 1);
    expect(
      probed.streams.map((one) =>
        set(one)
          .map(([name]) => name)
          .join('+'),
      ),
    ).toEqual(wanted.dispositions);
  }
  if (wanted.titles) expect(probed.streams.map((one) => one.tags?.['title'] ?? '')).toEqual(wanted.titles);
  if (wanted.rotation !== undefined) expect(rotationOf(result)).toBe(wanted.rotation);
  if (wanted.offsetMs !== undefined) {
    const audio = others.find((one) => one.codec_type === 'audio');
    const offsetMs = (Number(video!.start_time) - Number(audio!.start_time)) * 1000;
    expect(Math.abs(offsetMs - wanted.offsetMs)).toBeLessThan(40);
  }
}

/** HDR10's static metadata as x265 was told it, in the words of ffprobe. */
const HDR = [
  {
    side_data_type: 'Content light level metadata',
    max_content: 1000,
    max_average: 400,
  },
  {
    side_data_type: 'Mastering display metadata',
    ...{ red_x: 0.68, red_y: 0.32, green_x: 0.265, green_y: 0.69, blue_x: 0.15, blue_y: 0.06 },
    ...{ white_point_x: 0.3127, white_point_y: 0.329, min_luminance: 0.005, max_luminance: 1000 },
  },
];

function sideData(result: string): Record<string, unknown>[] {
  const list = probeFile(result).streams[0]?.side_data_list ?? [];
  const plain = (value: unknown): unknown => {
    const [num, den] = String(value).split('/').map(Number);
    return den ? Number((num! / den).toFixed(6)) : value;
  };
  return list
    .map((data) => Object.fromEntries(Object.entries(data).map(([key, value]) => [key, plain(value)])))
    .toSorted((a, b) => String(a['side_data_type']).localeCompare(String(b['side_data_type'])));
}

/** Copied sound is the source's, packet by packet, and as far from the first picture as it was. */
function checkSound(path: string, result: string, { expect: { soundMs = 2.5, videoStream } }: Recipe): void {
  const sound = (file: string) => probeFile(file).streams.filter((one) => one.codec_type === 'audio');
  const [before, after] = [sound(path), sound(result)];
  expect(after).toHaveLength(before.length);
  const [startBefore, startAfter] = [frameTimes(path, videoStream)[0]!, frameTimes(result)[0]!];
  before.forEach((stream, i) => {
    if (stream.codec_name !== after[i]!.codec_name) return;
    const [from, to] = [packets(path, `a:${i}`), packets(result, `a:${i}`)];
    expect(to).toHaveLength(from.length);
    // A transport stream has its AAC in ADTS frames, with headers.
    if (!path.endsWith('.ts')) expect(to.map((one) => one.hash)).toEqual(from.map((one) => one.hash));
    const moved = to.map((one, k) => one.time - startAfter - (from[k]!.time - startBefore));
    expect(moved.filter((by) => Math.abs(by) > soundMs / 1000)).toEqual([]);
  });
}

/** How far a frame may be from its time: Matroska's own rounding, before and after. */
const MATROSKA_TICK_S = 0.0016;

/** One source through the grid: every frame in is a frame out, at its time, with all that is around it. */
export interface PassageCheck {
  /** Default: the recipe's own. */
  readonly expected?: Recipe['expect'];
  readonly passage?: Passage;
  /** How far a frame may be from its time, in seconds. */
  readonly tickS?: number;
}

export async function checkPassage(
  original: Recipe,
  { expected = original.expect, passage = {}, tickS = MATROSKA_TICK_S }: PassageCheck = {},
): Promise<void> {
  const recipe = { ...original, expect: expected };
  const path = generate(recipe);
  const stream = recipe.expect.videoStream ?? '0:v:0';
  const source = frameMd5s(path, stream);
  expect(source).toHaveLength(recipe.expect.frames);
  const { index, result, lines, clean } = await throughTheGrid(path, passage);
  expect(index.pts).toHaveLength(source.length);
  const got = frameMd5s(result);
  expect(got).toHaveLength(source.length);
  if (!recipe.expect.inexact) expect(got).toEqual(source);
  const [before, after] = [times(path, stream), times(result)];
  // Where the source itself tells no time (AVI), there is none to keep.
  const wrong = after.filter((time, i) => !Number.isNaN(before[i]!) && Math.abs(time - before[i]!) >= tickS);
  if (!recipe.expect.repaired) expect(wrong).toEqual([]);
  expect(index.variableFrameRate).toBe(recipe.expect.variable ?? false);
  checkStreams(result, recipe);
  checkPicture(path, result, recipe);
  if (!recipe.expect.repaired) checkSound(path, result, recipe);
  if (recipe.expect.hdr) expect(sideData(result)).toEqual(HDR);
  for (const line of recipe.expect.logged ?? []) expect(lines).toContainEqual(expect.stringContaining(line));
  clean();
}
