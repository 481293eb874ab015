import { assert } from './errors.ts';
import type { ClipCut } from './gen/clipgrid/v1/task.ts';
import type { SourceIndex } from './source-index.ts';

/**
 * The presentation order of an index and what cutting needs to know of it. Building it sorts all packets once; plan all
 * clips of a source from the same one.
 */
export interface CutPlanner {
  readonly frameCount: number;
  /** Time stamps of all frames in presentation order, in ticks. */
  readonly framePts: readonly number[];
  /** Frame numbers of keyframes at which a clip may start with no lead-in, ascending. Always holds 0. */
  readonly cleanStarts: readonly number[];
  /** The cut of frames `[startFrame, endFrame)`; `handles` more on each side become decodable lead-in and lead-out. */
  cut(startFrame: number, endFrame: number, handles?: number): ClipCut;
}

/**
 * How to get frames `[startFrame, endFrame)` out of a source by stream copy. The agent's `cutClip` is the counterpart.
 *
 * The wanted frames are those, plus handles. The seek keyframe K is the last keyframe in decode order with
 * pts[K] <= the first wanted pts and no wanted packet before it; the start of the file when there is none. All packets
 * from K up to the last wanted one, in decode order, are copied (`packetCount`), because a packet only refers to earlier
 * ones. Packets after K with pts < pts[K] (leading packets of an open GOP) refer to what lies before K: they are
 * dropped from the copy (`undecodableLeading`, counted in `packetCount`), and are never wanted by the choice of K. Thus
 * the copy decodes to exactly leadInFrames + (endFrame - startFrame) + leadOutFrames frames.
 *
 * `packetCount` is 0 when the index is not packetExact: the frames must be taken from a full decode, by number.
 */
export function planCut(index: SourceIndex, startFrame: number, endFrame: number): ClipCut {
  return createCutPlanner(index).cut(startFrame, endFrame);
}

/** Prepares cuts of one index; costs one sort of its packets. */
export function createCutPlanner(index: SourceIndex): CutPlanner {
  const order = presentationOrder(index.pts);
  const framePts = order.map((packet) => at(index.pts, packet));
  return {
    frameCount: order.length,
    framePts,
    cleanStarts: cleanStarts(index, order),
    cut(startFrame, endFrame, handles = 0) {
      assert(
        Number.isInteger(startFrame) && startFrame >= 0 && startFrame < endFrame && endFrame <= order.length,
        `a cut needs 0 <= start < end <= ${order.length}, not [${startFrame}, ${endFrame})`,
      );
      const pts = framePts.slice(startFrame, endFrame);
      if (!index.packetExact) return decodedCut(index, pts);
      const first = Math.max(0, startFrame - handles);
      const needed = order.slice(first, Math.min(order.length, endFrame + handles));
      return copiedCut(index, needed, pts);
    },
  };
}

/** Decode-order positions in ascending order of their pts. */
function presentationOrder(pts: readonly number[]): number[] {
  return pts.map((_, packet) => packet).toSorted((a, b) => at(pts, a) - at(pts, b));
}

/** A keyframe is a clean start when no later frame in presentation order comes before it in decode order. */
function cleanStarts(index: SourceIndex, order: readonly number[]): number[] {
  const keyframes = new Set(index.keyframes);
  const earliestFrom = Array.from<number>({ length: order.length });
  for (let frame = order.length - 1, earliest = Infinity; frame >= 0; frame--) {
    earliest = Math.min(earliest, at(order, frame));
    earliestFrom[frame] = earliest;
  }
  const starts: number[] = [];
  for (let frame = 0; frame < order.length; frame++) {
    const packet = at(order, frame);
    if (frame === 0 || (keyframes.has(packet) && at(earliestFrom, frame) === packet)) starts.push(frame);
  }
  return starts;
}

function copiedCut(index: SourceIndex, needed: readonly number[], wantedPts: readonly number[]): ClipCut {
  let earliest = Infinity;
  let latest = -1;
  for (const packet of needed) {
    earliest = Math.min(earliest, packet);
    latest = Math.max(latest, packet);
  }
  const seek = seekKeyframe(index, at(index.pts, at(needed, 0)), earliest);
  const seekPts = at(index.pts, seek);
  const firstWanted = at(wantedPts, 0);
  const lastWanted = at(wantedPts, wantedPts.length - 1);
  let leadIn = 0;
  let leadOut = 0;
  let leading = 0;
  for (let packet = seek; packet <= latest; packet++) {
    const pts = at(index.pts, packet);
    if (pts < seekPts && seek > 0) leading++;
    else if (pts < firstWanted) leadIn++;
    else if (pts > lastWanted) leadOut++;
  }
  return {
    timeBase: index.timeBase,
    seekPts,
    packetCount: latest - seek + 1,
    leadInFrames: leadIn,
    leadOutFrames: leadOut,
    framePts: [...wantedPts],
    undecodableLeading: leading,
    ...cutBytes(index, seek, latest),
  };
}

/** Which bytes of the file hold packets `seek` to `latest`, and what else a demuxer must see to read them. */
function cutBytes(
  index: SourceIndex,
  seek: number,
  latest: number,
): Pick<ClipCut, 'seekByte' | 'endByte' | 'layout' | 'head'> {
  let first = Infinity;
  let end = 0;
  for (let packet = seek; packet <= latest; packet++) {
    const position = at(index.position, packet);
    first = Math.min(first, position);
    end = Math.max(end, position + at(index.size, packet));
  }
  if (first < 0) return { seekByte: -1, endByte: -1, layout: '', head: [] };
  const { layout } = index;
  if (layout === undefined) return { seekByte: first, endByte: end, layout: '', head: [] };
  // These interleave other things with a packet's bytes, or put some behind them: up to the next packet is enough.
  if (layout.kind === 'matroska' || layout.kind === 'mpegts') {
    end = Math.max(end, index.position[latest + 1] ?? index.sourceBytes);
  }
  return {
    seekByte: lastAtOrBefore(layout.entries, first) ?? first,
    endByte: Math.min(end, index.sourceBytes),
    layout: layout.kind,
    head: layout.head.map(([start, stop]) => ({ start, end: stop })),
  };
}

function lastAtOrBefore(ascending: readonly number[], limit: number): number | undefined {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (at(ascending, middle) <= limit) low = middle + 1;
    else high = middle;
  }
  return ascending[low - 1];
}

/** Last keyframe in decode order at or before `firstPts` in presentation, and at or before packet `earliest`. */
function seekKeyframe(index: SourceIndex, firstPts: number, earliest: number): number {
  let low = 0;
  let high = index.keyframes.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (at(index.keyframes, middle) <= earliest) low = middle + 1;
    else high = middle;
  }
  for (let i = low - 1; i >= 0; i--) {
    const keyframe = at(index.keyframes, i);
    if (at(index.pts, keyframe) <= firstPts) return keyframe;
  }
  return 0;
}

function decodedCut(index: SourceIndex, wantedPts: readonly number[]): ClipCut {
  return {
    timeBase: index.timeBase,
    seekPts: at(index.pts, 0),
    seekByte: -1,
    packetCount: 0,
    leadInFrames: 0,
    leadOutFrames: 0,
    framePts: [...wantedPts],
    endByte: -1,
    undecodableLeading: 0,
    layout: '',
    head: [],
  };
}

function at(values: readonly number[], position: number): number {
  const value = values[position];
  assert(value !== undefined, `position ${position} is outside of ${values.length} values`);
  return value;
}
