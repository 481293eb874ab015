import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { countStart } from '../../../agent/start-count.ts';
import { ManualClock } from '../../support/manual-clock.ts';

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'clipgrid-starts-'));
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

const at = (wallMs: number): ManualClock => Object.assign(new ManualClock(), { wallMs: () => wallMs });

test('L8 each start of an agent has a higher number than all before it, also when its clock goes back', async () => {
  const first = await countStart(dataDir, at(1_700_000_000_000));
  const second = await countStart(dataDir, at(1_700_000_000_000));
  const third = await countStart(dataDir, at(1_600_000_000_000));
  expect([second, third]).toEqual([first + 1, first + 2]);
  expect(await readFile(join(dataDir, 'agent-start'), 'utf8')).toBe(`${third}\n`);
});

test.each(['', 'no number', '-5', '1e400'])(
  'a file that says %j does not stop an agent, nor set it back',
  async (text) => {
    const before = await countStart(dataDir, at(1_700_000_000_000));
    await writeFile(join(dataDir, 'agent-start'), text);
    expect(await countStart(dataDir, at(1_700_000_001_000))).toBeGreaterThan(before);
  },
);
