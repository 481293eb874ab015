import { statfs } from 'node:fs/promises';
import { GridError } from '../../shared/errors.ts';
import type { RunnerContext } from '../runners/runner.ts';
import { folderSize, MAX_ENTRIES } from './folder-size.ts';

/** Looks are never nearer to each other: where little room is left each finds more than the last. */
const LEAST_LOOK_MS = 250;
/** Nor further apart: programs may be faster than what is said of them here. */
const MOST_LOOK_MS = 2_000;
const MIB = 1024 ** 2;
/** More than the programs of a machine write together for long, be it into memory that is to be written out later. */
const BYTES_PER_SECOND = 4 * 1024 * MIB;
/** About as many as one program makes on a disk. Ones in memory are made faster: that is a few more to be removed. */
const ENTRIES_PER_SECOND = 50_000;
/** Left free on the disk: a tenth of what was free before, and no more than this. */
const MOST_LEFT_FREE = 2 * 1024 * MIB;

async function freeBytes(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(path);
  return bavail * bsize;
}

function full(what: string): GridError {
  return new GridError('disk_full', `${what}: the attempt was ended`);
}

/** What an attempt may take yet before it is ended. */
export interface Room {
  /** Under the limit of its work directory, or above what is to stay free on the disk: the smaller one. */
  readonly bytes: number;
  /** Files and folders. */
  readonly entries: number;
}

/**
 * When to look next: no sooner than the room can be filled. A look opens the work directory and asks for each file in it;
 * with a dozen directories and four looks a second that was a fiftieth of a core, for nothing where there is room for hours.
 */
export function nextLookMs({ bytes, entries }: Room): number {
  const untilFullMs = 1_000 * Math.min(bytes / BYTES_PER_SECOND, entries / ENTRIES_PER_SECOND);
  return Math.min(MOST_LOOK_MS, Math.max(LEAST_LOOK_MS, untilFullMs));
}

/** How much more may be written; why nothing may, where that is so. */
async function look({ workDir, sandbox }: RunnerContext, leastFree: number): Promise<Room | GridError> {
  const { workBytes } = sandbox.limits;
  const { bytes, entries } = await folderSize(workDir);
  if (bytes >= workBytes) {
    const limit = `its limit of ${Math.floor(workBytes / MIB)} MiB (--disk, CLIPGRID_SANDBOX_DISK_GIB)`;
    return full(
      `the script or the encoder filled its work directory to ${Math.floor(bytes / MIB)} MiB, ${limit}`,
    );
  }
  if (entries >= MAX_ENTRIES)
    return full(`the script or the encoder made ${MAX_ENTRIES} files in its work directory`);
  const free = await freeBytes(workDir).catch(() => Infinity);
  if (free < leastFree)
    return full(`only ${Math.floor(free / MIB)} MiB are left on the disk of the agent's work directory`);
  return { bytes: Math.min(workBytes - bytes, free - leastFree), entries: MAX_ENTRIES - entries };
}

/**
 * Runs `work` with a signal that aborts as `disk_full` when the work directory outgrows its limit or the disk runs low. Files that
 * are removed while they are written take room that only the disk tells of.
 */
export async function withWorkQuota<T>(
  context: RunnerContext,
  work: (context: RunnerContext) => Promise<T>,
): Promise<T> {
  const over = new AbortController();
  const done = new AbortController();
  const leastFree = Math.min(MOST_LEFT_FREE, (await freeBytes(context.workDir)) / 10);
  const watch = async (): Promise<void> => {
    while (!done.signal.aborted && !over.signal.aborted) {
      const found = await look(context, leastFree);
      if (found instanceof GridError) over.abort(found);
      else await context.clock.sleep(nextLookMs(found), done.signal);
    }
  };
  const watching = watch();
  try {
    return await work({ ...context, signal: AbortSignal.any([context.signal, over.signal]) });
  } catch (thrown) {
    // The kernel's limit of one file may come before the next look: it is the same failure, said worse.
    const found = over.signal.aborted ? undefined : await look(context, leastFree);
    throw found instanceof GridError && !context.signal.aborted
      ? new GridError(found.code, found.message, { cause: thrown })
      : thrown;
  } finally {
    done.abort();
    await watching;
  }
}
