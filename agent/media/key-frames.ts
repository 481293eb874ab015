import type { FileHandle } from 'node:fs/promises';
import { readAt } from './file-elements.ts';

/** Whether the stored frame in bytes [start, end) of a file, marked as a keyframe, is one at which a part may begin. */
export type StartTest = (file: FileHandle, start: number, end: number) => Promise<boolean>;

/** NAL unit types of ITU-T H.264, table 7-1, and H.265, table 7-1. */
const AVC_SLICES = new Set([1, 2, 3, 4, 5]);
const AVC_IDR = 5;
const HEVC_SLICES_END = 32;
const HEVC_IDR = new Set([19, 20]);

/**
 * The first slice of the frame says it: a keyframe that is no IDR picture (open GOP, recovery point) leaves later frames free
 * to refer to earlier ones. `slice`: undefined for a unit that is no slice.
 */
function firstSlice(lengthBytes: number, slice: (header: number) => boolean | undefined): StartTest {
  return async (file, start, end) => {
    for (let at = start; at + lengthBytes < end;) {
      const head = await readAt(file, at, lengthBytes + 1);
      const header = head[lengthBytes];
      if (header === undefined) return false;
      const verdict = slice(header);
      if (verdict !== undefined) return verdict;
      at += lengthBytes + head.readUIntBE(0, lengthBytes);
    }
    return false;
  };
}

/** Of the BITMAPINFOHEADER that is the private data of such a track. */
const FOURCC_AT = 16;
const always: StartTest = () => Promise.resolve(true);

/**
 * By Matroska's codec id and private data (`avcC`, ISO 14496-15 5.3.3.1; `hvcC`, 8.3.3.1). Undefined: of this codec it is
 * not known, or a stored frame may be one that is not shown.
 */
export function startTest(codecId: string, codecPrivate: Buffer): StartTest | undefined {
  switch (codecId) {
    case 'V_MPEG4/ISO/AVC':
      return firstSlice(((codecPrivate[4] ?? 3) & 3) + 1, (header) =>
        AVC_SLICES.has(header & 0x1f) ? (header & 0x1f) === AVC_IDR : undefined,
      );
    case 'V_MPEGH/ISO/HEVC':
      return firstSlice(((codecPrivate[21] ?? 3) & 3) + 1, (header) => {
        const type = (header >> 1) & 0x3f;
        return type < HEVC_SLICES_END ? HEVC_IDR.has(type) : undefined;
      });
    case 'V_AV1':
    case 'V_FFV1':
      return always;
    case 'V_MS/VFW/FOURCC':
      return codecPrivate.toString('latin1', FOURCC_AT, FOURCC_AT + 4) === 'FFV1' ? always : undefined;
    default:
      return undefined;
  }
}
