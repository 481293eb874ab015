import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { onBattery } from '../../../../agent/guest/battery.ts';
import { isFullscreen } from '../../../../agent/guest/fullscreen.ts';
import { othersOnGpu } from '../../../../agent/guest/gpu-others.ts';
import { unseen } from '../../../../agent/guest/open-guest.ts';
import { OthersLoad, runningProgram } from '../../../../agent/guest/others-load.ts';
import { NEVER_YIELD } from '../../../../agent/guest/settings.ts';
import { ToolProcesses } from '../../../../agent/guest/tool-processes.ts';
import type { ProcessTimes } from '../../../../agent/process-times.ts';

function process(pid: number, parent: number, more: Partial<ProcessTimes> = {}): ProcessTimes {
  return { pid, parent, ticks: 0, reapedTicks: 0, group: pid, name: 'tool', state: 'S', ...more };
}

test('what others compute is the machine without the agent, its tools, and what those have seen end', () => {
  const load = new OthersLoad(10);
  const at = (busy: number, total: number, own: ProcessTimes[]) => load.look({ busy, total }, own);
  const agent = (ticks: number, reapedTicks: number) => process(10, 1, { ticks, reapedTicks });
  expect(at(1_000, 2_000, [agent(10, 0), process(11, 10, { ticks: 40 })])).toBeUndefined();
  // 100 ticks went by: 60 busy, 5 of the agent, 35 of its tool.
  expect(at(1_060, 2_100, [agent(15, 0), process(11, 10, { ticks: 75 })])).toBeCloseTo(0.2);
  // The tool ended and was seen to.
  expect(at(1_090, 2_200, [agent(15, 85)])).toBeCloseTo(0.2);
  expect(at(1_090, 2_200, [agent(15, 85)])).toBeUndefined();
});

test('programs are known by name, whatever its case, and not among the agent’s own', () => {
  const all = [
    process(1, 0),
    process(10, 1, { name: 'node' }),
    process(11, 10, { name: 'blender' }),
    process(20, 1, { name: 'Steam' }),
    process(21, 1, { name: 'a-very-long-nam' }),
    process(22, 1, { name: 'zoom', state: 'Z' }),
  ];
  const find = (...names: string[]) => runningProgram(names, { root: 10, all });
  expect(find('blender')).toBeUndefined();
  expect(find('blender', 'steam')).toBe('steam');
  expect(find('a-very-long-name-of-a-game')).toBe('a-very-long-name-of-a-game');
  expect(find('zoom')).toBeUndefined();
});

test('tools are stopped from the top down until no new one is found, and go on from the bottom up; helpers are left alone', () => {
  let all = [
    process(10, 1),
    process(11, 10),
    // In a namespace and a group of its own.
    process(12, 11, { group: 99 }),
    process(13, 10, { group: 10 }),
    process(14, 13, { group: 10 }),
    process(15, 10, { state: 'Z' }),
    process(20, 1),
  ];
  const said: string[] = [];
  const tools = new ToolProcesses({
    root: 10,
    read: () => all,
    kill(pid, signal) {
      said.push(`${signal} ${pid}`);
      // One that is started before its parent stands.
      if (pid === 11 && signal === 'SIGSTOP') all = [...all, process(16, 11)];
      all = all.map((one) => (one.pid === pid ? { ...one, state: signal === 'SIGSTOP' ? 'T' : 'S' } : one));
      if (pid === 12) throw new Error('ESRCH');
    },
  });
  expect(tools.stop()).toBe(3);
  expect(said).toEqual(['SIGSTOP 11', 'SIGSTOP 12', 'SIGSTOP 16']);
  expect(tools.stop()).toBe(0);
  said.length = 0;
  tools.resume();
  expect(said).toEqual(['SIGCONT 16', 'SIGCONT 12', 'SIGCONT 11']);

  // Its stop comes when the disk has answered.
  all = [process(10, 1), process(17, 10, { state: 'D' })];
  said.length = 0;
  tools.stop();
  all = [process(10, 1), process(17, 10, { state: 'D' })];
  tools.resume();
  expect(said).toEqual(['SIGSTOP 17', 'SIGCONT 17']);
});

test('a battery that is emptied counts, one of a mouse does not, nor one whose charger feeds the machine', async () => {
  const root = mkdtempSync(join(tmpdir(), 'power-'));
  const supply = (name: string, files: Record<string, string>) => {
    mkdirSync(join(root, name), { recursive: true });
    for (const [file, text] of Object.entries(files)) writeFileSync(join(root, name, file), `${text}\n`);
  };
  expect(await onBattery(join(root, 'none'))).toBe(false);
  supply('mouse', { type: 'Battery', status: 'Discharging', scope: 'Device' });
  expect(await onBattery(root)).toBe(false);
  supply('BAT0', { type: 'Battery', status: 'Discharging' });
  supply('AC', { type: 'Mains', online: '0' });
  expect(await onBattery(root)).toBe(true);
  supply('AC', { online: '1' });
  expect(await onBattery(root)).toBe(false);
});

test('the window with the keyboard is asked whether it fills the screen', async () => {
  const said: string[][] = [];
  const screen = (active: string, state: string) =>
    isFullscreen('xprop', async (argv) => {
      said.push([...argv]);
      return argv.includes('-root') ? active : state;
    });
  const window = '_NET_ACTIVE_WINDOW(WINDOW): window id # 0x3a00007\n';
  const full = '_NET_WM_STATE(ATOM) = _NET_WM_STATE_FOCUSED, _NET_WM_STATE_FULLSCREEN\n';
  expect(await screen(window, full)).toBe(true);
  expect(said[1]).toEqual(['xprop', '-id', '0x3a00007', '_NET_WM_STATE']);
  expect(await screen(window, '_NET_WM_STATE(ATOM) = _NET_WM_STATE_FOCUSED\n')).toBe(false);
  expect(await screen('_NET_ACTIVE_WINDOW(WINDOW): window id # 0x0\n', full)).toBe(false);
  // No display.
  expect(await screen('', full)).toBe(false);
});

const PMON = `# gpu         pid   type     sm    mem    enc    dec    jpg    ofa    command
# Idx           #    C/G      %      %      %      %      %      %    name
    0       4711     C     61     20      -      -      -      -    python3
    0       4712     C     20      5     40      -      -      -    ffmpeg
    1       4713   C+G      7      -      -      3      -      -    Xorg
`;

test('of a graphics card only what others do counts, on the busiest one', () => {
  expect(othersOnGpu(PMON, new Set([4712]))).toBeCloseTo(0.61);
  expect(othersOnGpu(PMON, new Set([4711, 4712]))).toBeCloseTo(0.07);
  expect(othersOnGpu(PMON, new Set())).toBe(1);
  expect(othersOnGpu('# gpu pid type sm\n    0  -  -  -\n', new Set())).toBe(0);
  expect(othersOnGpu('', new Set())).toBeUndefined();
  expect(othersOnGpu('Failed to initialize NVML', new Set())).toBeUndefined();
});

test('what is asked for and cannot be seen here is said', () => {
  const all = { ...NEVER_YIELD, yieldCpu: 0.2, yieldGpu: 0.2, yieldFullscreen: true };
  expect(unseen(all, { platform: 'linux', xprop: true, nvidiaSmi: true })).toEqual([]);
  const words = unseen(all, { platform: 'win32', xprop: false, nvidiaSmi: false });
  expect(words).toHaveLength(3);
  expect(words[0]).toContain('only seen on Linux, this is win32');
  expect(unseen(NEVER_YIELD, { platform: 'win32', xprop: false, nvidiaSmi: false })).toEqual([]);
});
