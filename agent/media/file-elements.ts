import type { FileHandle } from 'node:fs/promises';
import { readElement, type Element } from './matroska.ts';

/** Heads of elements are read this far; bodies are never loaded while scanning. */
export const HEAD_BYTES = 64;

/** Up to `length` bytes of a file; fewer at its end. */
export async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}

/** Reads the head of the element at an absolute position; offsets of the result are absolute. */
export async function elementAt(
  file: FileHandle,
  position: number,
  limit: number,
): Promise<Element | undefined> {
  if (position >= limit) return undefined;
  const head = await readAt(file, position, Math.min(HEAD_BYTES, limit - position));
  const element = readElement(head, 0, limit - position);
  if (element === undefined) return undefined;
  return {
    id: element.id,
    start: position,
    dataStart: position + element.dataStart,
    end: position + element.end,
    unknownSize: element.unknownSize,
  };
}

/** All data of an element that `elementAt` found. */
export function dataOf(file: FileHandle, { dataStart, end }: Element): Promise<Buffer> {
  return readAt(file, dataStart, end - dataStart);
}
