import { stat } from 'node:fs/promises';
import { GridError } from '../../shared/errors.ts';
import type { SourceIndex, VideoExtras } from '../../shared/source-index.ts';
import { runTool } from '../subprocess.ts';
import { hdrMetadata, type HdrMetadata } from './hdr.ts';
import {
  dispositionsOf,
  mainVideo,
  parseRational,
  probe,
  TOOL_ENVIRONMENT,
  type MediaTools,
  type Probed,
  type ProbedStream,
} from './probe.ts';
import { sourceLayout } from './source-layout.ts';
import { videoFormat } from './video-format.ts';

/** Columns of ffprobe's packets or frames, as they come. */
interface Rows {
  readonly pts: number[];
  readonly duration: number[];
  readonly size: number[];
  readonly position: number[];
  readonly keyframes: number[];
  /** Rows without a time. */
  readonly missing: Set<number>;
  /** A row had no pts, or two had the same. */
  trusted: boolean;
}

/** Gathers chunks into lines of `key=value|key=value`. */
function lineReader(onFields: (fields: ReadonlyMap<string, string>) => void): {
  push(chunk: Buffer): void;
  end(): void;
} {
  let rest = '';
  const line = (text: string): void => {
    if (text === '') return;
    onFields(
      new Map(
        text
          .split('|')
          .map((field) => [field.slice(0, field.indexOf('=')), field.slice(field.indexOf('=') + 1)]),
      ),
    );
  };
  return {
    push(chunk) {
      const lines = (rest + chunk.toString('latin1')).split('\n');
      rest = lines.pop() ?? '';
      for (const text of lines) line(text.trimEnd());
    },
    end: () => line(rest.trimEnd()),
  };
}

function numberOf(text: string | undefined): number | undefined {
  const value = Number(text ?? 'N/A');
  return Number.isFinite(value) && text !== '' ? value : undefined;
}

async function readRows(
  tools: MediaTools,
  path: string,
  how: { stream: number; entries: string },
): Promise<Rows> {
  const rows: Rows = {
    pts: [],
    duration: [],
    size: [],
    position: [],
    keyframes: [],
    missing: new Set(),
    trusted: true,
  };
  const reader = lineReader((fields) => {
    const flags = fields.get('flags') ?? '';
    // D: the edit list throws it away; C: damaged.
    if (flags.includes('D')) return;
    const pts = numberOf(fields.get('pts')) ?? numberOf(fields.get('best_effort_timestamp'));
    if (pts === undefined) {
      rows.trusted = false;
      rows.missing.add(rows.pts.length);
    }
    if (flags.startsWith('K') || fields.get('key_frame') === '1') rows.keyframes.push(rows.pts.length);
    rows.pts.push(pts ?? 0);
    rows.duration.push(numberOf(fields.get('duration') ?? fields.get('pkt_duration')) ?? 0);
    rows.size.push(numberOf(fields.get('size') ?? fields.get('pkt_size')) ?? 0);
    rows.position.push(numberOf(fields.get('pos') ?? fields.get('pkt_pos')) ?? -1);
  });
  const argv = [tools.ffprobe, '-v', 'error', '-of', 'compact=p=0', '-select_streams', String(how.stream)];
  argv.push('-show_entries', how.entries, path);
  const command = { argv, cwd: tools.workDir, environment: TOOL_ENVIRONMENT };
  await runTool(command, { ...tools, stdout: (chunk) => reader.push(chunk), failure: 'source_unreadable' });
  reader.end();
  if (new Set(rows.pts).size !== rows.pts.length) rows.trusted = false;
  return rows;
}

/** Two packets a frame (PAFF) or packets of several frames: the packets cannot be counted as frames. */
function suspicious(stream: ProbedStream, rows: Rows): boolean {
  if (!rows.trusted || rows.keyframes[0] !== 0 || restarts(rows.pts)) return true;
  const packedB = stream.codec_name === 'mpeg4' || stream.codec_name === 'msmpeg4v3';
  const fields = stream.field_order !== undefined && !['progressive', 'unknown'].includes(stream.field_order);
  return packedB || (fields && stream.codec_name !== 'mpeg2video' && stream.codec_name !== 'ffv1');
}

/**
 * Frames come in the order in which they are shown, so a time that is missing or does not rise is put right from its
 * neighbours: one step after the frame before, one step before the frame after where nothing precedes it.
 */
