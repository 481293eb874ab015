import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { OPERATIONS } from '../../../coordinator/http/operations.ts';
import { ADMIN_TOKEN, startTestCoordinator, type TestCoordinator } from '../../support/coordinator.ts';

const PROGRAM = join(import.meta.dirname, '../../../.cache/schemathesis/venv/bin/schemathesis');
const CHECKS = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_headers_conformance',
  'response_schema_conformance',
  'unsupported_method',
  'allow_header_conformance',
  'use_after_free',
];

let coordinator: TestCoordinator;
beforeAll(async () => {
  coordinator = await startTestCoordinator({ auth: 'token' });
});
afterAll(() => coordinator?.close());

test(
  'schemathesis finds no 5xx, no undocumented status and no answer that does not fit its schema',
  { timeout: 300_000 },
  async () => {
    if (!existsSync(PROGRAM)) throw new Error('schemathesis is not installed: `npm test` does it');
    const args = [
      ...['run', `${coordinator.url}/openapi.json`, '--checks', CHECKS.join(',')],
      ...['--phases', 'coverage,fuzzing', '--max-examples', '10', '--seed', '4'],
      ...['--generation-database', 'none', '--header', `Authorization: Bearer ${ADMIN_TOKEN}`],
      // It never ends: what goes for its errors goes for all of them.
      ...['--exclude-operation-id', 'watchGrid'],
      ...['--request-timeout', '60', '--suppress-health-check', 'all', '--continue-on-failure', '--no-color'],
    ];
    const ended = promisify(execFile)(PROGRAM, args, { cwd: coordinator.folder, maxBuffer: 2 ** 26 });
    const { stdout, code } = await ended.then(
      (result) => ({ stdout: result.stdout, code: 0 }),
      (error: { stdout: string; stderr: string; code: number }) => ({
        stdout: error.stdout + error.stderr,
        code: error.code,
      }),
    );
    expect(code, stdout).toBe(0);
    // It did test: every operation of the document, with hundreds of requests.
    // The document's own route is what it reads first, and none that it tests.
    expect(/Tested:\s+(\d+)/.exec(stdout)?.[1]).toBe(String(OPERATIONS.length - 2));
    const [, generated = '0'] = /(\d+) generated/.exec(stdout) ?? [];
    expect(Number(generated)).toBeGreaterThan(400);
  },
);
