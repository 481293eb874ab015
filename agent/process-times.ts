import { readdir, readFile } from 'node:fs/promises';

/** Of one process: who started it, and how long it computed so far, in clock ticks. */
export interface ProcessTimes {
  readonly pid: number;
  readonly parent: number;
  readonly ticks: number;
}

/** A line of /proc/PID/stat (proc_pid_stat(5)): the name in brackets may hold anything, brackets too. */
export function parseProcessStat(stat: string): ProcessTimes | undefined {
  const end = stat.lastIndexOf(')');
  const pid = Number.parseInt(stat, 10);
  // After the name: state, ppid, pgrp, session, tty, tpgid, flags, minflt, cminflt, majflt, cmajflt, utime, stime.
  const fields = stat.slice(end + 2).split(' ');
  const [parent, utime, stime] = [fields[1], fields[11], fields[12]].map(Number);
  if (end < 0 || !Number.isInteger(pid) || !Number.isInteger(parent)) return undefined;
  return { pid, parent: parent ?? 0, ticks: (utime ?? 0) + (stime ?? 0) };
}

/** What tells whether a tree of processes computes: its members and what they computed, as one text. */
export function treeTimes(root: number, all: readonly ProcessTimes[]): string {
  const children = new Map<number, ProcessTimes[]>();
  for (const one of all) children.set(one.parent, [...(children.get(one.parent) ?? []), one]);
  const own = all.find((one) => one.pid === root);
  const members: ProcessTimes[] = [];
  const open = own ? [own] : [];
  for (let next = open.pop(); next; next = open.pop()) {
    members.push(next);
    open.push(...(children.get(next.pid) ?? []));
  }
  return members
    .toSorted((a, b) => a.pid - b.pid)
    .map((one) => `${one.pid}:${one.ticks}`)
    .join();
}

/** All processes that can be seen; none where there is no /proc. */
export async function readProcessTimes(): Promise<ProcessTimes[]> {
  const names = await readdir('/proc').catch((): string[] => []);
  const stats = await Promise.all(
    names
      .filter((name) => /^\d+$/.test(name))
      .map((name) => readFile(`/proc/${name}/stat`, 'utf8').catch(() => '')),
  );
  return stats.flatMap((stat) => parseProcessStat(stat) ?? []);
}
