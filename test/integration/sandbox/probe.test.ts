import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { defaultLimits } from '../../../agent/sandbox/limits.ts';
import { probeSandbox } from '../../../agent/sandbox/probe.ts';
import { runTool } from '../../../agent/subprocess.ts';
import { systemClock } from '../../../shared/clock.ts';
import { requireProgram } from '../../support/tools.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** A PATH with these programs only; the others are shell scripts. */
function machine(programs: readonly string[], scripts: Readonly<Record<string, string>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'clipgrid-path-'));
  folders.push(folder);
  for (const name of programs) symlinkSync(requireProgram(name), join(folder, name));
  for (const [name, text] of Object.entries(scripts))
    writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  return folder;
}

function probed(searchPath: string) {
  const workDir = mkdtempSync(join(tmpdir(), 'clipgrid-probe-'));
  folders.push(workDir);
  const parts = { searchPath, workDir, hidden: [], clock: systemClock, groups: undefined };
  return probeSandbox({ ...parts, limits: defaultLimits() });
}

const SMALL = ['prlimit', 'setpriv', 'choom'];

test('without bubblewrap there are limits, and the agent says what scripts can do', async () => {
  const { sandbox, lacks } = await probed(machine(SMALL));
  expect(sandbox.strength).toBe('limits');
  expect(lacks[0]).toMatch(/^bubblewrap is missing: scripts and encoders can read what the agent can read/);
  expect(lacks[0]).toContain('apt-get install bubblewrap');
});

test('where the kernel lets bubblewrap build no walls there are limits, and its own words', async () => {
  const refusal = 'bwrap: No permissions to create new namespace';
  const { sandbox, lacks } = await probed(machine(SMALL, { bwrap: `echo '${refusal}' >&2; exit 1` }));
  expect(sandbox.strength).toBe('limits');
  expect(lacks[0]).toContain(refusal);
  expect(lacks[0]).toContain('Allow user namespaces');
});

test('without any of the programs there is nothing, and the agent says so', async () => {
  const { sandbox, lacks } = await probed(machine([]));
  expect(sandbox.strength).toBe('none');
  expect(lacks.join(' ')).toContain('prlimit does not work here');
});

test('a small program that the machine forbids costs nothing but what it does', async () => {
  const forbidden = { choom: 'exit 1' };
  const { sandbox } = await probed(machine(['prlimit', 'setpriv'], forbidden));
  expect(sandbox.strength).toBe('limits');
  const workDir = mkdtempSync(join(tmpdir(), 'clipgrid-probe-'));
  folders.push(workDir);
  const argv = ['/bin/sh', '-c', 'ulimit -n; ulimit -c'];
  const command = await sandbox.wrap({ argv, workDir, environment: {}, readOnlyPaths: [] });
  const options = { signal: AbortSignal.timeout(10_000), clock: systemClock, stdout: 'collect' } as const;
  expect((await runTool(command, options)).stdout).toBe('4096\n0\n');
});
