import { open, type FileHandle } from 'node:fs/promises';
import { assert, GridError } from '../../shared/errors.ts';
import { elementAt, HEAD_BYTES, readAt } from './file-elements.ts';
import {
  children,
  ID,
  openElement,
  trackNumberLength,
  uintData,
  writeElement,
  type Element,
} from './matroska.ts';

/** One frame's block in the file: which element, and its present time stamp in milliseconds. */
interface BlockPlace {
  readonly element: Element;
  /** Offset of the int16 time stamp, from the element's start. */
  readonly timeAt: number;
  readonly timeMs: number;
}

interface Layout {
  readonly head: readonly Element[];
  readonly blocks: readonly BlockPlace[];
}

/** A cluster's blocks count from its time stamp in 16 signed bits. */
const MAX_RELATIVE_MS = 30_000;

/**
 * Gives the frames of a Matroska file with one video track new time stamps: the frame that comes i-th in presentation gets
 * `timesMs[i]` (M4). Packets stay as they are and in decode order. ffmpeg's bitstream filters cannot do this for time
 * stamps that follow no formula. The file must be ffmpeg's own (1 ms time stamps, no lacing).
 */
export async function retime(
  inputPath: string,
  outputPath: string,
  timesMs: readonly number[],
): Promise<void> {
  const input = await open(inputPath, 'r');
  const output = await open(outputPath, 'wx');
  try {
    const layout = await scan(input);
    if (layout.blocks.length !== timesMs.length) {
      const message = `the joined segments hold ${layout.blocks.length} frames, ${timesMs.length} time stamps are to be given`;
      throw new GridError('verify_failed', message);
    }
    const order = layout.blocks
      .map((_, i) => i)
      .toSorted((a, b) => at(layout.blocks, a).timeMs - at(layout.blocks, b).timeMs);
    const newTimes = new Array<number>();
    order.forEach((block, rank) => (newTimes[block] = Math.max(0, Math.round(timesMs[rank] ?? 0))));
    await write({ input, output, layout, newTimes });
  } finally {
    await input.close();
    await output.close();
  }
}

function at<T>(values: readonly T[], position: number): T {
  const value = values[position];
  assert(value !== undefined, `position ${position} is outside of ${values.length} values`);
  return value;
}

async function scan(file: FileHandle): Promise<Layout> {
  const { size } = await file.stat();
  const head: Element[] = [];
  const blocks: BlockPlace[] = [];
  let position = 0;
  while (position < size) {
    const element = await elementAt(file, position, size);
    if (element === undefined) break;
    if (element.id === ID.segment) {
      position = element.dataStart;
      continue;
    }
    if (element.id === ID.ebml || element.id === ID.info || element.id === ID.tracks) head.push(element);
    if (element.id === ID.cluster) await scanCluster(file, element, blocks);
    position = element.end;
  }
  return { head, blocks };
}

async function scanCluster(file: FileHandle, cluster: Element, blocks: BlockPlace[]): Promise<void> {
  let clusterMs = 0;
  for (let position = cluster.dataStart; position < cluster.end;) {
    const element = await elementAt(file, position, cluster.end);
    if (element === undefined) return;
    if (element.id === ID.clusterTimestamp) {
      const data = await readAt(file, element.dataStart, element.end - element.dataStart);
      clusterMs = data.reduce((value, byte) => value * 256 + byte, 0);
    }
    if (element.id === ID.simpleBlock) blocks.push(await place(file, { element, block: element, clusterMs }));
    if (element.id === ID.blockGroup) {
      const group = await readAt(file, element.dataStart, HEAD_BYTES);
      for (const child of children(group, 0, element.end - element.dataStart)) {
        if (child.id !== ID.block) continue;
        const dataStart = element.dataStart + child.dataStart;
        blocks.push(await place(file, { element, block: { ...child, dataStart }, clusterMs }));
        break;
      }
    }
    position = element.end;
  }
}

async function place(
  file: FileHandle,
  { element, block, clusterMs }: { element: Element; block: Element; clusterMs: number },
): Promise<BlockPlace> {
  const head = await readAt(file, block.dataStart, 16);
  const timeAt = block.dataStart + trackNumberLength(head, 0);
  return {
    element,
    timeAt: timeAt - element.start,
    timeMs: clusterMs + head.readInt16BE(timeAt - block.dataStart),
  };
}

interface WriteInput {
  readonly input: FileHandle;
  readonly output: FileHandle;
  readonly layout: Layout;
  readonly newTimes: readonly number[];
}

async function write({ input, output, layout, newTimes }: WriteInput): Promise<void> {
  const copyOf = (element: Element): Promise<Buffer> =>
    readAt(input, element.start, element.end - element.start);
  const ebml = layout.head.find((element) => element.id === ID.ebml);
  if (ebml) await output.write(await copyOf(ebml));
  await output.write(openElement(ID.segment));
  for (const element of layout.head) if (element.id !== ID.ebml) await output.write(await copyOf(element));
  for (let first = 0; first < layout.blocks.length;) {
    const clusterMs = at(newTimes, first);
    const parts = [writeElement(ID.clusterTimestamp, uintData(clusterMs))];
    let bytes = 0;
    let next = first;
    // A cluster is written at once: bounded in time by its 16 bits, in memory by this.
    while (next < layout.blocks.length && bytes < 4 * 1024 * 1024) {
      const relative = at(newTimes, next) - clusterMs;
      if (Math.abs(relative) > MAX_RELATIVE_MS) break;
      const place = at(layout.blocks, next);
      const block = await copyOf(place.element);
      block.writeInt16BE(relative, place.timeAt);
      parts.push(block);
      bytes += block.length;
      next++;
    }
    await output.write(writeElement(ID.cluster, Buffer.concat(parts)));
    first = next;
  }
}
