import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');
/** Where set-up for tests puts what checks deploy/. */
const BIN = join(ROOT, '.cache/deploy-checks/venv/bin');

export const DEPLOY = join(ROOT, 'deploy');

/** What a program said, on both of its outputs, and how it ended. */
export interface Said {
  readonly code: number | null;
  readonly text: string;
}

/** Runs a checker of the test set-up, or one on PATH, in deploy/. Throws when it is not there. */
export function check(program: string, args: readonly string[], env: Record<string, string> = {}): Said {
  const own = ['shellcheck', 'hadolint', 'kubernetes-validate', 'check-jsonschema'];
  const path = own.includes(program) ? join(BIN, program) : program;
  const { status, stdout, stderr, error } = spawnSync(path, args, {
    cwd: DEPLOY,
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
  if (error) throw new Error(`${program} does not run: \`npm test\` installs it (${error.message})`);
  return { code: status, text: `${stdout}${stderr}`.trim() };
}

/** Files below deploy/, at least one. */
export function deployFiles(pattern: string): string[] {
  const files = globSync(pattern, { cwd: DEPLOY }).toSorted();
  if (files.length === 0) throw new Error(`deploy/ has no ${pattern}`);
  return files;
}
