import { readdir, readFile, readlink } from 'node:fs/promises';
import type { Clock } from '../../../../../shared/clock.ts';

/** A process: its id alone may be another program's by now. */
export interface ProcessId {
  readonly pid: number;
  /** Clock ticks from the start of the system to the start of the process. */
  readonly startTicks: number;
}

export interface MarkedProcess extends ProcessId {
  /** The value of the variable that was asked for. */
  readonly value: string;
}

const POLL_MS = 20;
const KILL_LIMIT_MS = 5_000;

async function processIds(): Promise<number[]> {
  const names = await readdir('/proc').catch((): string[] => []);
  return names.filter((name) => /^\d+$/.test(name)).map(Number);
}

/** Fields of proc_pid_stat(5) from the third on; empty when there is no such process. Its name may hold anything. */
async function statOf(pid: number): Promise<string[]> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}

/** When it was started; undefined when it is gone, or dead and not yet reaped. */
export async function startTicksOf(pid: number): Promise<number | undefined> {
  const fields = await statOf(pid);
  const [state = ''] = fields;
  const ticks = Number(fields[19] ?? Number.NaN);
  return state === '' || 'ZX'.includes(state) || !Number.isFinite(ticks) ? undefined : ticks;
}

async function isAlive({ pid, startTicks }: ProcessId): Promise<boolean> {
  return (await startTicksOf(pid)) === startTicks;
}

/** Processes that lead a group of their own and have these variables. Linux only: elsewhere there are none. */
export async function findMarked(
  marks: Readonly<Record<string, string>>,
  wanted: string,
): Promise<MarkedProcess[]> {
  const found: MarkedProcess[] = [];
  for (const pid of await processIds()) {
    const variables = (await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')).split('\0');
    if (!Object.entries(marks).every(([name, value]) => variables.includes(`${name}=${value}`))) continue;
    const value = variables.find((text) => text.startsWith(`${wanted}=`))?.slice(wanted.length + 1);
    const [, , group] = await statOf(pid);
    const startTicks = await startTicksOf(pid);
    if (value !== undefined && Number(group) === pid && startTicks !== undefined)
      found.push({ pid, startTicks, value });
  }
  return found;
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended by itself.
  }
}

async function gone(one: ProcessId, withinMs: number, clock: Clock): Promise<boolean> {
  const from = clock.monotonicMs();
  while (await isAlive(one)) {
    if (clock.monotonicMs() - from >= withinMs) return false;
    await clock.sleep(POLL_MS);
  }
  return true;
}

/** Asks a process to end, and after the grace kills it with its whole group. Another program with its id is left alone. */
export async function endProcess(one: ProcessId, graceMs: number, clock: Clock): Promise<void> {
  if (!(await isAlive(one))) return;
  signal(one.pid, 'SIGTERM');
  if (await gone(one, graceMs, clock)) return;
  signal(-one.pid, 'SIGKILL');
  await gone(one, KILL_LIMIT_MS, clock);
}

/** Kills what still works below a folder: tools of an agent that was killed have groups of their own. */
export async function endBelow(folder: string, clock: Clock): Promise<void> {
  const left: ProcessId[] = [];
  for (const pid of await processIds()) {
    const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => '');
    const startTicks = cwd.startsWith(`${folder}/`) ? await startTicksOf(pid) : undefined;
    if (startTicks !== undefined) left.push({ pid, startTicks });
  }
  for (const { pid } of left) signal(pid, 'SIGKILL');
  for (const one of left) await gone(one, KILL_LIMIT_MS, clock);
}
