import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../../..');

/** A planted violation of each house rule, with the name of the rule that must report it. */
const PLANTED: Readonly<Record<string, readonly [string, string]>> = {
  'shared/a.ts': ['no-restricted-properties', 'export const a = (): number => Date.now();'],
  'shared/b.ts': ['no-restricted-properties', 'export const b = (): number => Math.random();'],
  'shared/c.ts': ['no-restricted-properties', "export const c = (): unknown => process.env['HOME'];"],
  'shared/d.ts': ['no-restricted-globals', 'export const d = (): unknown => setTimeout(() => 1, 1);'],
  'shared/e.ts': ['no-console', "export const e = (): void => console.log('x');"],
  'shared/f.ts': ['no-default-export', 'export default 1;'],
  'shared/g.ts': ['no-cycle', "import { h } from './h.ts';\nexport const g = (): number => h();"],
  'shared/h.ts': ['no-cycle', "import { g } from './g.ts';\nexport const h = (): number => g();"],
  'shared/i.ts': ['max-lines', `export const i = 1;\n${'void i;\n'.repeat(501)}`],
  'shared/j.ts': ['max-lines-per-function', `export function j(): void {\n${'  void j;\n'.repeat(71)}}`],
  'shared/k.ts': [
    'max-params',
    'export const k = (a: number, b: number, c: number, d: number): number => a + b + c + d;',
  ],
  'test/l.test.ts': ['no-focused-tests', "import { it } from 'vitest';\nit.only('x', () => undefined);"],
  'test/m.test.ts': ['no-disabled-tests', "import { it } from 'vitest';\nit.skip('x', () => undefined);"],
};

interface Diagnostic {
  readonly code: string;
  readonly filename: string;
}

let folder: string;
let found: readonly Diagnostic[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clipgrid-lint-'));
  await cp(join(ROOT, '.oxlintrc.json'), join(folder, '.oxlintrc.json'));
  for (const [file, [, code]] of Object.entries(PLANTED)) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), code);
  }
  const linter = join(ROOT, 'node_modules/.bin/oxlint');
  const failed = await run(linter, ['-f', 'json'], { cwd: folder, maxBuffer: 1 << 24 }).catch(
    (error: unknown) => error,
  );
  found = (JSON.parse((failed as { stdout: string }).stdout) as { diagnostics: Diagnostic[] }).diagnostics;
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the linter', () => {
  it.each(Object.entries(PLANTED))('in %s reports %s', (file, [rule]) => {
    const here = found.filter((diagnostic) => diagnostic.filename.endsWith(file)).map(({ code }) => code);
    expect(here.join(' ')).toContain(`(${rule})`);
  });
});