function repairTimes(frames: Rows): void {
  const { pts, missing } = frames;
  const step = Math.max(1, frames.duration.find((duration) => duration > 0) ?? 1);
  const first = pts.findIndex((_, frame) => !missing.has(frame));
  for (let frame = first - 1; frame >= 0; frame--) pts[frame] = (pts[frame + 1] ?? 0) - step;
  let shift = 0;
  for (let frame = 1; frame < pts.length; frame++) {
    const before = pts[frame - 1] ?? 0;
    const told = missing.has(frame) ? before + step : (pts[frame] ?? 0) + shift;
    // A clock that starts anew goes on where the old one stopped; of two at one time the second comes a tick later.
    if (before - told > 2 * step) shift += before + step - told;
    pts[frame] = before - told > 2 * step ? before + step : Math.max(told, before + 1);
  }
}

/** Pictures are reordered over a few packets, never over so many. */
const MAX_REORDER = 64;

/** Whether the times of packets in decode order start anew somewhere (joined broadcasts). */
function restarts(pts: readonly number[]): boolean {
  const order = pts.map((_, packet) => packet).toSorted((a, b) => (pts[a] ?? 0) - (pts[b] ?? 0));
  return order.some((packet, rank) => Math.abs(packet - rank) > MAX_REORDER);
}

async function readColumns(
  tools: MediaTools,
  path: string,
  stream: ProbedStream,
): Promise<Rows & { exact: boolean }> {
  const entries = 'packet=pts,duration,size,pos,flags';
  const packets = await readRows(tools, path, { stream: stream.index, entries });
  if (packets.pts.length > 0 && !suspicious(stream, packets)) return { ...packets, exact: true };
  const frameEntries = 'frame=key_frame,best_effort_timestamp,pkt_duration,pkt_size,pkt_pos';
  const frames = await readRows(tools, path, { stream: stream.index, entries: frameEntries });
  if (frames.pts.length === 0)
    throw new GridError('source_unreadable', 'the video stream of the file holds no frames');
  repairTimes(frames);
  return { ...frames, keyframes: [0], exact: false };
}

function extrasOf(stream: ProbedStream, hdr: HdrMetadata): VideoExtras {
  const matrix = stream.side_data_list?.find((data) => data['rotation'] !== undefined);
  return {
    tags: stream.tags ?? {},
    disposition: dispositionsOf(stream),
    rotation: Number(matrix?.['rotation'] ?? 0),
    ...hdr,
  };
}

/** More than one step between frames, beyond what rounding to the time base makes. */
function isVariable(sorted: readonly number[]): boolean {
  if (sorted.length < 3) return false;
  const steps = sorted.slice(1).map((pts, i) => pts - (sorted[i] ?? 0));
  const low = steps.reduce((a, b) => Math.min(a, b), Infinity);
  const high = steps.reduce((a, b) => Math.max(a, b), 0);
  return high - low > 1;
}

/** Reads all packets of a local file's main video stream (M1). Throws `source_unreadable`. */
export async function indexSource(tools: MediaTools, path: string, probed?: Probed): Promise<SourceIndex> {
  const { size: sourceBytes } = await stat(path);
  if (sourceBytes === 0) throw new GridError('source_unreadable', 'the file is empty: it has 0 bytes');
  const all = probed ?? (await probe(tools, path));
  const video = mainVideo(all);
  const columns = await readColumns(tools, path, video);
  const timeBase = parseRational(video.time_base);
  const sorted = columns.pts.toSorted((a, b) => a - b);
  const first = sorted[0] ?? 0;
  const last = sorted.at(-1) ?? 0;
  const startTicks = Math.round((Number(all.format.start_time ?? 0) * timeBase.den) / timeBase.num);
  const lastStep = last - (sorted.at(-2) ?? last);
  const lastDuration = columns.duration[columns.pts.indexOf(last)] || lastStep || 1;
  const container = all.format.format_name ?? '';
  const firstPosition = columns.position.reduce((a, b) => Math.min(a, b), Infinity);
  const layout = columns.exact ? await sourceLayout(path, container, firstPosition) : undefined;
  const variableFrameRate = isVariable(sorted);
  const format = videoFormat(video);
  // Of a variable rate ffprobe tells the common fraction of all steps; encoders budget bits by what is usual.
  const average = parseRational(video.avg_frame_rate);
  return {
    version: 1,
    format: variableFrameRate && average.num > 0 ? { ...format, frameRate: average } : format,
    timeBase,
    pts: columns.pts,
    size: columns.size,
    position: columns.position,
    keyframes: columns.keyframes,
    packetExact: columns.exact,
    lastDuration,
    sourceBytes,
    container,
    startOffset: first - (Number.isFinite(startTicks) ? startTicks : first),
    hasSidecar:
      all.streams.length > 1 || all.chapters.length > 0 || Object.keys(all.format.tags ?? {}).length > 0,
    sidecarShiftS: 0,
    variableFrameRate,
    extras: extrasOf(video, await hdrMetadata(tools, path, video)),
    ...(layout ? { layout } : {}),
  };
}
