import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../../../shared/clock.ts';
import { GridError } from '../../../../shared/errors.ts';

/** A server that runs on a data directory, as its `postmaster.pid` tells. */
export interface RunningServer {
  readonly pid: number;
  readonly port: number;
}

/** How long a server may take for its last checkpoint before it is killed. */
const STOP_LIMIT_MS = 60_000;
const POLL_MS = 20;

/** Whether a process with this id exists; a zombie of ours does not count. */
export async function isAlive(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return !/\) [ZX] /.test(status);
}

async function isServerOf(pid: number, cluster: string): Promise<boolean> {
  if (process.platform !== 'linux') return isAlive(pid);
  const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return commandLine.split('\0').includes(cluster) && (await isAlive(pid));
}

/**
 * The server that is running on `cluster`, for instance one whose parent was killed. A `postmaster.pid` whose number
 * now belongs to another program, or to nobody, is removed: PostgreSQL would refuse to start beside it.
 */
export async function findRunning(cluster: string): Promise<RunningServer | undefined> {
  const file = join(cluster, 'postmaster.pid');
  const lines = (await readFile(file, 'utf8').catch(() => '')).split('\n');
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  if (await isServerOf(pid, cluster)) return { pid, port: Number(lines[3] ?? 0) };
  await rm(file, { force: true });
  return undefined;
}

/** A server that ended by itself in this very moment is no error. */
function signalServer(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Fast shutdown (SIGINT: sessions are ended, a checkpoint is written), then SIGKILL when that takes too long. */
export async function stopServer(pid: number, clock: Clock): Promise<void> {
  signalServer(pid, 'SIGINT');
  const from = clock.monotonicMs();
  while (await isAlive(pid)) {
    if (clock.monotonicMs() - from > STOP_LIMIT_MS) {
      signalServer(pid, 'SIGKILL');
      throw new GridError(
        'timeout',
        `PostgreSQL (process ${pid}) did not stop in ${STOP_LIMIT_MS} ms and was killed`,
      );
    }
    await clock.sleep(POLL_MS);
  }
}
