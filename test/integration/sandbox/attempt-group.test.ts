import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { ownPlace, sweepGroups, type GroupPlace } from '../../../agent/sandbox/attempt-group.ts';
import { defaultLimits, type SandboxLimits } from '../../../agent/sandbox/limits.ts';
import { probeSandbox } from '../../../agent/sandbox/probe.ts';
import type { Sandbox } from '../../../agent/sandbox/sandbox.ts';
import { runTool } from '../../../agent/subprocess.ts';
import { systemClock } from '../../../shared/clock.ts';

const MIB = 1024 ** 2;
const LIMITS = { ...defaultLimits(), memoryBytes: 256 * MIB, processes: 1_000 };

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'clipgrid-group-'));
  folders.push(folder);
  return folder;
}

/** A stand-in for the kernel's tree: its files are plain ones. `given`: the controllers of groups below /agents. */
function tree(given: string): GroupPlace {
  const root = newFolder();
  mkdirSync(join(root, 'agents/one'), { recursive: true });
  writeFileSync(join(root, 'agents/cgroup.subtree_control'), `${given}\n`);
  return { root, own: '4:memory:/elsewhere\n0::/agents/one\n' };
}

async function probed(groups: GroupPlace | undefined, limits: SandboxLimits = LIMITS) {
  const workRoot = newFolder();
  const probe = { searchPath: process.env['PATH'] ?? '', workDir: workRoot, hidden: [], clock: systemClock };
  const { sandbox } = await probeSandbox({ ...probe, limits, groups });
  return { sandbox, workRoot, workDir: mkdtempSync(join(workRoot, 'lease-')) };
}

async function run(sandbox: Sandbox, workDir: string, argv: readonly string[]): Promise<string> {
  const command = await sandbox.wrap({
    argv,
    workDir,
    environment: { PATH: '/usr/bin:/bin' },
    readOnlyPaths: [],
  });
  const signal = AbortSignal.timeout(30_000);
  return (await runTool(command, { signal, clock: systemClock, stdout: 'collect' })).stdout;
}

const groupsIn = (place: GroupPlace) =>
  readdirSync(join(place.root, 'agents')).filter((name) => name.startsWith('clipgrid-'));

test('where a group may be made, all programs of an attempt are in one with bounds of its own', async () => {
  const place = tree('cpu memory pids');
  const { sandbox, workDir } = await probed(place);
  expect(sandbox.total).toBe('attempt');
  const words = ['a b', '$(id)', '', '`id`', '"', '; exit 1'];
  expect(await run(sandbox, workDir, ['/usr/bin/printf', '%s|', ...words])).toBe(`${words.join('|')}|`);

  const [name = ''] = groupsIn(place).filter((one) => one.endsWith(basename(workDir)));
  const group = join(place.root, 'agents', name);
  const read = (file: string): string => readFileSync(join(group, file), 'utf8').trim();
  expect([read('memory.max'), read('memory.swap.max'), read('pids.max')]).toEqual([
    String(256 * MIB),
    '0',
    '1000',
  ]);
  expect(read('memory.oom.group')).toBe('1');
  expect(Number(read('cgroup.procs'))).toBeGreaterThan(1);

  // The kernel's own files go with their folder; these are in its way.
  for (const file of readdirSync(group)) rmSync(join(group, file));
  await sandbox.release(workDir);
  expect(existsSync(group)).toBe(false);
});

test.each([
  ['nobody gave it one', () => tree('cpu io')],
  ['there is version 1 only', () => ({ ...tree('memory pids'), own: '4:memory:/agents/one\n0::/\n' })],
  ['the folder is not there', () => ({ root: '/nowhere', own: '0::/agents/one\n' })],
  ['there are no groups at all', () => undefined],
])('where none may be made, because %s, each process has its bounds', async (_, place) => {
  const { sandbox, workDir } = await probed(place());
  expect(sandbox.total).toBe('process');
  expect(await run(sandbox, workDir, ['/bin/echo', 'works'])).toBe('works\n');
});

test('a program that cannot enter the group does not run', async () => {
  const place = tree('memory pids');
  const { sandbox, workDir } = await probed(place);
  const argv = ['/bin/touch', join(workDir, 'ran')];
  const command = await sandbox.wrap({ argv, workDir, environment: {}, readOnlyPaths: [] });
  const [name = ''] = groupsIn(place).filter((one) => one.endsWith(basename(workDir)));
  // The kernel would refuse the writing of the number; here a folder has the name of the file.
  mkdirSync(join(place.root, 'agents', name, 'cgroup.procs'));
  const signal = AbortSignal.timeout(30_000);
  await expect(runTool(command, { signal, clock: systemClock })).rejects.toThrow();
  expect(existsSync(join(workDir, 'ran'))).toBe(false);
});

test('what an agent that was killed left is removed, what another one has is not', async () => {
  const place = tree('memory pids');
  const { workRoot, sandbox, workDir } = await probed(place);
  await run(sandbox, workDir, ['/bin/true']);
  const another = await probed(place);
  await run(another.sandbox, another.workDir, ['/bin/true']);
  const all = groupsIn(place);
  for (const name of all)
    for (const file of readdirSync(join(place.root, 'agents', name)))
      rmSync(join(place.root, 'agents', name, file));
  await sweepGroups(join(place.root, 'agents'), workRoot);
  const left = groupsIn(place);
  expect(left.length).toBeLessThan(all.length);
  expect(left.some((name) => name.endsWith(basename(another.workDir)))).toBe(true);
  expect(left.some((name) => name.endsWith(basename(workDir)))).toBe(false);
});

/** Four processes that keep 100 MiB each: none of them has more than it may, all together do. */
const HOG =
  'for i in 1 2 3 4; do head -c 104857600 /dev/zero | tail -c 104857600 >/dev/null & done; wait; echo done';

test('on this machine: a script that takes its memory in many processes is contained, or bounded by processes times limit', async () => {
  const { sandbox, workDir } = await probed(await ownPlace());
  const outcome = await run(sandbox, workDir, ['/bin/sh', '-c', HOG]).catch(() => 'ended by the kernel');
  expect(outcome).toBe(sandbox.total === 'attempt' ? 'ended by the kernel' : 'done\n');
});
