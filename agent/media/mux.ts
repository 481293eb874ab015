import { join } from 'node:path';
import type { MergeTask, VideoFormat } from '../../shared/gen/clipgrid/v1/task.ts';
import type { SourceIndex, VideoExtras } from '../../shared/source-index.ts';
import { codecFor, leftOut, type Container } from './container-codecs.ts';
import { ffmpeg } from './ffmpeg.ts';
import { tracksWithHdr, type HdrMetadata } from './hdr.ts';
import { audioTracks, dispositionsOf, dispositionWord, probe, type MediaTools } from './probe.ts';
import { patchTimes } from './patch-times.ts';
import { retime } from './retime.ts';
import { setRotation } from './rotation.ts';

/** RGB pixels have no matrix, and y4m carries none of them: what was made of them is Y'CbCr, by BT.709 (see frame-source). */
function carriedColourSpace(source: VideoFormat): string {
  return source.colorSpace === 'gbr' ? 'bt709' : source.colorSpace;
}

/** Colour of the source, where the encoder's stream says nothing: y4m carries none. */
function colourArguments(source: VideoFormat, encoded: VideoFormat): string[] {
  const put = (option: string, from: string, present: string): string[] =>
    from !== '' && present === '' ? [option, from] : [];
  return [
    ...put('-color_primaries:v:0', source.colorPrimaries, encoded.colorPrimaries),
    ...put('-color_trc:v:0', source.colorTransfer, encoded.colorTransfer),
    ...put('-colorspace:v:0', carriedColourSpace(source), encoded.colorSpace),
    ...put('-color_range:v:0', source.colorSpace === 'gbr' ? 'tv' : source.colorRange, encoded.colorRange),
  ];
}

const CONTAINER_TAGS = /^(duration|encoder|vendor_id|handler_name|number_of_|_statistics|bps|rotate$)/i;

/** Tags and dispositions that are a stream's own, not its container's; `output` says of which stream of the result. */
function ownTags(
  { tags, disposition }: Pick<VideoExtras, 'tags' | 'disposition'>,
  output: string | number,
): string[] {
  const own = Object.entries(tags).filter(([name]) => !CONTAINER_TAGS.test(name));
  return [
    ...own.flatMap(([name, value]) => [`-metadata:s:${output}`, `${name}=${value}`]),
    `-disposition:${output}`,
    dispositionWord(disposition),
  ];
}

export interface MuxInput {
  readonly task: MergeTask;
  readonly index: SourceIndex;
  readonly timesMs: readonly number[];
  readonly encoded: VideoFormat;
  /** HDR metadata that the result is to carry. */
  readonly hdr: HdrMetadata;
  readonly joinedPath: string;
  /** The parameter sets of the stream change on its way. */
  readonly changing: boolean;
  readonly sidecarPath?: string;
  /** Encoded audio, whose tracks take the places of the sidecar's. */
  readonly audioPath?: string;
  readonly outputPath: string;
}

/** Matroska's usual tick, and one that is fine enough for any time base that MP4 may have. */
const TICK_NS: Record<Container, number> = { matroska: 1_000_000, mp4: 10_000, webm: 1_000_000 };

export function containerOf(task: MergeTask): Container {
  const { container } = task;
  return container === 'mp4' || container === 'webm' ? container : 'matroska';
}

/** MP4 keeps times in ticks of its own: those of the source, so that a constant rate stays one. */
function timescale({ task, index }: MuxInput): string[] {
  const rate = task.restoreTimestamps && !task.constantRate ? undefined : task.segmentRates[0];
  const { num, den } = rate && rate.num > 0 ? { num: rate.den, den: rate.num } : index.timeBase;
  const ticks = num === 1 || rate ? den : Math.round(den / num);
  return ticks >= 1 && ticks <= 10_000_000 ? ['-video_track_timescale', String(finer(ticks))] : [];
}

/** A tick of at most 1/10000 s, a whole fraction of the given one. */
function finer(ticks: number): number {
  return ticks >= 10_000 ? ticks : ticks * Math.ceil(10_000 / ticks);
}

/**
 * Maps what the container can hold of the sidecar (input 1) and of encoded audio (input 2); what it cannot hold is named in
 * the log and left out.
 */
async function otherStreams(
  tools: MediaTools,
  { sidecarPath, audioPath }: { sidecarPath: string; audioPath: string | undefined },
  container: Container,
): Promise<string[]> {
  const { streams } = await probe(tools, sidecarPath);
  const encoded = audioPath === undefined ? undefined : audioTracks(await probe(tools, audioPath));
  const args = ['-map_metadata', '1', '-map_chapters', '1'];
  let position = 1;
  let track = 0;
  for (const stream of streams) {
    const instead = stream.codec_type === 'audio' ? encoded?.[track++] : undefined;
    const codec = codecFor(instead ?? stream, container);
    if (codec === undefined) {
      tools.onStderrLine?.(leftOut(stream, container));
      continue;
    }
    const place = instead ? `2:${instead.index}` : `1:${stream.index}`;
    args.push('-map', place, `-c:${position}`, codec);
    // What a track was called and is for, whatever its encoder made of that.
    if (instead)
      args.push(...ownTags({ tags: stream.tags ?? {}, disposition: dispositionsOf(stream) }, position));
    position++;
  }
  return args;
}

/** Sets the time stamps and muxes the video with everything else of the source, video first. */
export async function mux(tools: MediaTools, input: MuxInput): Promise<void> {
  const { task, index, encoded, hdr } = input;
  const container = containerOf(task);
  const retimed = join(tools.workDir, 'retimed.mkv');
  await retime(input.joinedPath, retimed, {
    timesMs: input.timesMs,
    segmentFrames: task.segmentFrames,
    tickNs: TICK_NS[container],
    editTracks: (tracks) => tracksWithHdr(tracks, hdr),
  });
  const args = ['-copyts', '-i', retimed];
  if (input.sidecarPath) {
    const shift = index.sidecarShiftS === 0 ? [] : ['-itsoffset', String(-index.sidecarShiftS)];
    args.push(...shift, '-i', input.sidecarPath);
    if (input.audioPath) args.push(...shift, '-i', input.audioPath);
  }
  args.push('-map', '0:v:0', '-c:0', 'copy');
  const { sidecarPath, audioPath } = input;
  if (sidecarPath) args.push(...(await otherStreams(tools, { sidecarPath, audioPath }, container)));
  args.push(...colourArguments(index.format, encoded), ...ownTags(index.extras, 'v:0'));
  args.push('-avoid_negative_ts', 'disabled', '-max_interleave_delta', '0');
  // TrueHD and others in MP4 are called experimental by ffmpeg, though long standardised.
  if (container === 'mp4') args.push(...timescale(input), '-strict', '-2', '-movflags', '+faststart');
  args.push('-f', container, input.outputPath);
  await ffmpeg(tools, 'verify_failed', args);
  const { rotation } = index.extras;
  if (rotation !== 0 && !(await setRotation(input.outputPath, container, rotation)))
    tools.onStderrLine?.(
      `left out: the rotation of the picture by ${rotation} degrees: the file has no room for it`,
    );
  if (input.changing && container !== 'mp4') await patchTimes(retimed, input.outputPath);
}
