import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setPriority } from 'node:os';

/** `0-3,8` as numbers. */
export function parseCpuList(text: string): number[] {
  return text
    .trim()
    .split(',')
    .flatMap((part) => {
      const [, from, to = from] = /^(\d+)(?:-(\d+))?$/.exec(part) ?? [];
      if (from === undefined) return [];
      const [first, last] = [Number(from), Number(to)];
      return Array.from({ length: last - first + 1 }, (_, i) => first + i);
    });
}

/** The last of them: what is not told where to run tends to the first. */
export function chooseCpus(allowed: readonly number[], cores: number): number[] {
  return allowed.slice(-cores);
}

const LIMIT_MS = 5_000;

/**
 * Bounds this process, and so all that it will start: some processors only, and less in a hurry than others. Encoders choose
 * their threads by the processors that they may use. Says in words what could not be done.
 */
export function boundOwnProcess({
  cores,
  nice,
}: {
  readonly cores?: number | undefined;
  readonly nice?: number | undefined;
}): string[] {
  const problems: string[] = [];
  try {
    if (nice) setPriority(nice);
  } catch (error) {
    problems.push(`--nice ${nice} could not be set: ${String(error)}`);
  }
  if (cores === undefined) return problems;
  try {
    const status = readFileSync('/proc/self/status', 'utf8');
    const allowed = parseCpuList(/^Cpus_allowed_list:\s*(.+)$/m.exec(status)?.[1] ?? '');
    const list = chooseCpus(allowed, cores).join(',');
    if (cores < allowed.length)
      execFileSync('taskset', ['-acp', list, String(process.pid)], { timeout: LIMIT_MS, stdio: 'ignore' });
  } catch (error) {
    problems.push(
      `--cores ${cores} could not be set (it takes Linux and taskset of util-linux): ${String(error)}`,
    );
  }
  return problems;
}
