import { GridError } from '../../shared/errors.ts';
import type { UploadedPart } from '../objects/object-store.ts';

/** More than S3's smallest part, so that a film of 160 GB has less than its 10,000 parts; larger films get larger ones. */
const MIN_PART_BYTES = 16 * 1024 * 1024;
const MAX_PARTS = 10_000;

/** Bytes of each part but the last. */
export function partBytesOf(sizeBytes: number | undefined): number {
  const needed = Math.ceil((sizeBytes ?? 0) / MAX_PARTS / MIN_PART_BYTES) * MIN_PART_BYTES;
  return Math.max(MIN_PART_BYTES, needed);
}

function refuse(message: string, value: number): never {
  throw new GridError('failed_precondition', message, { details: { field: 'parts', value } });
}

/**
 * Throws `failed_precondition` that names the first part which is missing or has the wrong size: joined with a hole, a
 * film would be damaged and nobody would see it. The parts stay, so that only that one is to be sent.
 */
export function checkParts(parts: readonly UploadedPart[], sizeBytes: number | undefined): void {
  const partBytes = partBytesOf(sizeBytes);
  const last = parts.length;
  if (last === 0) refuse('no part has arrived: PUT the parts to their URLs first', 0);
  parts.forEach(({ part, sizeBytes: size }, i) => {
    if (part !== i + 1) refuse(`part ${i + 1} is missing: PUT it, then complete the upload again`, i + 1);
    if (part < last && size !== partBytes) {
      refuse(`part ${part} has ${size} bytes, each but the last has ${partBytes}: PUT it again`, part);
    }
  });
  const arrived = parts.reduce((sum, part) => sum + part.sizeBytes, 0);
  if (sizeBytes === undefined || arrived === sizeBytes) return;
  const rule =
    arrived < sizeBytes ? 'parts are missing, or the last is truncated' : 'the last part is too long';
  refuse(`the ${last} parts have ${arrived} bytes, ${sizeBytes} were announced: ${rule}`, last);
}
