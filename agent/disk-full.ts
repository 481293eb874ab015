import { statfs } from 'node:fs/promises';
import { GridError } from '../shared/errors.ts';

const FULL = /No space left on device|no space left on device|Disk quota exceeded|EDQUOT/;
/** With less than this nothing can be written: ffmpeg does not always say so, nor fail. */
const NO_ROOM_BYTES = 1024 * 1024;
/** What says all there is to say, or is no failure of the work. */
const AS_IT_IS: ReadonlySet<string> = new Set(['disk_full', 'lost_lease', 'cancelled']);

export interface Circumstances {
  /** What the tools printed last. */
  readonly toolOutput: string;
  /** Room on the disk of the work directory; undefined: unknown. */
  readonly freeBytes: number | undefined;
}

/** Bytes that can still be written below `folder`. */
export async function freeBytes(folder: string): Promise<number | undefined> {
  return statfs(folder).then(
    ({ bavail, bsize }) => bavail * bsize,
    () => undefined,
  );
}

/**
 * A tool that has no room fails in words of its own, and so does Node: for whoever decides what comes next it is one
 * failure, of this agent and not of the input.
 */
export function asDiskFull(error: GridError, circumstances: Circumstances): GridError {
  if (AS_IT_IS.has(error.code)) return error;
  const log = error.details['log'];
  const said = [error.message, typeof log === 'string' ? log : '', circumstances.toolOutput].join('\n');
  if (!FULL.test(said) && (circumstances.freeBytes ?? Infinity) >= NO_ROOM_BYTES) return error;
  const message = `the disk of the agent's work directory is full: ${error.message}`;
  return new GridError('disk_full', message, { details: { log }, cause: error });
}
