import type { ByteRange } from './upstream.ts';

/** One range of RFC 9110 section 14.1.2 within `size` bytes; no header: everything; undefined: cannot be satisfied. */
export function parseRange(header: string | undefined, size: number): ByteRange | undefined {
  if (header === undefined) return { start: 0, end: size };
  const match = /^bytes=(\d*)-(\d*)$/.exec(header.trim());
  if (match === null) return undefined;
  const [, first = '', last = ''] = match;
  if (first === '' && last === '') return undefined;
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size : Math.min(size, Number(last) + 1);
  return start < end ? { start, end } : undefined;
}
