import { open, type FileHandle } from 'node:fs/promises';
import { assert, GridError } from '../../shared/errors.ts';
import { dataOf, readAt } from './file-elements.ts';
import { scanBlocks, type BlockPlace, type Layout } from './matroska-blocks.ts';
import { ID, openElement, uintData, withChild, writeElement, type Element } from './matroska.ts';

/** A cluster's blocks count from its time stamp in 16 signed bits. */
const MAX_RELATIVE_TICKS = 30_000;

export interface Retiming {
  /** Times of all frames in the order in which they are shown, in milliseconds. */
  readonly timesMs: readonly number[];
  /** Frames of each segment, in file order: frames are never sorted from one segment into another. */
  readonly segmentFrames: readonly number[];
  /** Nanoseconds of one tick of the output. */
  readonly tickNs: number;
  /** What is to be changed of the track's description; the data of Tracks in and out. */
  editTracks(tracks: Buffer): Buffer;
}

/**
 * Gives the frames of a Matroska file with one video track new time stamps: the frame that comes i-th in presentation gets
 * `timesMs[i]` (M4). Packets stay as they are and in decode order. ffmpeg's bitstream filters cannot do this for time
 * stamps that follow no formula. The file must be ffmpeg's own (1 ms time stamps, no lacing).
 */
export async function retime(inputPath: string, outputPath: string, retiming: Retiming): Promise<void> {
  const input = await open(inputPath, 'r');
  const output = await open(outputPath, 'wx');
  try {
    const layout = await scanBlocks(input);
    const newTicks = newTimes(layout.blocks, retiming);
    await write({ input, output, layout, newTicks, retiming });
  } finally {
    await input.close();
    await output.close();
  }
}

function newTimes(blocks: readonly BlockPlace[], retiming: Retiming): number[] {
  const { timesMs, segmentFrames, tickNs } = retiming;
  const frames = segmentFrames.reduce((sum, count) => sum + count, 0);
  if (blocks.length !== timesMs.length || frames !== timesMs.length) {
    const message = `the joined segments hold ${blocks.length} frames, ${frames} were announced and ${timesMs.length} time stamps are to be given`;
    throw new GridError('verify_failed', message);
  }
  const result = Array.from<number>({ length: blocks.length });
  let first = 0;
  for (const count of segmentFrames) {
    const order = Array.from({ length: count }, (_, i) => first + i).toSorted(
      (a, b) => at(blocks, a).timeMs - at(blocks, b).timeMs,
    );
    order.forEach((block, rank) => {
      result[block] = Math.max(0, Math.round((at(timesMs, first + rank) * 1e6) / tickNs));
    });
    first += count;
  }
  return result;
}

function at<T>(values: readonly T[], position: number): T {
  const value = values[position];
  assert(value !== undefined, `position ${position} is outside of ${values.length} values`);
  return value;
}

interface WriteInput {
  readonly input: FileHandle;
  readonly output: FileHandle;
  readonly layout: Layout;
  readonly newTicks: readonly number[];
  readonly retiming: Retiming;
}

/** An element of the head, as it is or edited. */
async function headElement({ input, retiming }: WriteInput, element: Element): Promise<Buffer> {
  const data = await dataOf(input, element);
  if (element.id === ID.tracks) return writeElement(ID.tracks, retiming.editTracks(data));
  if (element.id !== ID.info) return writeElement(element.id, data);
  return writeElement(
    ID.info,
    withChild(data, ID.timestampScale, () => uintData(retiming.tickNs)),
  );
}

async function write(work: WriteInput): Promise<void> {
  const { input, output, layout, newTicks } = work;
  const ebml = layout.head.find((element) => element.id === ID.ebml);
  if (ebml) await output.write(await headElement(work, ebml));
  await output.write(openElement(ID.segment));
  for (const element of layout.head)
    if (element.id !== ID.ebml) await output.write(await headElement(work, element));
  for (let first = 0; first < layout.blocks.length;) {
    const clusterTicks = at(newTicks, first);
    const parts = [writeElement(ID.clusterTimestamp, uintData(clusterTicks))];
    let bytes = 0;
    let next = first;
    // A cluster is written at once: bounded in time by its 16 bits, in memory by this.
    while (next < layout.blocks.length && bytes < 4 * 1024 * 1024) {
      const relative = at(newTicks, next) - clusterTicks;
      if (Math.abs(relative) > MAX_RELATIVE_TICKS) break;
      const place = at(layout.blocks, next);
      const block = await readAt(input, place.element.start, place.element.end - place.element.start);
      block.writeInt16BE(relative, place.timeAt);
      parts.push(block);
      bytes += block.length;
      next++;
    }
    await output.write(writeElement(ID.cluster, Buffer.concat(parts)));
    first = next;
  }
}
