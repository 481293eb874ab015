import { open, type FileHandle } from 'node:fs/promises';
import type { SourceLayout } from '../../shared/source-index.ts';
import { elementAt, readAt } from './file-elements.ts';
import { ID } from './matroska.ts';

/** A demuxer looks at the first packets to learn what the container does not tell; more than this it never needs. */
const FIRST_PACKET_BYTES = 128 * 1024;
const MAX_TABLES_BYTES = 64 * 1024;
const MAX_ENTRIES = 200_000;

type Span = readonly [number, number];

/** Touching and overlapping spans become one. */
function joined(spans: readonly Span[]): Span[] {
  const result: [number, number][] = [];
  for (const [start, end] of spans.toSorted((a, b) => a[0] - b[0])) {
    const last = result.at(-1);
    if (last && start <= last[1]) last[1] = Math.max(last[1], end);
    else if (end > start) result.push([start, end]);
  }
  return result;
}

/**
 * Which bytes of a source a demuxer needs beside a clip's packets, found by walking the boxes of the local file (M1).
 * `firstPacket` is where the first video packet lies. Undefined for containers that are not known here, or are damaged.
 */
export async function sourceLayout(
  path: string,
  container: string,
  firstPacket: number,
): Promise<SourceLayout | undefined> {
  if (firstPacket < 0) return undefined;
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    if (container.includes('matroska')) return await matroskaLayout(file, size);
    if (container.includes('mp4')) return await mp4Layout(file, size, firstPacket);
    if (container !== 'mpegts') return undefined;
    // The tables come before the first picture, and again all the time.
    return { kind: 'mpegts', head: joined([[0, Math.min(firstPacket, MAX_TABLES_BYTES)]]), entries: [] };
  } finally {
    await file.close();
  }
}

/** Everything before the first cluster is the head, and each cluster is an entry. */
async function matroskaLayout(file: FileHandle, size: number): Promise<SourceLayout | undefined> {
  const entries: number[] = [];
  for (let position = 0; position < size && entries.length < MAX_ENTRIES;) {
    const element = await elementAt(file, position, size);
    if (element === undefined) break;
    if (element.id === ID.cluster) entries.push(position);
    // Inside of the segment, and of clusters that do not tell their end, children follow.
    position = element.id === ID.segment || element.unknownSize ? element.dataStart : element.end;
  }
  const [first] = entries;
  return first === undefined ? undefined : { kind: 'matroska', head: [[0, first]], entries };
}

interface Box {
  readonly type: string;
  readonly start: number;
  readonly end: number;
}

/** Top-level boxes of ISO/IEC 14496-12, section 4.2. */
async function topBoxes(file: FileHandle, size: number): Promise<Box[]> {
  const boxes: Box[] = [];
  for (let start = 0; start + 8 <= size && boxes.length < 2 * MAX_ENTRIES;) {
    const head = await readAt(file, start, 16);
    const short = head.readUInt32BE(0);
    const long = short === 1 && head.length === 16 ? Number(head.readBigUInt64BE(8)) : short;
    const end = short === 0 ? size : Math.min(size, start + long);
    if (end < start + 8) break;
    boxes.push({ type: head.toString('latin1', 4, 8), start, end });
    start = end;
  }
  return boxes;
}

const BODIES = new Set(['mdat', 'free', 'skip', 'wide']);
/** Size, type and the long form of the size. */
const BOX_HEAD_BYTES = 16;

async function mp4Layout(
  file: FileHandle,
  size: number,
  firstPacket: number,
): Promise<SourceLayout | undefined> {
  const boxes = await topBoxes(file, size);
  if (!boxes.some((box) => box.type === 'moov')) return undefined;
  const fragments = boxes.filter((box) => box.type === 'moof').map((box) => box.start);
  const [firstFragment] = fragments;
  if (firstFragment !== undefined)
    return { kind: 'fragments', head: [[0, firstFragment]], entries: fragments };
  const headers = boxes.map(({ type, start, end }): Span => {
    return [start, BODIES.has(type) ? Math.min(end, start + BOX_HEAD_BYTES) : end];
  });
  const sample: Span = [firstPacket, Math.min(size, firstPacket + FIRST_PACKET_BYTES)];
  return { kind: 'mp4', head: joined([...headers, sample]), entries: [] };
}
