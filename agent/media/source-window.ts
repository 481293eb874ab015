import { open, type FileHandle } from 'node:fs/promises';
import type { ByteSpan, ClipCut } from '../../shared/gen/clipgrid/v1/task.ts';
import type { OpenSource } from './source-access.ts';

/** An EBML Void (RFC 8794, section 11.3.2): 1 byte of id, 8 of size. */
const VOID_HEAD_BYTES = 9;
/** An MP4 box with its size in the long form (ISO/IEC 14496-12, section 4.2). */
const FREE_HEAD_BYTES = 16;

function voidElement(gap: number): Buffer {
  const head = Buffer.alloc(VOID_HEAD_BYTES);
  head[0] = 0xec;
  head[1] = 0x01;
  head.writeUIntBE(gap - VOID_HEAD_BYTES, 3, 6);
  return head;
}

function freeBox(gap: number): Buffer {
  const head = Buffer.alloc(FREE_HEAD_BYTES);
  head.writeUInt32BE(1, 0);
  head.write('free', 4, 'latin1');
  head.writeBigUInt64BE(BigInt(gap), 8);
  return head;
}

/** What makes a demuxer skip the bytes that were not fetched; undefined: it never looks at them. */
const FILLERS: Readonly<Record<string, { bytes: number; make(gap: number): Buffer }>> = {
  matroska: { bytes: VOID_HEAD_BYTES, make: voidElement },
  fragments: { bytes: FREE_HEAD_BYTES, make: freeBox },
};

async function copy(file: FileHandle, bytes: AsyncIterable<Uint8Array>, position: number): Promise<void> {
  let at = position;
  for await (const chunk of bytes) {
    for (let done = 0; done < chunk.length;) {
      const { bytesWritten } = await file.write(chunk, done, chunk.length - done, at);
      done += bytesWritten;
      at += bytesWritten;
    }
  }
}

/**
 * Fetches what a clip needs of its source, and nothing else (M1), into a sparse file that a demuxer takes for the source:
 * every byte is at its own place, and what was left out is skipped. A transport stream has no places: there the parts
 * follow each other. Returns false when the layout of the source is not known; then a demuxer must read it by URL.
 */
export async function fetchWindow(source: OpenSource, cut: ClipCut, path: string): Promise<boolean> {
  const { layout, seekByte, endByte } = cut;
  if (layout === '' || seekByte < 0 || endByte <= seekByte) return false;
  const file = await open(path, 'w');
  try {
    let headEnd = 0;
    for (const { start, end } of cut.head) {
      await copy(file, source.read({ start, end }, { cached: true }), start);
      headEnd = end;
    }
    const filler = FILLERS[layout];
    const body: ByteSpan = { start: seekByte, end: endByte };
    if (filler || layout === 'mpegts') {
      // Small gaps are cheaper fetched than skipped; a body never starts inside of the head.
      const gap = seekByte - headEnd;
      if (gap < (filler?.bytes ?? 0)) body.start = headEnd;
      else if (filler) await file.write(filler.make(gap), 0, undefined, headEnd);
    }
    const position = layout === 'mpegts' ? headEnd : body.start;
    await copy(file, source.read(body), position);
    return true;
  } finally {
    await file.close();
  }
}
