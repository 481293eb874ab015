import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Scope } from '../../../coordinator/domain/account.ts';
import { bufCurl } from '../../support/buf-curl.ts';
import { DynamicAgent } from '../../support/dynamic-agent.ts';
import { dynamicClient, endOf, failureOf, type Dynamic } from '../../support/grpc-client.ts';
import { submitJob } from '../../support/rpc-jobs.ts';
import { startRunningGrid, type RunningGrid } from '../../support/running-grid.ts';

let running: RunningGrid;
beforeAll(async () => {
  running = await startRunningGrid({ agents: 0, auth: 'token' });
});
afterAll(() => running.close());

async function token(ownerId: string, ...scopes: Scope[]): Promise<string> {
  return (await running.grid.accounts.createToken({ ownerId, name: scopes.join('-'), scopes })).secret;
}

function as(secret?: string) {
  return dynamicClient(
    'clipgrid.v1.AdminService',
    running.rpc.port,
    secret === undefined ? {} : { token: secret },
  );
}

const READS = [
  'ListAgents',
  'GetAgent',
  'ListJobs',
  'GetJob',
  'ListTasks',
  'GetTask',
  'GetTaskLog',
  'ExplainWaiting',
];
const WRITES = ['DrainAgent', 'CancelJob', 'RetryJob', 'CancelTask', 'RetryTask'];

test('without a token, and with a wrong one, every call is UNAUTHENTICATED and says what to send', async () => {
  for (const client of [as(), as('cg_wrong'), as('')]) {
    for (const method of [...READS, ...WRITES]) {
      expect(await failureOf(client.call(method)), method).toEqual({
        status: 'UNAUTHENTICATED',
        code: 'unauthenticated',
        details: 'send the metadata `authorization: Bearer TOKEN` with a valid token',
      });
    }
    expect(await endOf(client.watch('WatchEvents', {}).resume())).toMatchObject({
      status: 'UNAUTHENTICATED',
    });
    client.close();
  }
});

test('a token of another scope is PERMISSION_DENIED and says which scope it lacks', async () => {
  const agent = as(await token('machine', 'agent'));
  for (const method of READS) {
    expect(await failureOf(agent.call(method)), method).toEqual({
      status: 'PERMISSION_DENIED',
      code: 'permission_denied',
      details: 'the token agent lacks the scope read',
    });
  }
  const reader = as(await token('reader', 'read', 'submit'));
  for (const method of WRITES) {
    expect(await failureOf(reader.call(method)), method).toMatchObject({
      status: 'PERMISSION_DENIED',
      details: 'the token read-submit lacks the scope admin',
    });
  }
  for (const client of [agent, reader]) client.close();
});

test('a token that was revoked is UNAUTHENTICATED from then on', async () => {
  const client = as(await token('gone', 'read'));
  await client.call('ListJobs');
  await running.grid.accounts.revokeToken('gone', 'read');
  expect(await failureOf(client.call('ListJobs'))).toMatchObject({ status: 'UNAUTHENTICATED' });
  client.close();
});

test('who is no administrator sees his own jobs, tasks and events, and of others nothing', async () => {
  const [hers, his] = [as(await token('her', 'read')), as(await token('him', 'read'))];
  const administrator = as(await token('admin', 'admin'));
  const [mine, other] = [
    await submitJob(running, { ownerId: 'her' }),
    await submitJob(running, { ownerId: 'him' }),
  ];
  const ids = async (client: typeof hers): Promise<unknown[]> => {
    const { jobs } = await client.call('ListJobs');
    return (jobs as Dynamic[]).map((job) => job['job_id']);
  };
  expect(await ids(hers)).toEqual([mine]);
  expect(await ids(his)).toEqual([other]);
  expect(await ids(administrator)).toEqual([other, mine]);
  const { tasks } = await his.call('GetJob', { job_id: other });
  const taskId = (tasks as Dynamic[])[0]!['task_id'];
  expect(await his.call('GetTask', { task_id: taskId })).toMatchObject({ task: { job_id: other } });
  for (const [method, request] of [
    ['GetJob', { job_id: other }],
    ['ListTasks', { job_id: other }],
    ['GetTask', { task_id: taskId }],
    ['GetTaskLog', { task_id: taskId }],
    ['ExplainWaiting', { job_id: other }],
    ['ExplainWaiting', { task_id: taskId }],
  ] as const) {
    expect(await failureOf(hers.call(method, request)), method).toMatchObject({ status: 'NOT_FOUND' });
  }
  const refused = endOf(hers.watch('WatchEvents', { job_id: other }).resume());
  expect(await refused).toMatchObject({ status: 'NOT_FOUND' });
  const unseen = endOf(hers.watch('WatchTaskLog', { task_id: taskId }).resume());
  expect(await unseen).toMatchObject({ status: 'NOT_FOUND' });

  const seen: unknown[] = [];
  const stream = hers.watch('WatchEvents', { after_sequence: 1, max_events: 1 });
  stream.on('data', ({ event }: { event: Dynamic }) => seen.push(event['job_id']));
  const end = endOf(stream);
  await running.grid.jobs.cancel(other);
  await running.grid.jobs.cancel(mine);
  expect(await end).toMatchObject({ status: 'OK' });
  expect(seen).toEqual([mine]);
  for (const client of [hers, his, administrator]) client.close();
});

test('of what an agent works on, everybody sees his own only', async () => {
  const agent = new DynamicAgent(running.rpc.port, { token: await token('machines', 'agent') });
  await agent.greet({ slots: 2 });
  const [mine] = [await submitJob(running, { ownerId: 'her' }), await submitJob(running, { ownerId: 'him' })];
  await agent.next('grant');
  await agent.next('grant');
  const client = as(await token('her', 'submit'));
  const { agent: shown, tasks } = await client.call('GetAgent', { agent_id: agent.agentId });
  expect(shown).toMatchObject({ leases: 2 });
  expect((tasks as Dynamic[]).map((task) => task['job_id'])).toEqual([mine]);
  agent.close();
  client.close();
});

test('an agent session needs the scope agent, and is told why it is refused', async () => {
  const refused = async (secret?: string) => {
    const agent = new DynamicAgent(running.rpc.port, secret === undefined ? {} : { token: secret });
    agent.send({ hello: agent.hello() });
    const end = await agent.ended;
    agent.close();
    return end;
  };
  expect(await refused()).toMatchObject({ status: 'UNAUTHENTICATED', code: 'unauthenticated' });
  expect(await refused('wrong')).toMatchObject({ status: 'UNAUTHENTICATED' });
  expect(await refused(await token('reader', 'read'))).toEqual({
    status: 'PERMISSION_DENIED',
    code: 'permission_denied',
    details: 'the token read lacks the scope agent',
  });
});

test('health and reflection need no token; buf curl with one reads, and without is refused in words', async () => {
  const { port } = running.rpc;
  expect((await bufCurl(port, 'grpc.health.v1.Health/Check', { data: {} })).stdout).toContain('SERVING');
  const refused = await bufCurl(port, 'clipgrid.v1.AdminService/ListJobs', { data: {} });
  expect(refused.exitCode).toBe(16 * 8);
  expect(JSON.parse(refused.stderr)).toMatchObject({ code: 'unauthenticated' });
  const secret = await token('curl', 'read');
  const answer = await bufCurl(port, 'clipgrid.v1.AdminService/ListJobs', { data: {}, token: secret });
  expect(answer).toMatchObject({ exitCode: 0, stderr: '' });
});
