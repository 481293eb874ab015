import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { AgentConfig } from '../../../agent/config.ts';
import { NEVER_YIELD } from '../../../agent/guest/settings.ts';
import { readConfig } from '../../../agent/read-config.ts';

const HOST = { hostname: 'blue', cores: 8, cacheDir: '/cache', version: '1' };
const dataDir = mkdtempSync(join(tmpdir(), 'config-'));

function read(args: readonly string[] = [], env: Record<string, string> = {}): AgentConfig {
  const config = readConfig({ args: ['--data', dataDir, ...args], env }, HOST);
  if (config === 'help') throw new Error('help was asked for');
  return config;
}

test('without any word it works for the grid on this machine and yields to nobody', () => {
  expect(read()).toMatchObject({
    coordinator: '127.0.0.1:7070',
    name: 'blue',
    slots: 4,
    guest: NEVER_YIELD,
    nice: 0,
  });
  expect(readConfig({ args: ['-h'], env: {} }, HOST)).toBe('help');
});

test('a volunteer has the usual of all, and what is given beside it is stronger', () => {
  expect(read(['--volunteer'])).toMatchObject({
    nice: 15,
    guest: {
      yieldCpu: 0.25,
      yieldGpu: 0.25,
      yieldFullscreen: true,
      yieldBattery: true,
      releaseAfterMs: 60_000,
    },
  });
  const { guest, nice } = read(
    ['--volunteer', '--yield-cpu', 'off', '--nice', '0', '--release-after', '2m'],
    {
      CLIPGRID_YIELD_BATTERY: 'off',
      CLIPGRID_YIELD_TO: ' Blender, steam ',
    },
  );
  expect(guest).not.toHaveProperty('yieldCpu');
  expect(guest).toMatchObject({
    yieldBattery: false,
    yieldTo: ['blender', 'steam'],
    releaseAfterMs: 120_000,
  });
  expect(nice).toBe(0);
});

test('options are stronger than the environment, and that than the file, which is found in the data folder', () => {
  const file = join(dataDir, 'agent.json');
  const known = {
    name: 'of the file',
    slots: 2,
    yield_to: ['a', 'b'],
    yield_fullscreen: true,
    hours: '22:00-08:00',
  };
  writeFileSync(file, JSON.stringify(known));
  expect(read(['--slots', '3'], { CLIPGRID_NAME: 'of the environment', CLIPGRID_SLOTS: '5' })).toMatchObject({
    name: 'of the environment',
    slots: 3,
    guest: { yieldTo: ['a', 'b'], yieldFullscreen: true, hours: { text: '22:00-08:00' } },
  });
  const other = join(dataDir, 'other.json');
  writeFileSync(other, '{"name": "of another file"}');
  expect(read(['--config', other])).toMatchObject({ name: 'of another file', slots: 4 });
  writeFileSync(file, '{"slots": 0}');
  expect(() => read()).toThrow(`slots in ${file} is "0": give a whole number from 1 to 256`);
  writeFileSync(file, '{"yield-to": "a"}');
  expect(() => read()).toThrow(`${file} has "yield-to", which is no setting: there are coordinator, `);
  writeFileSync(file, '{"token": "secret"}');
  expect(() => read()).toThrow(`${file} has "token", which is no setting`);
  writeFileSync(file, '{"slots": {}}');
  expect(() => read()).toThrow(`slots in ${file} is {}: give a text`);
  writeFileSync(file, '{');
  expect(() => read()).toThrow(`${file} is no JSON`);
  expect(() => read(['--config', join(dataDir, 'none.json')])).toThrow('none.json cannot be read');
  writeFileSync(file, '{}');
});

test.each([
  [['--yield-cpu', '25'], '--yield-cpu is "25": give per cent from 1% to 100%, or off'],
  [['--hours', 'noon'], '--hours is "noon"'],
  [['--yield-to', '/usr/bin/blender'], '--yield-to is "/usr/bin/blender": give names'],
  [['--release-after', '5'], '--release-after is "5": give a time such as 90s'],
  [['--cores', '9'], '--cores is "9": give a whole number from 1 to 8'],
  [['--memory', '8'], '--memory is "8": give an amount such as 8GB or 500MiB'],
  [['--disk', '100MB'], '--disk is "100MB": for 4 slots give at least 256MiB'],
  [['--max-upload', '5MB'], '--max-upload is "5MB": give a rate such as 20MB/s, at least 16kB/s'],
  [['--max-download', '1kB/s'], '--max-download is "1kB/s": give a rate'],
  [['--nice', '20'], '--nice is "20": give a whole number from 0 to 19'],
  [['--slots', '1.5'], '--slots is "1.5": give a whole number from 1 to 256'],
  [['--colour'], "Unknown option '--colour'"],
])('%j is refused', (args, message) => {
  expect(() => read(args)).toThrow(message);
});

test('a wrong variable is named as it is called', () => {
  expect(() => read([], { CLIPGRID_YIELD_FULLSCREEN: 'maybe' })).toThrow(
    'CLIPGRID_YIELD_FULLSCREEN is "maybe": give on or off',
  );
});

test('memory and disk are for all tasks together: each slot has its share', () => {
  const config = read([
    '--slots',
    '2',
    '--memory',
    '8GB',
    '--disk',
    '1GiB',
    '--source-cache',
    '500 MB',
    '--max-upload',
    '1.5MB/s',
  ]);
  expect(config).toMatchObject({
    sandboxLimits: { memoryBytes: 4e9, workBytes: 2 ** 29 },
    diskBytes: 2 ** 30,
    cacheBytes: 5e8,
    maxUpload: 1_500_000,
  });
  expect(read(['--cores', '2'])).toMatchObject({ cores: 2, slots: 2 });
});
