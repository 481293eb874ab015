import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GridError } from '../../shared/errors.ts';
import { fewAtOnce } from '../../shared/few-at-once.ts';
import type { MergeTask, VideoFormat } from '../../shared/gen/clipgrid/v1/task.ts';
import type { SourceIndex } from '../../shared/source-index.ts';
import { runTool } from '../subprocess.ts';
import { mainVideo, probe, TOOL_ENVIRONMENT, type MediaTools } from './probe.ts';
import { retime } from './retime.ts';
import { videoFormat } from './video-format.ts';

async function ffmpeg(tools: MediaTools, args: readonly string[]): Promise<void> {
  const argv = [tools.ffmpeg, '-nostdin', '-v', 'error', '-y', ...args];
  await runTool(
    { argv, cwd: tools.workDir, environment: TOOL_ENVIRONMENT },
    { ...tools, failure: 'verify_failed' },
  );
}

/** Each is a process that lives for some hundredths of a second. */
const PROBES_AT_ONCE = 4;

/** Segments must be one stream when they are joined: same codec, size, pixels and colour. */
export async function checkAgreement(tools: MediaTools, paths: readonly string[]): Promise<VideoFormat> {
  const formats = await fewAtOnce(paths, PROBES_AT_ONCE, async (path) =>
    videoFormat(mainVideo(await probe(tools, path))),
  );
  const [first] = formats;
  if (first === undefined) throw new GridError('invalid_argument', 'there is nothing to merge');
  for (const [i, format] of formats.entries()) {
    for (const key of [
      'codec',
      'width',
      'height',
      'pixelFormat',
      'colorPrimaries',
      'colorTransfer',
      'colorSpace',
    ] as const) {
      if (format[key] === first[key]) continue;
      const message = `segment ${i} has ${key} ${format[key]}, the first has ${first[key]}: they cannot be one stream`;
      throw new GridError('segment_mismatch', message);
    }
  }
  return first;
}

/** Joins the video of segments by stream copy, in Matroska; the time stamps are only in order, not yet right. */
export async function joinSegments(
  tools: MediaTools,
  paths: readonly string[],
  outputPath: string,
): Promise<void> {
  const list = join(tools.workDir, 'segments.txt');
  await writeFile(list, paths.map((path) => `file '${path}'\n`).join(''));
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
  await ffmpeg(tools, [...args, '-avoid_negative_ts', 'make_zero', '-f', 'matroska', outputPath]);
}

/** Presentation times of all frames of the result, in milliseconds on the source's timeline. */
export function resultTimesMs(index: SourceIndex, task: MergeTask): number[] {
  const tickMs = (1000 * index.timeBase.num) / index.timeBase.den;
  const sorted = index.pts.toSorted((a, b) => a - b);
  const first = sorted[0] ?? 0;
  if (task.restoreTimestamps) return sorted.map((pts) => (pts - first + index.startOffset) * tickMs);
  // The script changed the number of frames: they are spread evenly over the film's duration.
  const filmMs = ((sorted.at(-1) ?? 0) - first + index.lastDuration) * tickMs;
  const startMs = index.startOffset * tickMs;
  return Array.from({ length: task.frameCount }, (_, i) => startMs + (i * filmMs) / task.frameCount);
}

/** Colour of the source, where the encoder's stream says nothing: y4m carries none. */
function colourArguments(source: VideoFormat, encoded: VideoFormat): string[] {
  const put = (option: string, from: string, present: string): string[] =>
    from !== '' && present === '' ? [option, from] : [];
  return [
    ...put('-color_primaries:v:0', source.colorPrimaries, encoded.colorPrimaries),
    ...put('-color_trc:v:0', source.colorTransfer, encoded.colorTransfer),
    ...put('-colorspace:v:0', source.colorSpace, encoded.colorSpace),
    ...put('-color_range:v:0', source.colorRange, encoded.colorRange),
  ];
}

const CONTAINER_TAGS = /^(duration|encoder|vendor_id|handler_name|number_of_|_statistics|bps)/i;

/** Tags and dispositions of the source's video stream that are its own, not its container's. */
function videoTags(index: SourceIndex): string[] {
  const tags = Object.entries(index.extras.tags).filter(([name]) => !CONTAINER_TAGS.test(name));
  const disposition = index.extras.disposition.join('+') || '0';
  return [
    ...tags.flatMap(([name, value]) => ['-metadata:s:v:0', `${name}=${value}`]),
    '-disposition:v:0',
    disposition,
  ];
}

export interface MuxInput {
  readonly task: MergeTask;
  readonly index: SourceIndex;
  readonly encoded: VideoFormat;
  readonly joinedPath: string;
  readonly sidecarPath?: string;
  readonly outputPath: string;
}

/** Sets the time stamps and muxes the video with everything else of the source, video first. */
export async function mux(tools: MediaTools, input: MuxInput): Promise<void> {
  const { task, index, encoded } = input;
  const retimed = join(tools.workDir, 'retimed.mkv');
  await retime(input.joinedPath, retimed, resultTimesMs(index, task));
  const mp4 = task.container === 'mp4';
  const args = ['-copyts', '-i', retimed];
  if (input.sidecarPath) {
    const shift = index.sidecarShiftS === 0 ? [] : ['-itsoffset', String(-index.sidecarShiftS)];
    args.push(...shift, '-i', input.sidecarPath);
  }
  args.push('-map', '0:v:0');
  if (input.sidecarPath) args.push('-map', '1?', '-map_metadata', '1', '-map_chapters', '1');
  if (input.sidecarPath && mp4) args.push('-map', '-1:t?');
  args.push('-c', 'copy', ...(mp4 ? ['-c:s', 'mov_text', '-movflags', '+faststart'] : []));
  args.push(...colourArguments(index.format, encoded), ...videoTags(index));
  args.push(
    '-avoid_negative_ts',
    'disabled',
    '-max_interleave_delta',
    '0',
    '-f',
    mp4 ? 'mp4' : 'matroska',
    input.outputPath,
  );
  await ffmpeg(tools, args);
}
