import { statfs } from 'node:fs/promises';
import { GridError } from '../../shared/errors.ts';
import type { RunnerContext } from '../runners/runner.ts';
import { folderSize, MAX_ENTRIES } from './folder-size.ts';

const LOOK_MS = 250;
const MIB = 1024 ** 2;
/** Left free on the disk: a tenth of what was free before, and no more than this. */
const MOST_LEFT_FREE = 2 * 1024 * MIB;

async function freeBytes(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(path);
  return bavail * bsize;
}

function full(what: string): GridError {
  return new GridError('disk_full', `${what}: the attempt was ended`);
}

/** Why the attempt may not go on writing; undefined while it may. */
async function excess(
  { workDir, sandbox }: RunnerContext,
  leastFree: number,
): Promise<GridError | undefined> {
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
  if (free >= leastFree) return undefined;
  return full(`only ${Math.floor(free / MIB)} MiB are left on the disk of the agent's work directory`);
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
      const problem = await excess(context, leastFree);
      if (problem) over.abort(problem);
      else await context.clock.sleep(LOOK_MS, done.signal);
    }
  };
  const watching = watch();
  try {
    return await work({ ...context, signal: AbortSignal.any([context.signal, over.signal]) });
  } catch (thrown) {
    // The kernel's limit of one file may come before the next look: it is the same failure, said worse.
    const problem = over.signal.aborted ? undefined : await excess(context, leastFree);
    throw problem && !context.signal.aborted
      ? new GridError(problem.code, problem.message, { cause: thrown })
      : thrown;
  } finally {
    done.abort();
    await watching;
  }
}
