import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { parseProcessStat, type ProcessTimes } from '../process-times.ts';

/** Files of /proc are made by the kernel while they are read: that takes microseconds, and no disk. */
function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function pids(): string[] {
  try {
    return readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
}

/** All processes that can be seen, now; none where there is no /proc. */
export function readProcesses(): ProcessTimes[] {
  return pids().flatMap((pid) => parseProcessStat(readText(`/proc/${pid}/stat`)) ?? []);
}

export interface CpuTimes {
  readonly busy: number;
  readonly total: number;
}

/** First line of /proc/stat, in clock ticks: user, nice, system, idle, iowait, ... (proc_stat(5)). */
export function parseCpuTimes(stat: string): CpuTimes {
  const ticks = stat.split('\n')[0]?.trim().split(/\s+/).slice(1, 9).map(Number) ?? [];
  const total = ticks.reduce((sum, value) => sum + value, 0);
  return { busy: total - (ticks[3] ?? 0) - (ticks[4] ?? 0), total };
}

export function readCpuTimes(): CpuTimes {
  return parseCpuTimes(readText('/proc/stat'));
}

/**
 * Processes that stand stopped in `folder`, as far as they can be seen: an agent that was killed during a pause leaves its
 * tools so, and nobody else would ever let them go on.
 */
export function stoppedWithin(folder: string): number[] {
  const stopped = readProcesses().filter((one) => one.state === 'T');
  return stopped.flatMap(({ pid }) => {
    try {
      const cwd = readlinkSync(`/proc/${pid}/cwd`).replace(/ \(deleted\)$/, '');
      return cwd === folder || cwd.startsWith(`${folder}/`) ? [pid] : [];
    } catch {
      return [];
    }
  });
}
