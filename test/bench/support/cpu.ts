import { readdir, readFile } from 'node:fs/promises';

/** Linux counts processor time in hundredths of a second. */
const TICKS_PER_SECOND = 100;

/** Fields of /proc/PID/stat behind the program's name: state is field 0, the parent 1, own times 11 and 12, ended children's 13 and 14. */
async function statOf(pid: number | string): Promise<number[] | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  return text
    ?.slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
}

/** Processor time that a process and its children, living and ended, have used so far, in seconds. Says more than wall time on a busy machine. */
export async function cpuSeconds(pid: number): Promise<number> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const stats = await Promise.all(pids.map(async (one) => ({ pid: Number(one), stat: await statOf(one) })));
  let ticks = 0;
  for (const { pid: one, stat } of stats) {
    if (one === pid) ticks += (stat?.[13] ?? 0) + (stat?.[14] ?? 0);
    if (one === pid || stat?.[1] === pid) ticks += (stat?.[11] ?? 0) + (stat?.[12] ?? 0);
  }
  return ticks / TICKS_PER_SECOND;
}

/**
 * Processor time that all programs of the machine have used so far, in seconds. Of a grid nothing less is all: what a
 * sandbox's first process used is told to none of its parents, as bubblewrap leaves without waiting for it.
 */
export async function machineCpuSeconds(): Promise<number> {
  const text = await readFile('/proc/stat', 'utf8');
  // user, nice, system, idle, iowait, irq, softirq: of all cores together.
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = (text.split('\n')[0] ?? '')
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return (user + nice + system + irq + softirq) / TICKS_PER_SECOND;
}
