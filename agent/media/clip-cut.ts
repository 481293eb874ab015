import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { assert, GridError } from '../../shared/errors.ts';
import type { ClipCut } from '../../shared/gen/clipgrid/v1/task.ts';
import { ffmpeg } from './ffmpeg.ts';
import { timedPackets, type TimedPacket } from './packet-times.ts';
import type { MediaTools } from './probe.ts';
import type { OpenSource } from './source-access.ts';
import { fetchWindow } from './source-window.ts';

/** A local file that decodes to `leadIn + wanted + leadOut` frames, the wanted ones in the middle. */
export interface LocalClip {
  readonly path: string;
  readonly leadIn: number;
  readonly wanted: number;
  readonly leadOut: number;
}

interface CutTarget {
  readonly cut: ClipCut;
  readonly outputPath: string;
}

export interface CutInput extends CutTarget {
  readonly source: OpenSource;
  /** The first wanted frame's number in the source; used when frames must be decoded by number. */
  readonly startFrame: number;
}

/** Matroska keeps milliseconds; frames lie further apart than this. */
const SAME_TIME_S = 0.0016;
/**
 * How much before the seek point ffmpeg is sent: demuxers land on the index entry at or before it. Infinity: not at all, it
 * reads from the start.
 */
const SEEK_BACK_S = [0, 2, 20, Infinity];

function seconds(cut: ClipCut, ticks: number): number {
  const { num, den } = cut.timeBase ?? { num: 1, den: 1 };
  return (ticks * num) / den;
}

/** Copies more than is needed, from a keyframe at or before the seek point to a little after the last wanted frame. */
async function copyRough(
  tools: MediaTools,
  cut: ClipCut,
  { from: inputPath, backS }: { from: string; backS: number },
): Promise<string> {
  const seekS = seconds(cut, cut.seekPts) - backS;
  const endS = seconds(cut, cut.framePts.at(-1) ?? cut.seekPts) + 1;
  const path = join(tools.workDir, 'rough.mkv');
  // A script may have run here: a link of that name would be written through.
  await rm(path, { force: true, recursive: true });
  const seek = Number.isFinite(seekS) ? ['-seek_timestamp', '1', '-ss', seekS.toFixed(6)] : [];
  const from = ['-copyts', ...seek, '-i', inputPath];
  const what = ['-map', '0:v:0', '-c', 'copy', '-map_metadata', '-1', '-map_chapters', '-1'];
  await ffmpeg(tools, 'source_unreadable', [
    ...from,
    ...what,
    '-to',
    endS.toFixed(6),
    '-avoid_negative_ts',
    'disabled',
    path,
  ]);
  return path;
}

/** Position of the seek keyframe in the rough copy, if all packets of the cut are there from it on. */
function findCut(packets: readonly TimedPacket[], cut: ClipCut): number | undefined {
  const seekS = seconds(cut, cut.seekPts);
  const from = packets.findIndex((packet) => packet.key && Math.abs(packet.timeS - seekS) < SAME_TIME_S);
  if (from < 0 || packets.length < from + cut.packetCount) return undefined;
  const times = packets.slice(from, from + cut.packetCount).map((packet) => packet.timeS);
  const sorted = times.toSorted((a, b) => a - b);
  const firstS = seconds(cut, cut.framePts[0] ?? 0);
  const first = sorted.findIndex((timeS) => Math.abs(timeS - firstS) < SAME_TIME_S);
  if (first < 0) return undefined;
  const there = cut.framePts.every(
    (pts, i) => Math.abs((sorted[first + i] ?? Infinity) - seconds(cut, pts)) < SAME_TIME_S,
  );
  return there ? from : undefined;
}

/** Keeps exactly the packets of the cut, without those that lead the seek keyframe and refer to what is not there. */
async function trimPackets(
  tools: MediaTools,
  input: CutTarget,
  rough: { path: string; packets: readonly TimedPacket[]; from: number },
): Promise<void> {
  const { cut } = input;
  const { from, packets } = rough;
  const until = from + cut.packetCount - 1;
  if (from === 0 && packets.length === cut.packetCount && cut.undecodableLeading === 0) {
    return rename(rough.path, input.outputPath);
  }
  const seekMs = Math.round((packets[from]?.timeS ?? 0) * 1000);
  const leading = cut.undecodableLeading > 0 ? `+lt(pts,${seekMs})` : '';
  const drop = `noise=drop='lt(n,${from})+gt(n,${until})${leading}'`;
  const args = ['-copyts', '-i', rough.path, '-map', '0:v:0', '-c', 'copy', '-bsf:v', drop];
  await ffmpeg(tools, 'source_unreadable', [...args, '-avoid_negative_ts', 'disabled', input.outputPath]);
}

