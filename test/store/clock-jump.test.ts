import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { GrantedTask } from '../../coordinator/store/lease-store.ts';
import { postgresGarbageStore } from '../../coordinator/store/postgres/garbage-store.ts';
import { postgresUploadStore } from '../../coordinator/store/postgres/upload-store.ts';
import { postgresUserStore } from '../../coordinator/store/postgres/user-store.ts';
import { postgresWebhookStore } from '../../coordinator/store/postgres/webhook-store.ts';
import type { ClaimedDelivery } from '../../coordinator/store/webhook-store.ts';
import { createGridFixture, TTL_MS, type GridFixture } from '../support/grid-fixture.ts';
import { EACH_STORE } from '../support/each-store.ts';
import type { MemoryFixture } from '../support/memory-fixture.ts';

const HOUR_MS = 3600_000;
const DAY_MS = 24 * HOUR_MS;
const OUTAGE_MS = 2_500;
/** A sweep of somebody who swept a moment ago, by a clock that does not jump. */
const LATELY = { ttlMs: TTL_MS, outageMs: OUTAGE_MS, limit: 100, sinceMs: () => 250 };
const DRAINED = { graceMs: 3_000, limit: 100 };

const renewal = (task: GrantedTask, sessionId: string) => ({
  fence: task.fence,
  sessionId,
  framesDone: 3,
  fps: 25,
  phase: 'filter',
  logTail: '',
});

describe.each(EACH_STORE)("the database's clock jumps, on %s", (_, create) => {
  let grid: Omit<MemoryFixture, 'state'>;
  beforeAll(async () => {
    grid = await create();
  });
  afterAll(() => grid.close());
  beforeEach(() => grid.reset());

  async function leased(): Promise<{ session: string; task: GrantedTask }> {
    const session = await grid.agent('a');
    await grid.submit();
    const [task] = await grid.grant('a', session);
    return { session, task: task! };
  }

  test('back by an hour: the lease of an agent that is silent ends after one ttl all the same', async () => {
    const { task } = await leased();
    await grid.clockJumped(-HOUR_MS);
    expect(await grid.leases.expire(LATELY)).toBe(0);
    await grid.ageLeases(TTL_MS - 2_000);
    expect(await grid.leases.expire(LATELY)).toBe(0);
    await grid.ageLeases(2_000);
    expect(await grid.leases.expire(LATELY)).toBe(1);
    expect(await grid.jobs.task(task.fence.taskId)).toMatchObject({ state: 'ready' });
  });

  test('back by an hour: who is there renews, and loses nothing', async () => {
    const { session, task } = await leased();
    await grid.clockJumped(-HOUR_MS);
    expect(await grid.leases.renew([renewal(task, session)], TTL_MS)).toEqual([task.fence]);
    expect(await grid.leases.expire(LATELY)).toBe(0);
    expect(await grid.leases.renew([renewal(task, session)], TTL_MS)).toEqual([task.fence]);
    expect(await grid.complete(task)).toMatchObject({ committed: true });
  });

  test('L12 back by an hour during a hold: it is over after one ttl', async () => {
    await leased();
    await grid.sweptAgo(30_000);
    expect(await grid.leases.expire(LATELY)).toBe(0);
    await grid.clockJumped(-HOUR_MS);
    expect(await grid.leases.expire(LATELY)).toBe(0);
    await grid.clockJumped(TTL_MS + 1_000);
    // The sweeper was there all the time: only the clocks of leases and hold went on.
    await grid.sweptAgo(0);
    expect(await grid.leases.expire(LATELY)).toBe(0);
    await grid.ageLeases(TTL_MS);
    expect(await grid.leases.expire(LATELY)).toBe(1);
  });

  test('L12 on by an hour: nothing expires for one ttl, before and after the first sweep', async () => {
    const { session, task } = await leased();
    await grid.clockJumped(HOUR_MS);
    expect(await grid.leases.renew([renewal(task, session)], TTL_MS)).toEqual([task.fence]);
    await grid.clockJumped(HOUR_MS);
    expect(await grid.leases.expire(LATELY)).toBe(0);
    expect(await grid.leases.expire(LATELY)).toBe(0);
    expect(await grid.leases.renew([renewal(task, session)], TTL_MS)).toEqual([task.fence]);
  });

  test.each([
    ['on', HOUR_MS],
    ['back', -HOUR_MS],
  ])('L13 %s by an hour: a drain keeps its deadline', async (__, jumpMs) => {
    const { task } = await leased();
    await grid.agents.drain('a', 600);
    await grid.clockJumped(jumpMs);
    await grid.leases.expire(LATELY);
    expect(await grid.leases.revokeDrained(DRAINED)).toBe(0);
    const { drainLeftS } = await grid.agents.get('a');
    expect(drainLeftS).toBeGreaterThan(590);
    expect(drainLeftS).toBeLessThanOrEqual(601);
    expect(await grid.jobs.task(task.fence.taskId)).toMatchObject({ state: 'leased' });
  });

  test.each([
    ['on', HOUR_MS],
    ['back', -HOUR_MS],
  ])('%s by an hour: who is heard is online, who is silent is offline in its time', async (__, jumpMs) => {
    await grid.agent('a');
    await grid.clockJumped(jumpMs);
    await grid.leases.expire(LATELY);
    expect(await grid.agents.sweepSilent(30_000)).toBe(0);
    await grid.clockJumped(31_000);
    expect(await grid.agents.sweepSilent(30_000)).toBe(1);
  });

  test('L15 on by two days: no job is given up for want of agents, before and after the first sweep', async () => {
    await grid.endHold(3 * DAY_MS);
    await grid.submit();
    await grid.clockJumped(2 * DAY_MS);
    const limit = { maxWaitMs: DAY_MS, limit: 100 };
    expect(await grid.leases.giveUpWaiting(limit)).toBe(0);
    await grid.leases.expire(LATELY);
    expect(await grid.leases.giveUpWaiting(limit)).toBe(0);
  });

  test('time that went by is no jump: deadlines stay where they are', async () => {
    await leased();
    await grid.agents.drain('a', 600);
    await grid.clockJumped(900_000);
    const away = { ...LATELY, sinceMs: () => 900_250 };
    expect(await grid.leases.expire(away)).toBe(0);
    expect(await grid.leases.revokeDrained(DRAINED)).toBe(1);
  });
});

