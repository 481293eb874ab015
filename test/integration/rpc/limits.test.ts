import { randomUUID } from 'node:crypto';
import { Client, credentials, Metadata } from '@grpc/grpc-js';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { DynamicAgent } from '../../support/dynamic-agent.ts';
import { SessionResponse } from '../../../shared/gen/clipgrid/v1/session.ts';
import { dynamicClient, endOf, failureOf } from '../../support/grpc-client.ts';
import { startRunningGrid, type RunningGrid } from '../../support/running-grid.ts';

const MAX_MESSAGE_BYTES = 512 * 1024;
let running: RunningGrid;
let admin: ReturnType<typeof dynamicClient>;
const open: { close(): void }[] = [];
beforeAll(async () => {
  running = await startRunningGrid({
    agents: 0,
    settings: { maxMessageBytes: MAX_MESSAGE_BYTES },
    limits: {
      helloWithinMs: 2_000,
      messageBurst: 100,
      messagesPerSecond: 1,
      sessions: 3,
      watches: 1,
      unaryMs: 2_000,
      unreadMs: 1_000,
      reflectionMs: 500,
    },
  });
  admin = dynamicClient('clipgrid.v1.AdminService', running.rpc.port);
});
afterAll(async () => {
  admin.close();
  await running.close();
});
afterEach(async () => {
  for (const one of open.splice(0)) one.close();
  // Sessions are counted out when the server has seen their end.
  await expect
    .poll(async () => (await admin.call('ListAgents'))['agents'])
    .not.toContainEqual(expect.objectContaining({ state: 'online' }));
});

function newAgent(): DynamicAgent {
  const agent = new DynamicAgent(running.rpc.port);
  open.push(agent);
  return agent;
}

function client(service: string) {
  const one = dynamicClient(service, running.rpc.port);
  open.push(one);
  return one;
}

test('a request above the message limit is RESOURCE_EXHAUSTED, and the server lives', async () => {
  const token = 'x'.repeat(MAX_MESSAGE_BYTES + 1);
  expect(await failureOf(admin.call('ListJobs', { page_token: token }))).toMatchObject({
    status: 'RESOURCE_EXHAUSTED',
  });
  expect(await admin.call('ListJobs')).toMatchObject({ jobs: [] });
});

test('a session message above the limit ends that session with RESOURCE_EXHAUSTED, and no other', async () => {
  const [big, small] = [newAgent(), newAgent()];
  await Promise.all([big.greet(), small.greet()]);
  big.send({ drain: { reason: 'x'.repeat(MAX_MESSAGE_BYTES + 1) } });
  expect(await big.ended).toMatchObject({ status: 'RESOURCE_EXHAUSTED' });
  expect(await small.beat()).toMatchObject({ renewed: [] });
});

test('an agent that says no Hello is told so and ended', async () => {
  const agent = newAgent();
  expect(await agent.next('goodbye')).toMatchObject({
    reason: 'no Hello came within 2 seconds',
    reconnect: true,
  });
  expect(await agent.ended).toMatchObject({ status: 'OK' });
});

test('an agent that floods is ended with the limit in words, and another is not disturbed', async () => {
  const [loud, quiet] = [newAgent(), newAgent()];
  await Promise.all([loud.greet(), quiet.greet()]);
  for (let i = 0; i < 110; i++) loud.send({ heartbeat: { sequence: i } });
  expect(await loud.next('goodbye')).toMatchObject({
    reason: 'resource_exhausted: more than 1 messages a second came',
    reconnect: true,
  });
  expect(await quiet.beat()).toMatchObject({ renewed: [] });
});

test('L9 an agent that does not read its stream is cut, and its session ends', async () => {
  const [agent, other] = [newAgent(), newAgent()];
  await Promise.all([agent.greet(), other.greet()]);
  agent.stopReading();
  const leases = Array.from({ length: 1_000 }, () => ({
    fence: { task_id: randomUUID(), epoch: 1, lease_id: randomUUID() },
  }));
  // Each answer lists all of them as lost: more than the window of HTTP/2 holds unread.
  for (let i = 1; i <= 20; i++) agent.send({ heartbeat: { sequence: i, leases } });
  await expect
    .poll(async () => (await admin.call('GetAgent', { agent_id: agent.agentId }))['agent'], {
      timeout: 15_000,
    })
    .toMatchObject({ state: 'offline' });
  expect(await other.beat()).toMatchObject({ renewed: [] });
});

