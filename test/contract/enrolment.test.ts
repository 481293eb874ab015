import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { memoryEnrolmentStore } from '../../coordinator/store/memory/enrolment-store.ts';
import type { EnrolmentStore } from '../../coordinator/store/enrolment-store.ts';
import { postgresEnrolmentStore } from '../../coordinator/store/postgres/enrolment-store.ts';
import { createGridFixture, type GridFixture } from '../support/grid-fixture.ts';
import { createMemoryFixture, type MemoryFixture } from '../support/memory-fixture.ts';

const hash = (secret: string): Buffer => createHash('sha256').update(secret).digest();
const never = { uses: undefined, expiresS: undefined, createdBy: 'test' };

type Fixture = Pick<
  GridFixture,
  'agents' | 'agent' | 'submit' | 'grant' | 'expire' | 'sweptAgo' | 'endHold' | 'jobs' | 'close'
>;

interface World {
  readonly grid: Fixture;
  readonly store: EnrolmentStore;
  /** Types of the events about agents, in their order. */
  events(): Promise<string[]>;
}

async function overPostgres(): Promise<World> {
  const grid = await createGridFixture();
  const events = async (): Promise<string[]> => {
    const { rows } = await grid.pool.query<{ type: string }>(
      `select type from events where type in ('agent.enrolled', 'agent.revoked') order by sequence`,
    );
    return rows.map((row) => row.type);
  };
  return { grid, store: postgresEnrolmentStore(grid.db), events };
}

async function inMemory(): Promise<World> {
  const grid: MemoryFixture = await createMemoryFixture();
  const events = async (): Promise<string[]> =>
    grid.state.events.map(({ event }) => event.type).filter((type) => /enrolled|revoked/.test(type));
  return { grid, store: memoryEnrolmentStore(grid.state, grid.leases), events };
}

