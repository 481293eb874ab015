import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { MachineWatch } from '../../../agent/guest/machine-watch.ts';
import { readCpuTimes, readProcesses, type CpuTimes } from '../../../agent/guest/proc.ts';
import { NEVER_YIELD } from '../../../agent/guest/settings.ts';
import { parseProcessStat } from '../../../agent/process-times.ts';
import { systemClock as clock } from '../../../shared/clock.ts';

const children: ChildProcess[] = [];
afterEach(() => children.splice(0).forEach((child) => child.kill('SIGKILL')));

async function start(code: string): Promise<number> {
  const child = spawn(process.execPath, ['-e', `console.log('up'); ${code}`], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  children.push(child);
  await once(child.stdout, 'data');
  return child.pid!;
}

function ticksOf(pid: number): number {
  return parseProcessStat(readFileSync(`/proc/${pid}/stat`, 'utf8'))!.ticks;
}

/** Looks of an agent whose process is `root`. What it read of the whole machine is kept: it is what the others are a part of. */
function watchOf(root: number) {
  const read: CpuTimes[] = [];
  const watch = new MachineWatch({
    settings: { ...NEVER_YIELD, yieldCpu: 0.25 },
    clock,
    root,
    processes: readProcesses,
    cpuTimes: () => (read.push(readCpuTimes()), read.at(-1)!),
    onBattery: async () => false,
    ask: async () => '',
    xprop: undefined,
    nvidiaSmi: undefined,
  });
  return { look: () => watch.look().otherCpu, read };
}

/** Both samples of one look are not taken at the same moment. */
const SLACK_TICKS = 10;

test('on this machine: a program that computes counts as that of others, and one of the agent’s own does not', async () => {
  const idle = await start('setInterval(() => {}, 1000)');
  const busy = await start('for (;;);');
  const [stranger, owner] = [watchOf(idle), watchOf(busy)];
  expect([stranger.look(), owner.look()]).toEqual([undefined, undefined]);
  const before = ticksOf(busy);
  // Until it computed for long enough: how long that takes hangs on who else computes here.
  while (ticksOf(busy) - before < 60) await clock.sleep(50);
  const [others, withoutOwn] = [stranger.look()!, owner.look()!];
  const busyTicks = ticksOf(busy) - before;
  const ticks = stranger.read[1]!.total - stranger.read[0]!.total;
  expect(others * ticks).toBeGreaterThan(busyTicks - SLACK_TICKS);
  expect(withoutOwn * ticks).toBeLessThan(others * ticks - busyTicks + 2 * SLACK_TICKS);
});
