import { generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { proveAgent, publicKeyBytes } from '../../../shared/agent-proof.ts';
import { DynamicAgent } from '../../support/dynamic-agent.ts';
import { dynamicClient, failureOf, type Dynamic } from '../../support/grpc-client.ts';
import { submitJob } from '../../support/rpc-jobs.ts';
import { startRunningGrid, type RunningGrid, type RunningGridOptions } from '../../support/running-grid.ts';

let running: RunningGrid;
const open: { close(): void }[] = [];
async function start(options: RunningGridOptions = {}): Promise<void> {
  running = await startRunningGrid({ agents: 0, auth: 'token', agentAuth: 'enrol', ...options });
}
beforeEach(() => start());
afterEach(async () => {
  for (const one of open.splice(0)) one.close();
  await running.close();
});

async function joinToken(uses = 1): Promise<string> {
  const { secret } = await running.grid.enrolment.createJoinToken({ uses, expiresS: 60, createdBy: 'test' });
  return secret;
}

async function enrol(token: string, publicKey: Uint8Array): Promise<string> {
  const client = dynamicClient('clipgrid.v1.AgentService', running.rpc.port);
  open.push(client);
  const request = { join_token: token, public_key: publicKey, name: 'a machine' };
  return (await client.call('Enrol', request))['agent_id'] as string;
}

interface Machine {
  readonly agentId: string;
  readonly key: KeyObject;
}

async function machine(): Promise<Machine> {
  const { privateKey: key } = generateKeyPairSync('ed25519');
  return { agentId: await enrol(await joinToken(), publicKeyBytes(key)), key };
}

/** Opens a stream and says Hello with that proof, made of the stream's nonce. */
async function hello(agentId: string, proof: (nonce: Buffer) => Uint8Array): Promise<DynamicAgent> {
  const agent = new DynamicAgent(running.rpc.port, { agentId });
  open.push(agent);
  const { nonce } = await agent.next('challenge');
  agent.send({ hello: { ...agent.hello(), proof: proof(nonce as Buffer) } });
  return agent;
}

const connect = ({ agentId, key }: Machine): Promise<DynamicAgent> =>
  hello(agentId, (nonce) => proveAgent(key, agentId, nonce));

async function refusalOf(agent: DynamicAgent): Promise<Dynamic> {
  const goodbye = await agent.next('goodbye');
  await agent.ended;
  expect(agent.has('welcome')).toBe(false);
  return goodbye;
}

test('a machine joins with a join token, and comes in with its key from then on', async () => {
  const one = await machine();
  for (let i = 0; i < 2; i++) {
    const agent = await connect(one);
    await agent.next('welcome');
    expect((await running.grid.agents.get(one.agentId)).state).toBe('online');
    agent.close();
    await agent.ended;
  }
});

test('a join token that is unknown, used up or revoked is refused in words that say which, and what to do', async () => {
  const key = randomBytes(32);
  expect(await failureOf(enrol('cgj_wrong', key))).toEqual({
    status: 'UNAUTHENTICATED',
    code: 'unauthenticated',
    details: 'the join token is not one of this grid: make another with `clipgrid join-token create`',
  });
  const token = await joinToken();
  await enrol(token, key);
  expect(await failureOf(enrol(token, randomBytes(32)))).toMatchObject({
    status: 'PERMISSION_DENIED',
    details: expect.stringMatching(/^the join token is used up: make another/) as string,
  });
  const [newest] = await running.grid.enrolment.listJoinTokens();
  await running.grid.enrolment.revokeJoinToken(newest!.tokenId);
  expect(await failureOf(enrol(token, randomBytes(32)))).toMatchObject({
    details: expect.stringMatching(/^the join token is revoked: /) as string,
  });
  expect(await failureOf(enrol(await joinToken(), randomBytes(31)))).toMatchObject({
    status: 'INVALID_ARGUMENT',
    details: 'public_key has 31 bytes: an Ed25519 key has 32',
  });
});

test('without a key nobody comes in, whatever token he has', async () => {
  const admin = { ownerId: 'admin', name: 'admin', scopes: ['admin', 'agent'] } as const;
  const { secret } = await running.grid.accounts.createToken(admin);
  const agent = new DynamicAgent(running.rpc.port, { agentId: 'stranger', token: secret });
  open.push(agent);
  agent.send({ hello: agent.hello() });
  expect(await refusalOf(agent)).toMatchObject({
    reason: expect.stringMatching(
      /^unauthenticated: the agent stranger is not enrolled at this grid/,
    ) as string,
    reconnect: false,
  });
});

test('a proof with another key, of another agent, of another stream, or none, is refused', async () => {
  const [one, other] = [await machine(), await machine()];
  let heard: Uint8Array = Buffer.alloc(0);
  const first = await hello(one.agentId, (nonce) => (heard = proveAgent(one.key, one.agentId, nonce)));
  await first.next('welcome');
  const proofs: ((nonce: Buffer) => Uint8Array)[] = [
    (nonce) => proveAgent(other.key, one.agentId, nonce),
    (nonce) => proveAgent(one.key, other.agentId, nonce),
    () => heard,
    () => proveAgent(one.key, one.agentId, Buffer.alloc(32)),
    () => Buffer.alloc(0),
    () => randomBytes(64),
    () => randomBytes(5_000),
  ];
  for (const proof of proofs) {
    expect(await refusalOf(await hello(one.agentId, proof))).toEqual({
      reason: `unauthenticated: the agent ${one.agentId} did not prove that it holds its key: its --data folder must be the one that it was enrolled with`,
      reconnect: false,
      reconnect_after_ms: 0,
    });
  }
  // The refused ones took nothing from the real one.
  await first.beat();
});

test('on an open grid, too, an agent that has a key must prove it', async () => {
  await running.close();
  await start({ auth: 'none', agentAuth: 'open' });
  const one = await machine();
  const thief = await hello(one.agentId, () => Buffer.alloc(0));
  expect(await refusalOf(thief)).toMatchObject({ reconnect: false });
  await (await connect(one)).next('welcome');
  const stranger = await hello('stranger', () => Buffer.alloc(0));
  await stranger.next('welcome');
});

test('a revoked agent hears why at once, cannot come back, and what it had goes to others', async () => {
  const [one, other] = [await machine(), await machine()];
  const agent = await connect(one);
  await agent.next('welcome');
  await submitJob(running);
  const { fence } = await agent.next('grant');
  // As if this coordinator had been up for long (L12).
  await running.pool.query(`update sweeper set held_until = now() - interval '1 second'`);
  await running.grid.enrolment.revokeAgent(one.agentId);
  expect(await agent.next('goodbye')).toMatchObject({
    reason: 'this agent was revoked by an administrator',
    reconnect: false,
  });
  await agent.ended;
  expect(await refusalOf(await connect(one))).toMatchObject({
    reason: expect.stringMatching(
      /^permission_denied: the agent .* was revoked by an administrator/,
    ) as string,
    reconnect: false,
  });
  expect((await running.grid.agents.get(one.agentId)).state).toBe('revoked');
  const heir = await connect(other);
  await heir.next('welcome');
  const { fence: next } = await heir.next('grant');
  expect(next).toMatchObject({ task_id: (fence as Dynamic)['task_id'] });
});

test('the key of a revoked agent is no key for a new agent, join token or not', async () => {
  const one = await machine();
  await running.grid.enrolment.revokeAgent(one.agentId);
  expect(await enrol(await joinToken(), publicKeyBytes(one.key))).toBe(one.agentId);
  expect(await refusalOf(await connect(one))).toMatchObject({ reconnect: false });
});

test('L7 where the notification of a revocation is lost, the next heartbeat ends the session', async () => {
  await running.close();
  await start({ wakeSource: { listen: () => undefined, stop: async () => undefined } });
  const one = await machine();
  const agent = await connect(one);
  await agent.next('welcome');
  await running.grid.enrolment.revokeAgent(one.agentId);
  agent.send({ heartbeat: { sequence: 1 } });
  expect(await agent.next('goodbye')).toMatchObject({
    reason: 'this agent was revoked by an administrator',
    reconnect: false,
  });
});

test('an agent that is revoked while it comes in does not stay', async () => {
  const one = await machine();
  const before = await connect(one);
  await before.next('welcome');
  before.close();
  await before.ended;
  const holder = await running.pool.connect();
  try {
    await holder.query('begin');
    await holder.query('select 1 from agents where agent_id = $1 for update', [one.agentId]);
    const agent = await connect(one);
    await blocked(1);
    const revoked = running.grid.enrolment.revokeAgent(one.agentId);
    await blocked(2);
    await holder.query('commit');
    await revoked;
    expect(await agent.next('goodbye')).toMatchObject({ reconnect: false });
    await agent.ended;
    expect((await running.grid.agents.get(one.agentId)).state).toBe('revoked');
  } finally {
    holder.release();
  }
});

/** Resolves when so many of this database's sessions wait for a lock. */
async function blocked(count: number): Promise<void> {
  for (;;) {
    const { rows } = await running.pool.query<{ n: number }>(
      `select count(*)::int as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    );
    if (rows[0]!.n >= count) return;
  }
}