/** Cuts from one reading of the source, a path or a URL. Undefined: not every packet of the cut was found there. */
async function cutFrom(
  tools: MediaTools,
  input: CutTarget,
  reading: { from: string; backS: number },
): Promise<LocalClip | undefined> {
  const { cut, outputPath } = input;
  const path = await copyRough(tools, cut, reading);
  const packets = await timedPackets(tools, path);
  const from = findCut(packets, cut);
  if (from === undefined) return undefined;
  await trimPackets(tools, input, { path, packets, from });
  const { leadInFrames, leadOutFrames } = cut;
  return { path: outputPath, leadIn: leadInFrames, wanted: cut.framePts.length, leadOut: leadOutFrames };
}

/** Cuts from nothing but the clip's own bytes. Undefined where the container is not known well enough. */
async function cutFromWindow(tools: MediaTools, input: CutInput): Promise<LocalClip | undefined> {
  const path = join(tools.workDir, 'window');
  try {
    if (!(await fetchWindow(input.source, input.cut, path))) return undefined;
    // A window begins where reading must begin, but MP4's table tells of all samples: those before are not there.
    for (const backS of input.cut.layout === 'mp4' ? [0, 2] : [Infinity]) {
      const clip = await cutFrom(tools, input, { from: path, backS }).catch(ifUnreadable);
      if (clip) return clip;
    }
    return undefined;
  } finally {
    await rm(path, { force: true });
  }
}

/** A window that ffmpeg cannot read is no fault of the source: it is then read as a whole. */
function ifUnreadable(thrown: unknown): undefined {
  if (!(thrown instanceof GridError) || thrown.code !== 'source_unreadable') throw thrown;
}

/**
 * Gets a clip out of the source by stream copy, by range reads only (M1). Where the clip's own bytes are not enough, ffmpeg
 * seeks in the source, and goes back further when it does not land where it should; when even that does not give every
 * wanted packet, the frames are decoded by number.
 */
export async function cutClip(tools: MediaTools, input: CutInput): Promise<LocalClip> {
  if (input.cut.packetCount === 0) return exactClip(tools, input);
  const clip = await cutFromWindow(tools, input);
  if (clip) return clip;
  for (const backS of SEEK_BACK_S) {
    const found = await cutFrom(tools, input, { from: input.source.url, backS });
    if (found) return found;
  }
  return exactClip(tools, input);
}

/** Exactly the wanted frames, lossless, by decoding the source from its start: for what cannot be cut by copy. */
export async function exactClip(tools: MediaTools, input: CutInput): Promise<LocalClip> {
  const wanted = input.cut.framePts.length;
  const last = input.startFrame + wanted - 1;
  const select = `select='between(n,${input.startFrame},${last})'`;
  const args = [
    '-noautorotate',
    '-i',
    input.source.url,
    '-map',
    '0:v:0',
    '-vf',
    select,
    '-vsync',
    'passthrough',
  ];
  await ffmpeg(tools, 'source_unreadable', [
    ...args,
    '-frames:v',
    String(wanted),
    '-c:v',
    'ffv1',
    '-map_metadata',
    '-1',
    input.outputPath,
  ]);
  return { path: input.outputPath, leadIn: 0, wanted, leadOut: 0 };
}

/**
 * A local clip without its lead-in and lead-out, for scripts that change the frame count. By stream copy where `bareCut`
 * begins at a keyframe of its own; else decoded and kept lossless.
 */
export async function withoutLeads(
  tools: MediaTools,
  { clip, bareCut, outputPath }: { clip: LocalClip; bareCut: ClipCut | undefined; outputPath: string },
): Promise<LocalClip> {
  assert(clip.leadIn + clip.leadOut > 0, 'a clip without lead-in and lead-out needs no trimming');
  if (bareCut && bareCut.leadInFrames + bareCut.leadOutFrames === 0) {
    const target = { cut: bareCut, outputPath };
    const bare = await cutFrom(tools, target, { from: clip.path, backS: Infinity });
    if (bare) return bare;
  }
  const select = `select='between(n,${clip.leadIn},${clip.leadIn + clip.wanted - 1})'`;
  const args = ['-noautorotate', '-i', clip.path, '-vf', select, '-vsync', 'passthrough'];
  await ffmpeg(tools, 'source_unreadable', [...args, '-c:v', 'ffv1', outputPath]);
  return { path: outputPath, leadIn: 0, wanted: clip.wanted, leadOut: 0 };
}
