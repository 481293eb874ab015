import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { GridError } from '../../shared/errors.ts';
import type { StoredFrame } from './closed-gops.ts';
import { dataOf, elementAt, readAt } from './file-elements.ts';
import { startTest, type StartTest } from './key-frames.ts';
import { children, ID, trackNumberLength, uintOf, type Element } from './matroska.ts';

/** RFC 9559, sections 5.1.3.5 and 5.1.4.1. */
const REFERENCE_BLOCK = 0xfb;
const TRACK_NUMBER = 0xd7;
const TRACK_TYPE = 0x83;
const CODEC_ID = 0x86;
const CODEC_PRIVATE = 0x63a2;
const CONTENT_ENCODINGS = 0x6d80;
const VIDEO = 1;
const KEYFRAME = 0x80;
const LACING = 0x06;
/** Id and size of an element (RFC 8794): at most so many bytes. */
const MAX_ELEMENT_HEAD = 12;
/** More is no list of tracks that an encoder writes. */
const MAX_TRACKS_BYTES = 1024 ** 2;

interface Cluster {
  readonly start: number;
  readonly end: number;
  /** Number of its first frame. */
  readonly firstFrame: number;
}

interface Track {
  readonly number: number;
  readonly isStart: StartTest;
}

/** Where stored frames [from, to) lie in the file. */
export interface FramePlace {
  /** The file up to its first cluster, and the clusters that hold the frames: [start, end) each, in bytes. */
  readonly head: number;
  readonly start: number;
  readonly end: number;
  /** Frames in those clusters before the first wanted one. */
  readonly before: number;
}

function unsupported(why: string): GridError {
  return new GridError('unsupported', why);
}

/**
 * Follows a Matroska file while a program writes it: reads only clusters that are complete, each once. Throws `unsupported`
 * when the file is not of a kind that can be followed. It is another's file: a link in its place is not read.
 */
export class GrowingMatroska {
  /** In stored order, as far as clusters are complete. */
  readonly frames: StoredFrame[] = [];
  readonly #path: string;
  readonly #clusters: Cluster[] = [];
  #position = 0;
  #head = 0;
  #track: Track | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** Runs `work` on the opened file; undefined while it is not there. */
  async withFile<T>(work: (file: FileHandle) => Promise<T>): Promise<T | undefined> {
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
    const file = await open(this.#path, flags).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw unsupported(`the output cannot be followed: ${error.code}`);
    });
    if (file === undefined) return undefined;
    try {
      if (!(await file.stat()).isFile()) throw unsupported('the output is no plain file');
      return await work(file);
    } finally {
      await file.close();
    }
  }

  /** Reads on from where the last look ended. */
  async look(): Promise<void> {
    await this.withFile(async (file) => {
      const { size } = await file.stat();
      // Buffers are written in any pieces: what is not all there is looked at again.
      while (this.#position + MAX_ELEMENT_HEAD <= size) {
        const element = await elementAt(file, this.#position, Number.MAX_SAFE_INTEGER);
        if (element === undefined) throw unsupported('the output is no Matroska');
        if (this.#position === 0 && element.id !== ID.ebml) throw unsupported('the output is no Matroska');
        if (element.id === ID.segment) {
          this.#position = element.dataStart;
          continue;
        }
        if (element.unknownSize) throw unsupported('the output does not tell where its clusters end');
        if (element.end > size) return;
        if (element.id === ID.tracks) this.#track = await readTrack(file, element);
        if (element.id === ID.cluster) await this.#cluster(file, element);
        this.#position = element.end;
      }
    });
  }

  async #cluster(file: FileHandle, cluster: Element): Promise<void> {
    if (this.#track === undefined) throw unsupported('the output has a cluster before its tracks');
    if (this.#head === 0) this.#head = cluster.start;
    this.#clusters.push({ start: cluster.start, end: cluster.end, firstFrame: this.frames.length });
    this.frames.push(...(await clusterFrames(file, cluster, this.#track)));
  }

  /** Where complete frames [from, to) lie. */
  place(from: number, to: number): FramePlace {
    const first = this.#clusters.findLast((cluster) => cluster.firstFrame <= from);
    const last = this.#clusters.findLast((cluster) => cluster.firstFrame < to);
    if (!first || !last) throw unsupported(`frames [${from}, ${to}) are not there`);
    return { head: this.#head, start: first.start, end: last.end, before: from - first.firstFrame };
  }
}

/** The one video track. */
async function readTrack(file: FileHandle, tracks: Element): Promise<Track> {
  const size = tracks.end - tracks.dataStart;
  if (size > MAX_TRACKS_BYTES) throw unsupported('the output has too large a list of tracks');
  const data = await dataOf(file, tracks);
  for (const entry of children(data, 0, data.length)) {
    if (entry.id !== ID.trackEntry) continue;
    const fields = new Map<number, Buffer>();
    for (const field of children(data, entry.dataStart, entry.end))
      fields.set(field.id, data.subarray(field.dataStart, field.end));
    if (uintOf(fields.get(TRACK_TYPE) ?? Buffer.alloc(0)) !== VIDEO) continue;
    if (fields.has(CONTENT_ENCODINGS)) throw unsupported('the output is compressed a second time');
    const codec = (fields.get(CODEC_ID) ?? Buffer.alloc(0)).toString('latin1');
    const isStart = startTest(codec, fields.get(CODEC_PRIVATE) ?? Buffer.alloc(0));
    if (isStart === undefined) throw unsupported(`of ${codec} it is not known where a part may begin`);
    return { number: uintOf(fields.get(TRACK_NUMBER) ?? Buffer.alloc(0)), isStart };
  }
  throw unsupported('the output has no video');
}

async function clusterFrames(file: FileHandle, cluster: Element, track: Track): Promise<StoredFrame[]> {
  const frames: StoredFrame[] = [];
  let clusterMs = 0;
  for (let position = cluster.dataStart; position < cluster.end;) {
    const element = await elementAt(file, position, cluster.end);
    if (element === undefined) throw unsupported('the output has a broken cluster');
    position = element.end;
    if (element.id === ID.clusterTimestamp) clusterMs = uintOf(await dataOf(file, element));
    const simple = element.id === ID.simpleBlock;
    const group = element.id === ID.blockGroup ? await readGroup(file, element) : undefined;
    const block = simple ? element : group?.block;
    if (block === undefined) continue;
    const head = await readAt(file, block.dataStart, 16);
    const after = trackNumberLength(head, 0);
    // Track numbers of encoders fit one byte, whose first bit only tells so.
    if (after !== 1 || ((head[0] ?? 0) & 0x7f) !== track.number) continue;
    const flags = head[after + 2] ?? 0;
    if ((flags & LACING) !== 0) throw unsupported('the output has several frames in a block');
    const key = simple ? (flags & KEYFRAME) !== 0 : group?.alone === true;
    const start = key && (await track.isStart(file, block.dataStart + after + 3, block.end));
    frames.push({ timeMs: clusterMs + head.readInt16BE(after), start });
  }
  return frames;
}

/** A block group's block, and whether it refers to no other. */
async function readGroup(file: FileHandle, group: Element) {
  let block: Element | undefined;
  let alone = true;
  for (let position = group.dataStart; position < group.end;) {
    const element = await elementAt(file, position, group.end);
    if (element === undefined) break;
    if (element.id === ID.block) block = element;
    if (element.id === REFERENCE_BLOCK) alone = false;
    position = element.end;
  }
  return block && { block, alone };
}
