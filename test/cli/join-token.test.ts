import { stat } from 'node:fs/promises';
import { join } from 'node:path';
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

const cli = (...args: string[]): Promise<Ran> =>
  runCli([...args, '--url', grid.api.url.replace(/\/api\/v1$/, '')], { CLIPGRID_TOKEN: TOKEN });

test('a machine joins by a join token, starts again without one, and is revoked for good', async () => {
  const created = await cli('join-token', 'create');
  expect(created).toMatchObject({ code: 0, stdout: expect.stringMatching(/^cgj_[\w-]{43}\n$/) as string });
  expect(created.stderr).toMatch(/^lets one machine in until .*Z; on each: clipgrid agent/);
  const secret = created.stdout.trim();

  const agent = await grid.addAgent({ env: { CLIPGRID_JOIN_TOKEN: secret } });
  const { agent: agentId } = await agent.seen('agent ready');
  const folder = join(grid.folder, agent.name);
  expect((await stat(join(folder, 'agent-key.pem'))).mode & 0o777).toBe(0o600);
  const listed = await cli('join-token', 'list');
  expect(listed.stdout).toMatch(/^ID +STATE +USED +EXPIRES +MADE BY\n\S+ +used up +1\/1 +\S+Z +admin\n$/);
  expect(listed.stdout).not.toContain(secret);

  // It has used up its token, and needs none.
  await agent.stop();
  await agent.start();
  expect((await cli('agents')).stdout).toMatch(new RegExp(`^${agent.name} +${String(agentId)} +online`, 'm'));

  const from = agent.lines.length;
  const revoked = await cli('agents', 'revoke', agent.name);
  expect(revoked).toMatchObject({ code: 0, stdout: `${agent.name} (${String(agentId)}) was revoked\n` });
  expect(await agent.exited).toEqual({ code: EXIT_CODES.refused.code, signal: null });
  expect((await cli('agents')).stdout).toMatch(
    new RegExp(`^${agent.name} +${String(agentId)} +revoked`, 'm'),
  );
  const why = await agent.seen(({ msg }) => msg.startsWith('clipgrid agent:'), from);
  expect(why.msg).toBe(
    'clipgrid agent: the coordinator refused this agent: this agent was revoked by an administrator',
  );
  await expect(agent.start()).rejects.toThrow(
    /was revoked by an administrator; to let this machine in again/,
  );
});

test('a used join token lets no second machine in, and the agent says why', async () => {
  const { stdout } = await cli('join-token', 'create', '--json');
  const { join_token: secret } = JSON.parse(stdout) as { join_token: string };
  await grid.addAgent({ env: { CLIPGRID_JOIN_TOKEN: secret } });
  const second = grid.addAgent({ env: { CLIPGRID_JOIN_TOKEN: secret } });
  await expect(second).rejects.toThrow(/ended \(4\).*not enrolled: the join token is used up/s);
});

test('a join token that was revoked lets nobody in; without any, an agent says what it needs', async () => {
  const { stdout } = await cli('join-token', 'create', '--uses', '3', '--expires', '1h', '--json');
  const { token_id: id, join_token: secret } = JSON.parse(stdout) as { token_id: string; join_token: string };
  expect(await cli('join-token', 'revoke', id)).toMatchObject({
    code: 0,
    stdout: `${id} lets nobody in any more\n`,
  });
  const agent = grid.addAgent({ env: { CLIPGRID_JOIN_TOKEN: secret } });
  await expect(agent).rejects.toThrow(/not enrolled: the join token is revoked: make another/);
  await expect(grid.addAgent()).rejects.toThrow(/is not enrolled at this grid: make another .*--join-token/);
  expect(await cli('join-token', 'revoke', 'nothing')).toMatchObject({ code: EXIT_CODES.notFound.code });
});

test('a join token opens nothing else, and only an administrator makes one', async () => {
  const { stdout } = await cli('join-token', 'create');
  const url = grid.api.url.replace(/\/api\/v1$/, '');
  for (const args of [['jobs'], ['agents'], ['join-token', 'list'], ['join-token', 'create']]) {
    const ran = await runCli([...args, '--url', url], { CLIPGRID_TOKEN: stdout.trim() });
    expect(ran, args.join(' ')).toMatchObject({ code: EXIT_CODES.refused.code, stdout: '' });
  }
});