test('L9 a watcher that does not read is cut; until then no more than the limit may watch', async () => {
  const stuck = client('clipgrid.v1.AdminService').watch('WatchEvents', { after_sequence: 1 });
  const cut = endOf(stuck);
  const got = new Promise<void>((resolve) => {
    stuck.once('data', () => {
      stuck.pause();
      resolve();
    });
  });
  await running.pool.query(
    `insert into events (type, data) select 'test.filler', jsonb_build_object('filler', repeat('x', 1000))
     from generate_series(1, 5000)`,
  );
  await got;
  const refused = await endOf(client('clipgrid.v1.AdminService').watch('WatchEvents', {}).resume());
  expect(refused).toEqual({
    status: 'RESOURCE_EXHAUSTED',
    code: 'resource_exhausted',
    details: '1 event streams are open on this coordinator, and no more may be; try another one or later',
  });
  await expect
    .poll(
      () =>
        endOf(
          client('clipgrid.v1.AdminService')
            .watch('WatchEvents', { after_sequence: 1, max_events: 1 })
            .resume(),
        ),
      { timeout: 15_000 },
    )
    .toMatchObject({ status: 'OK' });
  stuck.resume();
  expect(await cut).toMatchObject({ status: 'RESOURCE_EXHAUSTED' });
});

test('no more sessions than the limit: the next is told to try another coordinator', async () => {
  const agents = [newAgent(), newAgent(), newAgent()];
  await Promise.all(agents.map((agent) => agent.greet()));
  const refused = newAgent();
  refused.send({ hello: refused.hello() });
  expect(await refused.ended).toMatchObject({
    status: 'RESOURCE_EXHAUSTED',
    details: expect.stringContaining('3 agent sessions are open on this coordinator') as string,
  });
  agents[0]!.close();
  await expect
    .poll(async () => (await admin.call('GetAgent', { agent_id: agents[0]!.agentId }))['agent'])
    .toMatchObject({ state: 'offline' });
  await newAgent().greet();
});

test('a unary call is answered within the limit of the server, also when the client sets none', async () => {
  const lock = await running.pool.connect();
  try {
    await lock.query('begin; lock table jobs in access exclusive mode');
    expect(await failureOf(admin.call('ListJobs', {}, 60_000))).toEqual({
      status: 'DEADLINE_EXCEEDED',
      code: 'timeout',
      details: 'no answer within 2 s; try again',
    });
  } finally {
    await lock.query('rollback');
    lock.release();
  }
  expect(await admin.call('ListJobs')).toMatchObject({ jobs: [] });
});

test('a reflection stream that asks nothing more is ended', async () => {
  const stream = client('grpc.reflection.v1.ServerReflection').open('ServerReflectionInfo');
  const end = endOf(stream);
  stream.resume();
  expect((await end).status).not.toBe('OK');
});

test('bytes that are no message end their call only', async () => {
  const raw = new Client(`127.0.0.1:${running.rpc.port}`, credentials.createInsecure());
  open.push(raw);
  const same = (bytes: Buffer): Buffer => bytes;
  const garbage = Buffer.from('ffffffffffffffffffff', 'hex');
  const session = raw.makeBidiStreamRequest('/clipgrid.v1.AgentService/Session', same, same, new Metadata());
  const said: (SessionResponse['message'] | undefined)[] = [];
  session.on('data', (bytes: Buffer) => said.push(SessionResponse.decode(bytes).message));
  const end = new Promise<{ code: number }>((resolve) => session.once('status', resolve));
  // Two of them: the second would leave a stream without an end that was ended for the first.
  session.write(garbage);
  session.write(garbage);
  expect((await end).code).toBe(0);
  expect(said.at(-1)).toMatchObject({
    $case: 'goodbye',
    value: { reason: 'invalid_argument: a message of an unknown kind came' },
  });
  const unary = new Promise<number | undefined>((resolve) =>
    raw.makeUnaryRequest('/clipgrid.v1.AdminService/ListJobs', same, same, garbage, (error) =>
      resolve(error?.code),
    ),
  );
  expect(await unary).toBe(13);
  expect(await admin.call('ListJobs')).toMatchObject({ jobs: [] });
});
