import { beforeEach, expect, test } from 'vitest';
import { watchIdle } from '../../../agent/idle-watch.ts';
import { parseProcessStat, treeTimes, type ProcessTimes } from '../../../agent/process-times.ts';
import { ManualClock } from '../../support/manual-clock.ts';

test('a line of /proc/PID/stat is read whatever the name of the program is', () => {
  const line =
    '4711 (a (strange) 1 2) S 42 4710 4711 0 -1 4194560 183 0 0 0 17 5 1 2 20 0 1 0 9 4 1 18446744073709551615';
  const known = { pid: 4711, parent: 42, ticks: 22, reapedTicks: 3, group: 4710 };
  expect(parseProcessStat(line)).toEqual({ ...known, name: 'a (strange) 1 2', state: 'S' });
  expect(parseProcessStat('')).toBeUndefined();
});

function process(pid: number, parent: number, ticks: number): ProcessTimes {
  return { pid, parent, ticks, reapedTicks: 0, group: pid, name: 'tool', state: 'S' };
}

const all = [
  process(1, 0, 900),
  process(10, 1, 5),
  process(11, 10, 7),
  process(12, 11, 3),
  process(20, 1, 100),
];

test('a tree of processes is the program and all that it started, whichever group they are in', () => {
  expect(treeTimes(10, all)).toBe('10:5,11:7,12:3');
  expect(treeTimes(99, all)).toBe('');
});

let clock: ManualClock;
let seen: ProcessTimes[];
let idle: boolean;
let looks: number;
const stop = new AbortController();
beforeEach(() => {
  clock = new ManualClock();
  seen = all.map((one) => ({ ...one }));
  idle = false;
  looks = 0;
});

function watch(pids = [10]): void {
  const read = async () => (looks++, seen);
  void watchIdle({ pids, clock, idleMs: 60_000, signal: stop.signal, onIdle: () => (idle = true), read });
}

async function pass(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 1_000) {
    clock.advance(1_000);
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}

test('L14 programs that compute nothing at all for so long hang', async () => {
  watch();
  await pass(70_000);
  expect(idle).toBe(false);
  await pass(10_000);
  expect(idle).toBe(true);
});

test('L14 a little work of anything that they started is enough', async () => {
  watch();
  for (let minute = 0; minute < 10; minute++) {
    seen = seen.map((one) => (one.pid === 12 ? { ...one, ticks: one.ticks + 1 } : one));
    await pass(50_000);
  }
  expect(idle).toBe(false);
});

test('a program that ends soon costs no look at all', async () => {
  watch();
  await pass(14_000);
  expect(looks).toBe(0);
});

test('where the system tells nothing, nothing is concluded', async () => {
  seen = [];
  watch();
  await pass(200_000);
  expect(idle).toBe(false);
});
