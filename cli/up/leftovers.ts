import { readdir, readFile, readlink } from 'node:fs/promises';
import { isAlive } from '../../coordinator/store/postgres/embedded/running.ts';
import type { Clock } from '../../shared/clock.ts';

/** Every child of `up` has this variable, with the data folder as its value: so it is found when `up` is gone. */
export const MARK = 'CLIPGRID_UP';

const END_LIMIT_MS = 10_000;
const POLL_MS = 10;

async function processIds(): Promise<number[]> {
  const names = await readdir('/proc').catch((): string[] => []);
  return names.filter((name) => /^\d+$/.test(name)).map(Number);
}

async function isChildOf(pid: number, folder: string): Promise<boolean> {
  const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
  return environment.split('\0').includes(`${MARK}=${folder}`);
}

/**
 * Whether a process is a tool that works below `work`. Tools have no variables of ours and a session of their own without
 * a terminal (field 7 of proc_pid_stat(5) is 0), which tells them from a person's shell that happens to be there.
 */
async function worksBelow(pid: number, work: string): Promise<boolean> {
  const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => '');
  if (!cwd.startsWith(`${work}/`)) return false;
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[4] === '0';
}

async function endAll(pids: readonly number[], clock: Clock): Promise<void> {
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended by itself.
    }
  }
  const from = clock.monotonicMs();
  for (const pid of pids) {
    while ((await isAlive(pid)) && clock.monotonicMs() - from < END_LIMIT_MS) await clock.sleep(POLL_MS);
  }
}

async function endWhere(wanted: (pid: number) => Promise<boolean>, clock: Clock): Promise<number[]> {
  const pids = (await processIds()).filter((pid) => pid !== process.pid);
  const marks = await Promise.all(pids.map(wanted));
  const found = pids.filter((_, i) => marks[i]);
  await endAll(found, clock);
  return found;
}

/** Ends coordinators and agents that outlived their `up`. Nothing is lost: the database has every job. Linux only. */
export async function endOrphans(folder: string, clock: Clock): Promise<number[]> {
  return endWhere((pid) => isChildOf(pid, folder), clock);
}

/** Ends encoders and scripts that outlived their agent. Linux only. */
export async function endTools(agentFolder: string, clock: Clock): Promise<number[]> {
  return endWhere((pid) => worksBelow(pid, `${agentFolder}/work`), clock);
}
