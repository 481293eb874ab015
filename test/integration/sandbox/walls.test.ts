import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { requireProgram } from '../../support/tools.ts';
import { withoutWalls } from './walls/without-walls.ts';

const PATH = process.env['PATH'] ?? '';

/**
 * Why this machine's kernel, or the container that this is, lets bubblewrap build nothing; undefined where it does. Asked
 * without the agent's own code: where that fails although walls can be had, the tests behind walls must say so.
 */
function refusalOfKernel(): string | undefined {
  const walls = ['--unshare-all', '--ro-bind', '/', '/', '--proc', '/proc', '--dev', '/dev', '/bin/true'];
  const { status, stderr } = spawnSync(requireProgram('bwrap'), walls, { encoding: 'utf8' });
  return status === 0 ? undefined : (stderr.trim().split('\n').at(-1) ?? '');
}

/** PATH with a bubblewrap that says this and ends. */
function refusingPath(refusal: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'clipgrid-path-'));
  writeFileSync(join(folder, 'bwrap'), `#!/bin/sh\necho '${refusal}' >&2\nexit 1\n`, { mode: 0o755 });
  return [folder, PATH].join(delimiter);
}

const refusal = refusalOfKernel();
if (refusal === undefined) {
  await import('./walls/behind-walls.ts');
  const words = 'bwrap: No permissions to create new namespace';
  withoutWalls('where the kernel would let bubblewrap build no walls', refusingPath(words), words);
} else {
  const loud = `THE SANDBOX'S WALLS ARE NOT TESTED HERE: this kernel lets bubblewrap build none (${refusal})`;
  process.stderr.write(`\n${loud}\n\n`);
  withoutWalls(loud, PATH, refusal);
}
