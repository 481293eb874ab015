/** Resolved against a size: `start` and `endInclusive` are both inside the object. */
export interface ResolvedRange {
  readonly start: number;
  readonly endInclusive: number;
}

const SINGLE = /^bytes=\s*(?:(\d+)-(\d*)|-(\d+))\s*$/i;

/**
 * Reads a `Range` header (RFC 9110 section 14). `undefined`: serve the whole object, which is also the answer to
 * several ranges and to nonsense. `'unsatisfiable'`: 416.
 */
export function resolveRange(
  header: string | undefined,
  sizeBytes: number,
): ResolvedRange | 'unsatisfiable' | undefined {
  const match = header === undefined ? null : SINGLE.exec(header);
  if (match === null) return undefined;
  const [, first, last, suffix] = match;
  if (suffix !== undefined) {
    const wanted = Math.min(Number(suffix), sizeBytes);
    return wanted === 0 ? 'unsatisfiable' : { start: sizeBytes - wanted, endInclusive: sizeBytes - 1 };
  }
  const start = Number(first);
  const end = last === undefined || last === '' ? sizeBytes - 1 : Number(last);
  if (last !== '' && end < start) return undefined;
  if (start >= sizeBytes) return 'unsatisfiable';
  return { start, endInclusive: Math.min(end, sizeBytes - 1) };
}
