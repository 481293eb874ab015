import { readdir, readFile } from 'node:fs/promises';

/** Of one process, as /proc/PID/stat tells it. */
export interface ProcessTimes {
  readonly pid: number;
  /** Who started it. */
  readonly parent: number;
  /** How long it computed so far, in clock ticks. */
  readonly ticks: number;
  /** The same of all that it started and saw end. */
  readonly reapedTicks: number;
  /** Its process group. */
  readonly group: number;
  /** At most 15 bytes of its program's name. */
  readonly name: string;
  /** One letter: R runs, T is stopped, Z has ended. */
  readonly state: string;
}

/** A line of /proc/PID/stat (proc_pid_stat(5)): the name in brackets may hold anything, brackets too. */
export function parseProcessStat(stat: string): ProcessTimes | undefined {
  const end = stat.lastIndexOf(')');
  const pid = Number.parseInt(stat, 10);
  // After the name: state, ppid, pgrp, session, tty, tpgid, flags, minflt, cminflt, majflt, cmajflt, utime, stime, cutime, cstime.
  const [state = '', ...numbers] = stat.slice(end + 2).split(' ');
  const [parent = Number.NaN, group = 0] = numbers.map(Number);
  const [utime = 0, stime = 0, cutime = 0, cstime = 0] = numbers.slice(10, 14).map(Number);
  if (end < 0 || !Number.isInteger(pid) || !Number.isInteger(parent)) return undefined;
  const name = stat.slice(stat.indexOf('(') + 1, end);
  return { pid, parent, ticks: utime + stime, reapedTicks: cutime + cstime, group, name, state };
}

/** A process and all that it started, from the top down. */
export function treeOf(root: number, all: readonly ProcessTimes[]): ProcessTimes[] {
  const children = new Map<number, ProcessTimes[]>();
  for (const one of all) {
    const siblings = children.get(one.parent);
    if (siblings) siblings.push(one);
    else children.set(one.parent, [one]);
  }
  const own = all.find((one) => one.pid === root);
  const members: ProcessTimes[] = own ? [own] : [];
  // It grows while it is walked.
  for (const member of members) members.push(...(children.get(member.pid) ?? []));
  return members;
}

/** What tells whether a tree of processes computes: its members and what they computed, as one text. */
export function treeTimes(root: number, all: readonly ProcessTimes[]): string {
  return treeOf(root, all)
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
