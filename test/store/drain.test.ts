import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { GrantedTask } from '../../coordinator/store/lease-store.ts';
import { Hello } from '../../shared/gen/clipgrid/v1/session.ts';
import { createGridFixture, TTL_MS, type GridFixture } from '../support/grid-fixture.ts';

const GRACE = { graceMs: 3_000, limit: 100 };
let grid: GridFixture;
beforeAll(async () => {
  grid = await createGridFixture();
});
afterAll(() => grid.close());
beforeEach(() => grid.pool.query('truncate jobs, agents, events cascade'));

/** As if that time had gone by on the database's clock. */
async function pass(seconds: number): Promise<void> {
  await grid.pool.query(`update agents set drain_until = drain_until - $1 * interval '1 second'`, [seconds]);
}

async function leased(): Promise<{ session: string; task: GrantedTask }> {
  const session = await grid.agent('a');
  await grid.submit();
  const [task] = await grid.grant('a', session);
  return { session, task: task! };
}

const renewal = (task: GrantedTask, sessionId: string) => ({
  fence: task.fence,
  sessionId,
  framesDone: 1,
  fps: 1,
  phase: 'filter',
  logTail: '',
});

test('L13 what is held past deadline and grace goes back, costs no attempt, and its late commit does not count', async () => {
  const { session, task } = await leased();
  await grid.agents.drain('a', 60);
  await pass(62);
  expect(await grid.leases.revokeDrained(GRACE)).toBe(0);
  expect(await grid.leases.renew([renewal(task, session)], TTL_MS)).toEqual([task.fence]);
  await pass(1);
  expect(await grid.leases.revokeDrained(GRACE)).toBe(1);
  expect(await grid.leases.revokeDrained(GRACE)).toBe(0);
  expect(await grid.jobs.task(task.fence.taskId)).toMatchObject({
    state: 'ready',
    attempts: 0,
    epoch: task.fence.epoch,
  });
  expect(await grid.leases.renew([renewal(task, session)], TTL_MS)).toEqual([]);
  expect(await grid.complete(task)).toMatchObject({ committed: false });
  const other = await grid.agent('b');
  const [again] = await grid.grant('b', other);
  expect(again!.fence).toMatchObject({ taskId: task.fence.taskId, epoch: task.fence.epoch + 1 });
  expect(await grid.complete(again!)).toMatchObject({ committed: true });
});

test('L13 leases of agents that do not drain, or drain without a deadline, stay', async () => {
  const { session, task } = await leased();
  expect(await grid.leases.revokeDrained(GRACE)).toBe(0);
  await grid.agents.drain('a', 0);
  expect(await grid.leases.revokeDrained({ graceMs: -1e9, limit: 100 })).toBe(0);
  await grid.agents.drain('a', 60);
  await pass(100);
  await grid.agents.undrain('a');
  expect(await grid.leases.revokeDrained(GRACE)).toBe(0);
  expect(await grid.leases.renew([renewal(task, session)], TTL_MS)).toEqual([task.fence]);
});

test('L13 a drain stays over reconnects with what is left of its deadline, until it is taken back', async () => {
  await grid.agent('a');
  await grid.agents.drain('a', 600);
  await pass(400);
  const register = async () => {
    const hello = Hello.create({ agentId: 'a', name: 'a', slots: 1, protocol: 1 });
    return grid.agents.register({ hello, sessionId: randomUUID(), coordinatorId: 'another' });
  };
  const leftS = expect.toSatisfy((left: number) => left > 150 && left <= 200) as number;
  expect(await register()).toMatchObject({ drain: { leftS } });
  expect(await grid.agents.get('a')).toMatchObject({ state: 'draining', drainLeftS: leftS });
  // Over, but not yet revoked: 0 would mean none.
  await pass(1_000);
  expect(await register()).toMatchObject({ drain: { leftS: 1 } });
  await grid.agents.undrain('a');
  expect(await register()).not.toHaveProperty('drain');
  const view = await grid.agents.get('a');
  expect(view.state).toBe('online');
  expect(view).not.toHaveProperty('drainLeftS');
});

test('L13 an agent that is away is drained all the same: it comes back draining', async () => {
  const session = await grid.agent('a');
  await grid.agents.disconnect('a', session);
  await grid.agents.drain('a', 0);
  expect((await grid.agents.get('a')).state).toBe('offline');
  const back = await grid.agent('a');
  expect((await grid.agents.get('a')).state).toBe('draining');
  await grid.submit();
  expect(await grid.grant('a', back)).toEqual([]);
});

test('L13 an agent that leaves by its own wish drains for that session only', async () => {
  const session = await grid.agent('a');
  await grid.agents.leaving('a', randomUUID());
  expect((await grid.agents.get('a')).state).toBe('online');
  await grid.agents.leaving('a', session);
  await grid.agents.seen([{ agentId: 'a', sessionId: session, load: undefined }]);
  expect((await grid.agents.get('a')).state).toBe('draining');
  await grid.agent('a');
  expect((await grid.agents.get('a')).state).toBe('online');
});
