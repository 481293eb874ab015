import type { FileHandle } from 'node:fs/promises';
import { dataOf, elementAt, HEAD_BYTES, readAt } from './file-elements.ts';
import { children, ID, trackNumberLength, uintOf, type Element } from './matroska.ts';

/** One frame's block in the file: which element, and its present time stamp in milliseconds. */
export interface BlockPlace {
  readonly element: Element;
  /** Offset of the int16 time stamp, from the element's start. */
  readonly timeAt: number;
  readonly timeMs: number;
  readonly track: number;
  /** What the time stamp counts from. */
  readonly clusterMs: number;
}

export interface Layout {
  readonly head: readonly Element[];
  readonly blocks: readonly BlockPlace[];
}

/** Finds the blocks of all tracks, in file order. Bodies are not read. */
export async function scanBlocks(file: FileHandle): Promise<Layout> {
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
    if (element.id === ID.clusterTimestamp) clusterMs = uintOf(await dataOf(file, element));
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
    // Track numbers of ffmpeg's files fit one byte, whose first bit only tells so.
    track: (head[0] ?? 0) & 0x7f,
    clusterMs,
  };
}