test("the database's clock jumps on by two days: no upload is given up that somebody goes on with", async () => {
  const grid = await createGridFixture();
  try {
    const uploads = postgresUploadStore(grid.db);
    const garbage = postgresGarbageStore(grid.db);
    const uploadId = randomUUID();
    const owner = { ownerId: 'owner', name: 'film.mkv' };
    await uploads.create({ uploadId, ...owner, bucket: 'clipgrid', key: 'sources/x' });
    await grid.clockJumped(2 * DAY_MS);
    await grid.leases.expire(LATELY);
    expect(await garbage.expireUploads(DAY_MS, 10)).toBe(0);
    await grid.pool.query(`update uploads set touched_at = touched_at - interval '25 hours'`);
    expect(await garbage.expireUploads(DAY_MS, 10)).toBe(1);
  } finally {
    await grid.close();
  }
});

describe("the database's clock jumps, and what waits", () => {
  let grid: GridFixture;
  beforeAll(async () => {
    grid = await createGridFixture();
  });
  afterAll(() => grid.close());

  test.each([
    ['on', HOUR_MS],
    ['back', -HOUR_MS],
  ])('%s by an hour: no webhook waits for an hour', async (_, jumpMs) => {
    const webhooks = postgresWebhookStore(grid.db);
    const claim = async (): Promise<ClaimedDelivery | undefined> =>
      (await webhooks.claim({ claimId: randomUUID(), limit: 1, leaseMs: 30_000 }))[0];
    const deliveryId = randomUUID();
    const about = { ownerId: 'o', origin: 'https://a', sealed: 'x', maxAttempts: 5 };
    await webhooks.put({ deliveryId, ...about, body: Buffer.from('{}') });
    const first = await claim();
    await webhooks.failed(first!, { status: 500, error: 'it broke', againMs: 60_000 });
    await grid.clockJumped(jumpMs);
    await grid.leases.expire(LATELY);
    if (jumpMs < 0) expect(await claim()).toBeUndefined();
    await grid.clockJumped(61_000);
    await grid.sweptAgo(0);
    expect(await claim()).toMatchObject({ deliveryId, attempts: 1 });
    await grid.pool.query('truncate webhook_deliveries');
  });

  test('back by an hour: who may not sign in for a minute may do so after one', async () => {
    const users = postgresUserStore(grid.db);
    const subject = Buffer.from('somebody');
    await users.countFailure([subject], 60);
    await grid.clockJumped(-HOUR_MS);
    await grid.leases.expire(LATELY);
    const waitS = await users.waitS([{ subject, most: 1 }]);
    expect(waitS).toBeGreaterThan(50);
    expect(waitS).toBeLessThanOrEqual(61);
  });
});
