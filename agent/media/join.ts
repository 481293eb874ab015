import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GridError } from '../../shared/errors.ts';
import { fewAtOnce } from '../../shared/few-at-once.ts';
import type { VideoFormat } from '../../shared/gen/clipgrid/v1/task.ts';
import { ffmpeg } from './ffmpeg.ts';
import { mainVideo, probe, type MediaTools } from './probe.ts';
import { videoFormat } from './video-format.ts';

/** What segments are made of, all alike. */
export interface Agreement {
  readonly format: VideoFormat;
  /** Whether all have the same codec extradata (parameter sets). */
  readonly sameExtradata: boolean;
}

const MUST_AGREE = [
  'codec',
  'width',
  'height',
  'pixelFormat',
  'colorRange',
  'colorPrimaries',
  'colorTransfer',
  'colorSpace',
] as const;

/** Codecs whose stream can change its parameters on the way: they repeat at keyframes, or are made to. */
const PARAMETERS_IN_BAND = new Set(
  'h264 hevc av1 vp8 vp9 mpeg1video mpeg2video mjpeg prores dnxhd rawvideo v210'.split(' '),
);

/** Each is a process that lives for some hundredths of a second. */
const PROBES_AT_ONCE = 4;

/** Segments must be one stream when they are joined: same codec, size, pixels and colour, else `segment_mismatch`. */
export async function checkAgreement(tools: MediaTools, paths: readonly string[]): Promise<Agreement> {
  const streams = await fewAtOnce(paths, PROBES_AT_ONCE, async (path) => mainVideo(await probe(tools, path)));
  const formats = streams.map((stream) => videoFormat(stream));
  const [first] = formats;
  if (first === undefined) throw new GridError('invalid_argument', 'there is nothing to merge');
  for (const [i, format] of formats.entries()) {
    for (const key of MUST_AGREE) {
      if (format[key] === first[key]) continue;
      const message = `segment ${i} has ${key} ${format[key]}, the first has ${first[key]}: they cannot be one stream`;
      throw new GridError('segment_mismatch', message);
    }
  }
  const extradata = new Set(streams.map((stream) => stream.extradata_hash ?? ''));
  const sameExtradata = extradata.size === 1;
  if (!sameExtradata && !PARAMETERS_IN_BAND.has(first.codec)) {
    const message = `the segments' ${first.codec} headers differ: they cannot be one stream. Does the encoder decide by the picture?`;
    throw new GridError('segment_mismatch', message);
  }
  return { format: first, sameExtradata };
}

/**
 * HEVC segments with their own parameter sets before each keyframe: a joined file has room for one set of extradata. ffmpeg's
 * concat does this for H.264 by itself. NUT is what holds such a stream with its time stamps.
 */
async function withParameterSets(tools: MediaTools, paths: readonly string[]): Promise<string[]> {
  const result: string[] = [];
  for (const [i, path] of paths.entries()) {
    const nut = join(tools.workDir, `in-band-${i}.nut`);
    await ffmpeg(tools, 'verify_failed', [
      '-i',
      path,
      '-map',
      '0:v:0',
      '-c',
      'copy',
      '-bsf:v',
      'hevc_mp4toannexb',
      '-f',
      'nut',
      nut,
    ]);
    result.push(nut);
  }
  return result;
}

/**
 * Far more than any of several segments lasts: each then starts after the one before it, whatever its file says of its
 * length. A gap of 30 hours would be taken for damage (ffmpeg's `dts_error_threshold`).
 */
const SEGMENT_SPACING_S = 80_000;

/** Joins the video of segments by stream copy, in Matroska; the time stamps are only in order, not yet right. */
export async function joinSegments(
  tools: MediaTools,
  { paths, agreement }: { paths: readonly string[]; agreement: Agreement },
  outputPath: string,
): Promise<void> {
  const inBand = agreement.format.codec === 'hevc' && !agreement.sameExtradata;
  const parts = inBand ? await withParameterSets(tools, paths) : paths;
  const list = join(tools.workDir, 'segments.txt');
  const lines = parts.map(
    (path) => `file '${path.replaceAll("'", String.raw`'\''`)}'\nduration ${SEGMENT_SPACING_S}\n`,
  );
  await writeFile(list, lines.join(''));
  const args = [
    '-f',
    'concat',
    '-safe',
    '0',
    '-i',
    list,
    '-map',
    '0:v:0',
    '-c',
    'copy',
    '-map_metadata',
    '-1',
  ];
  // All blocks simple and lonely in their clusters' order: retiming reads it back.
  await ffmpeg(tools, 'verify_failed', [
    ...args,
    '-avoid_negative_ts',
    'make_zero',
    '-f',
    'matroska',
    outputPath,
  ]);
}
