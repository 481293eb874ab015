import { statfs } from 'node:fs/promises';
import { GridError } from '../../shared/errors.ts';

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1e6)} MB`;
}

/** Throws `disk_full` when a folder's disk has less room than `bytes` now: clearer, and sooner, than half a file. */
export async function requireRoom(folder: string, bytes: number, what: string): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  if (free >= bytes) return;
  const message = `this agent has no room for ${what}: ${megabytes(bytes)} are needed, its work folder has ${megabytes(free)} free`;
  throw new GridError('disk_full', message, { retryable: true });
}