describe.each([
  ['PostgreSQL', overPostgres],
  ['memory', inMemory],
])('join tokens and agents’ keys, %s', (_name, open) => {
  let world: World;
  let store: EnrolmentStore;
  let secret: string;
  beforeAll(async () => {
    world = await open();
    store = world.store;
  });
  afterAll(() => world.grid.close());
  beforeEach(() => {
    secret = randomUUID();
  });

  const make = async (over: Partial<Parameters<EnrolmentStore['putJoinToken']>[0]> = {}) =>
    store.putJoinToken({ tokenId: randomUUID(), secretSha256: hash(secret), ...never, uses: 1, ...over });
  const join = async (publicKey = randomBytes(32), said = secret) =>
    store.enrol({ secretSha256: hash(said), publicKey, name: 'm', agentId: randomUUID() });

  test('a token lets in as many machines as it has uses, and no more', async () => {
    const { tokenId } = await make({ uses: 2 });
    const [first, second] = [await join(), await join()];
    expect([first, second]).toEqual([{ agentId: expect.any(String) }, { agentId: expect.any(String) }]);
    expect(first).not.toEqual(second);
    expect(await join()).toEqual({ refused: 'used up' });
    const listed = (await store.listJoinTokens()).find((token) => token.tokenId === tokenId);
    expect(listed).toMatchObject({ uses: 2, used: 2, state: 'used up', createdBy: 'test' });
  });

  test('whom a token let in is told by name, in their order, and only of the tokens asked for', async () => {
    const { tokenId } = await make({ uses: 3 });
    const enrol = async (name: string): Promise<unknown> =>
      store.enrol({
        secretSha256: hash(secret),
        publicKey: randomBytes(32),
        name,
        agentId: `agent of ${name} ${tokenId}`,
      });
    await enrol('one');
    await enrol('two');
    await make({ secretSha256: hash(randomUUID()) });
    await store.revokeAgent(`agent of two ${tokenId}`);
    expect(await store.enrolledBy([tokenId, 'no such token'])).toEqual([
      { agentId: `agent of one ${tokenId}`, tokenId, name: 'one' },
      { agentId: `agent of two ${tokenId}`, tokenId, name: 'two' },
    ]);
    expect(await store.enrolledBy([])).toEqual([]);
  });

  test('of many that use a one-time token at the same moment, one gets in', async () => {
    await make();
    const results = await Promise.all(Array.from({ length: 8 }, () => join()));
    expect(results.filter((result) => 'agentId' in result)).toHaveLength(1);
    expect(results.filter((result) => 'refused' in result && result.refused === 'used up')).toHaveLength(7);
  });

  test('a key that was let in is the same agent when it asks again, even with the token used up, and costs no use', async () => {
    const { tokenId } = await make({ uses: 1 });
    const key = randomBytes(32);
    const [first, again] = [await join(key), await join(key)];
    expect(again).toEqual(first);
    const other = randomUUID();
    await make({ secretSha256: hash(other), uses: 5 });
    expect(await join(key, other)).toEqual(first);
    const tokens = await store.listJoinTokens();
    expect(tokens.find((token) => token.tokenId === tokenId)?.used).toBe(1);
    expect(tokens[0]?.used).toBe(0);
  });

  test('an unknown, an expired and a revoked token let nobody in, and say which they are', async () => {
    expect(await join()).toEqual({ refused: 'unknown' });
    await make({ expiresS: 0 });
    expect(await join()).toEqual({ refused: 'expired' });
    secret = randomUUID();
    const { tokenId } = await make({ expiresS: 3600 });
    expect(await store.revokeJoinToken(tokenId)).toBe(true);
    expect(await join()).toEqual({ refused: 'revoked' });
    expect(await store.revokeJoinToken(tokenId)).toBe(true);
    expect(await store.revokeJoinToken(randomUUID())).toBe(false);
  });

  test('a token of the same id is replaced: the old secret is worth nothing, and it is valid again', async () => {
    const tokenId = randomUUID();
    await make({ tokenId, uses: undefined });
    await store.revokeJoinToken(tokenId);
    const old = secret;
    secret = randomUUID();
    expect(await make({ tokenId, uses: undefined })).toMatchObject({ state: 'valid' });
    expect(await join(randomBytes(32), old)).toEqual({ refused: 'unknown' });
    expect(await join()).toEqual({ agentId: expect.any(String) });
  });

  test('tokens are listed newest first, with the moment of their end', async () => {
    await make({ expiresS: 60 });
    const { tokenId } = await make({ secretSha256: hash(randomUUID()), uses: undefined });
    const [newest, older] = await store.listJoinTokens();
    expect(newest).toMatchObject({ tokenId, state: 'valid', used: 0 });
    expect(newest).not.toHaveProperty('uses');
    expect(newest).not.toHaveProperty('expiresAt');
    expect(older!.expiresAt!.getTime() - older!.createdAt.getTime()).toBe(60_000);
  });

  test('what is known of an agent: its key, and whether it was revoked', async () => {
    await make();
    const key = randomBytes(32);
    const result = await join(key);
    const { agentId } = result as { agentId: string };
    const standing = await store.standing(agentId);
    expect(standing.revoked).toBe(false);
    expect(Buffer.from(standing.publicKey!)).toEqual(key);
    expect(await store.standing('nobody')).toEqual({ revoked: false });
    expect(await store.standing('no\0body')).toEqual({ revoked: false });
    await store.revokeAgent(agentId);
    await store.revokeAgent(agentId);
    expect(await store.standing(agentId)).toMatchObject({ revoked: true });
    expect((await world.events()).slice(-2)).toEqual(['agent.enrolled', 'agent.revoked']);
  });

  test('a revoked agent loses its session with it, enrolled or not; an unknown one is not_found', async () => {
    const agentId = randomUUID();
    const sessionId = await world.grid.agent(agentId);
    await store.revokeAgent(agentId);
    expect(await store.standing(agentId)).toEqual({ revoked: true });
    expect((await world.grid.agents.get(agentId)).state).toBe('revoked');
    const beat = { agentId, sessionId, load: undefined };
    expect(await world.grid.agents.seen([beat])).toEqual(new Map());
    await expect(store.revokeAgent('nobody')).rejects.toMatchObject({ code: 'not_found' });
    await expect(store.revokeAgent('no\0body')).rejects.toMatchObject({ code: 'not_found' });
  });

  test('what a revoked agent held is expired at the next sweep', async () => {
    const agentId = randomUUID();
    const sessionId = await world.grid.agent(agentId);
    await world.grid.submit();
    const [task] = await world.grid.grant(agentId, sessionId);
    expect(await world.grid.expire()).toBe(0);
    await store.revokeAgent(agentId);
    await world.grid.sweptAgo(0);
    await world.grid.endHold();
    expect(await world.grid.expire()).toBe(1);
    expect((await world.grid.jobs.task(task!.fence.taskId)).state).toBe('ready');
  });
});
