import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { MAX_FAILURES, MAX_LOST } from '../../coordinator/domain/retry-policy.ts';
import { RULES, TTL_MS } from '../support/grid-fixture.ts';
import { EACH_STORE } from '../support/each-store.ts';
import type { MemoryFixture } from '../support/memory-fixture.ts';

const FAILURE = { code: 'encoder_failed', stage: 'encode', message: 'boom', log: 'tail' } as const;

describe.each(EACH_STORE)('faults on %s', (_, create) => {
  let grid: Omit<MemoryFixture, 'state'>;
  beforeAll(async () => {
    grid = await create();
  });
  afterAll(() => grid.close());
  beforeEach(() => grid.reset());

  test('L8 a returning agent takes up its expired lease while nobody else was granted it', async () => {
    const old = await grid.agent('a');
    await grid.encodingJob('a', old);
    const [task] = await grid.grant('a', old);
    await grid.ageLeases(TTL_MS + 1);
    await grid.expire();
    const sessionId = await grid.agent('a');
    const back = { agentId: 'a', sessionId, held: [task!.fence], ttlMs: TTL_MS, restarted: false };
    expect(await grid.leases.adopt(back)).toEqual([task!.fence]);
    expect(await grid.jobs.task(task!.fence.taskId)).toMatchObject({
      state: 'leased',
      epoch: 1,
      attempts: 1,
    });
    expect(await grid.complete(task!)).toMatchObject({ committed: true });
  });

  test('L8 a lease that was given back, or failed, cannot be taken up again nor commit', async () => {
    const sessionId = await grid.agent('a');
    await grid.encodingJob('a', sessionId);
    const [released, failed] = await grid.grant('a', sessionId, 2);
    await grid.leases.release(released!.fence, 'a');
    await grid.leases.fail({ fence: failed!.fence, agentId: 'a', failure: FAILURE, inputAtFault: false });
    const held = [released!.fence, failed!.fence];
    expect(
      await grid.leases.adopt({ agentId: 'a', sessionId, held, ttlMs: TTL_MS, restarted: false }),
    ).toEqual([]);
    expect(await grid.complete(released!)).toMatchObject({ committed: false });
    expect(await grid.complete(failed!)).toMatchObject({ committed: false });
  });

  test('L15 a task that loses its agents again and again is given up, and says so', async () => {
    const session = await grid.agent('a');
    const jobId = await grid.encodingJob('a', session);
    for (let lost = 1; lost <= MAX_LOST; lost++) {
      expect((await grid.jobs.get(jobId)).state).toBe('encoding');
      await grid.grant('a', session);
      await grid.ageLeases(TTL_MS + 1);
      await grid.expire();
    }
    const job = await grid.jobs.get(jobId);
    expect(job).toMatchObject({
      state: 'failed',
      failure: { code: 'lost_lease', stage: 'encode' },
    });
    expect(job.failure!.message).toContain(`${MAX_LOST} attempts ended without a word`);
    await grid.jobs.retry(jobId, RULES);
    expect(await grid.grant('a', session, 4)).toHaveLength(4);
  });

  test('L15 a task that kills its agent is given up though the agent comes back each time', async () => {
    let session = await grid.agent('a');
    const jobId = await grid.encodingJob('a', session);
    for (let lost = 1; lost <= MAX_LOST; lost++) {
      await grid.grant('a', session);
      session = await grid.agent('a');
      const back = { agentId: 'a', sessionId: session, held: [], ttlMs: TTL_MS };
      await grid.leases.adopt({ ...back, restarted: true });
    }
    expect(await grid.jobs.get(jobId)).toMatchObject({ state: 'failed', failure: { code: 'lost_lease' } });
  });

  test('an agent that registers anew with another incarnation has restarted', async () => {
    const hello = (incarnation: string) => grid.hello('a', { incarnation });
    const register = async (incarnation: string) =>
      grid.agents.register({ hello: hello(incarnation), sessionId: grid.uuid(), coordinatorId: 'c' });
    expect(await register('one')).toMatchObject({ restarted: false });
    expect(await register('one')).toMatchObject({ restarted: false });
    expect(await register('two')).toMatchObject({ restarted: true });
  });

  test('L15 a job ends with a reason when its only agent fails everything', async () => {
    const session = await grid.agent('a');
    const jobId = await grid.encodingJob('a', session);
    let attempts = 0;
    for (;;) {
      const [task] = await grid.grant('a', session, 1, [{ agentId: 'a' }]);
      if (task === undefined) break;
      attempts++;
      await grid.leases.fail({ fence: task.fence, agentId: 'a', failure: FAILURE, inputAtFault: false });
    }
    expect(await grid.jobs.get(jobId)).toMatchObject({ state: 'failed', failure: { message: 'boom' } });
    expect(attempts).toBe(MAX_FAILURES);
  });

  test('an agent that failed 3 tasks of a job leaves the rest of it to others', async () => {
    const [a, b] = await Promise.all([grid.agent('a'), grid.agent('b')]);
    await grid.encodingJob('a', a);
    const tasks = await grid.grant('a', a, 3);
    for (const { fence } of tasks)
      await grid.leases.fail({ fence, agentId: 'a', failure: FAILURE, inputAtFault: false });
    const known = [{ agentId: 'a' }, { agentId: 'b' }];
    expect(await grid.grant('a', a, 4, known)).toEqual([]);
    expect(await grid.grant('b', b, 4, known)).toHaveLength(4);
  });

  test('L13 an agent that was silent for long goes on where it was, draining or not', async () => {
    const session = await grid.agent('a');
    const beat = () => grid.agents.seen([{ agentId: 'a', sessionId: session, load: undefined }]);
    await grid.silentFor(3600_000);
    expect(await grid.agents.sweepSilent(30_000)).toBe(1);
    expect((await grid.agents.get('a')).state).toBe('offline');
    expect(await beat()).toEqual(new Map([[session, {}]]));
    expect((await grid.agents.get('a')).state).toBe('online');
    await grid.agents.drain('a', 0);
    expect(await beat()).toEqual(new Map([[session, { drain: {} }]]));
    expect((await grid.agents.get('a')).state).toBe('draining');
  });

  test('cancelling a clip that was only to be looked at leaves the film alone', async () => {
    const session = await grid.agent('a');
    const jobId = await grid.encodingJob('a', session);
    const clip = { kind: 'clip', clipIndex: 1, requires: [], framesTotal: 0, cost: 1 } as const;
    const { taskId } = await grid.jobs.exportClip(jobId, 1, (spec) => ({
      ...clip,
      taskId: grid.uuid(),
      spec,
    }));
    await grid.jobs.cancelTask(taskId);
    expect(await grid.jobs.task(taskId)).toMatchObject({
      state: 'cancelled',
      failure: { code: 'cancelled' },
    });
    expect((await grid.jobs.get(jobId)).state).toBe('encoding');
  });
});
