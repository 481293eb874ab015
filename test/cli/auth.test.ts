import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { EXIT_CODES } from '../../shared/exit-codes.ts';
import { runCli, type Ran } from '../support/command-line.ts';
import { Processes } from '../support/processes.ts';

// Real processes on a machine that may be busy.
vi.setConfig({ testTimeout: 150_000, hookTimeout: 150_000 });

const TOKEN = 'a-token-for-this-test';
let grid: Processes;
beforeAll(async () => {
  const coordinatorEnv = { CLIPGRID_AUTH: 'token', CLIPGRID_ADMIN_TOKEN: TOKEN };
  grid = await Processes.start({ agents: 0, coordinatorEnv });
});
afterAll(() => grid.close());

const url = (): string => grid.api.url.replace(/\/api\/v1$/, '');
const cli = (args: string[], env: Record<string, string> = {}): Promise<Ran> =>
  runCli([...args, '--url', url()], env);

test('without a token a grid that asks for one refuses, and says what to send', async () => {
  const ran = await cli(['jobs']);
  expect(ran).toMatchObject({ code: EXIT_CODES.refused.code, stdout: '' });
  expect(ran.stderr).toContain('token');
});

test('the token comes from the environment, or from an option before or after the command', async () => {
  const none = { code: 0, stdout: 'no jobs\n' };
  expect(await cli(['jobs'], { CLIPGRID_TOKEN: TOKEN })).toMatchObject(none);
  expect(await cli(['jobs', '--token', TOKEN])).toMatchObject(none);
  expect(await cli(['--token', TOKEN, 'jobs'], { CLIPGRID_TOKEN: 'another' })).toMatchObject(none);
  expect(await cli(['jobs'], { CLIPGRID_TOKEN: 'wrong' })).toMatchObject({ code: EXIT_CODES.refused.code });
});

test('doctor says that a token is needed, and that no agent is there', async () => {
  const refused = await cli(['doctor', '--only', 'coordinator']);
  expect(refused.code).toBe(EXIT_CODES.failed.code);
  expect(refused.stdout).toMatch(/^FAIL {2}coordinator .*asks for a token\n {6}-> set CLIPGRID_TOKEN/);
  const lonely = await cli(['doctor', '--only', 'coordinator', '--token', TOKEN]);
  expect(lonely.code).toBe(0);
  expect(lonely.stdout).toMatch(/^ok {4}coordinator .*is ready, version/);
  expect(lonely.stdout).toMatch(/^warn {2}agents .*0 of 0 online: jobs wait\n {6}-> start one/m);
});
