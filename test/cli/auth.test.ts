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

test('a token for a person lets just that in, until it is revoked', async () => {
  const admin = { CLIPGRID_TOKEN: TOKEN };
  const made = await cli(['token', 'create', 'ann', '--scopes', 'read'], admin);
  expect(made).toMatchObject({ code: 0, stderr: 'ann/ann may read\n' });
  const ann = { CLIPGRID_TOKEN: made.stdout.trim() };
  expect(await cli(['jobs'], ann)).toMatchObject({ code: 0, stdout: 'no jobs\n' });
  expect((await cli(['token', 'list'], ann)).code).toBe(EXIT_CODES.refused.code);

  const again = await cli(['token', 'create', 'ann'], admin);
  expect(again.stderr).toContain('ann has a token ann already: revoke it first');
  const listed = await cli(['token', 'list'], admin);
  expect(listed.stdout).toMatch(
    /^OWNER +NAME +SCOPES +MADE\nadmin +admin +read, submit, agent, admin +\S+Z\nann +ann +read +\S+Z\n/,
  );
  expect(listed.stdout).not.toContain(made.stdout.trim());

  expect(await cli(['token', 'revoke', 'ann'], admin)).toMatchObject({
    code: 0,
    stdout: 'ann/ann lets nobody in any more\n',
  });
  expect((await cli(['jobs'], ann)).code).toBe(EXIT_CODES.refused.code);
  expect((await cli(['token', 'revoke', 'ann'], admin)).code).toBe(EXIT_CODES.notFound.code);
  // The name is free again, and the old secret stays out.
  expect((await cli(['token', 'create', 'ann'], admin)).code).toBe(0);
  expect((await cli(['jobs'], ann)).code).toBe(EXIT_CODES.refused.code);
});
