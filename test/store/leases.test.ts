import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Fence } from '../../coordinator/domain/task.ts';
import type { RespecClip } from '../../coordinator/store/job-store.ts';
import type { Completion, GrantedTask } from '../../coordinator/store/lease-store.ts';
import { RULES, TTL_MS } from '../support/grid-fixture.ts';
import { EACH_STORE } from '../support/each-store.ts';
import type { MemoryFixture } from '../support/memory-fixture.ts';

const renewal = (fence: Fence, sessionId: string) => ({
  fence,
  sessionId,
  framesDone: 3,
  fps: 25,
  phase: 'filter',
  logTail: '',
});

describe.each(EACH_STORE)('leases on %s', (_, create) => {
  let grid: Omit<MemoryFixture, 'state'>;
  beforeAll(async () => {
    grid = await create();
  });
  afterAll(() => grid.close());
  beforeEach(() => grid.reset());
  const expire = () => grid.expire();
  const completion = (task: GrantedTask): Completion => ({
    fence: task.fence,
    agentId: task.agentId,
    output: grid.output(task),
    logTail: '',
  });

  test('L1 epoch rises by one on each grant, and not on expiry, renewal or completion', async () => {
    const session = await grid.agent('a');
    await grid.submit();
    const [first] = await grid.grant('a', session);
    expect(first!.fence.epoch).toBe(1);
    await grid.leases.renew([renewal(first!.fence, session)], TTL_MS);
    await grid.ageLeases(TTL_MS + 1);
    expect(await expire()).toBe(1);
    const [second] = await grid.grant('a', session);
    expect(second!.fence.epoch).toBe(2);
    await grid.complete(second!);
    expect((await grid.jobs.task(second!.fence.taskId)).epoch).toBe(2);
  });

  test('L1 epoch rises on cancel and on redo', async () => {
    const session = await grid.agent('a');
    const jobId = await grid.encodingJob('a', session);
    const [task] = await grid.grant('a', session);
    await grid.jobs.cancel(jobId);
    expect((await grid.jobs.task(task!.fence.taskId)).epoch).toBe(task!.fence.epoch + 1);
    await grid.jobs.retry(jobId, RULES);
    expect(await grid.jobs.task(task!.fence.taskId)).toMatchObject({
      epoch: task!.fence.epoch + 2,
      state: 'ready',
    });
  });

  test('L1 epoch of a merge rises by one when its job is retried, whatever became of it', async () => {
    const session = await grid.agent('a');
    const jobId = await grid.encodingJob('a', session);
    for (const task of await grid.grant('a', session, 4)) await grid.complete(task);
    const epoch = async (): Promise<number | undefined> =>
      (await grid.jobs.tasks(jobId)).find((task) => task.kind === 'merge')?.epoch;
    const [merge] = await grid.grant('a', session);
    const failure = { code: 'verify_failed', stage: 'merge', message: 'x', log: '' } as const;
    await grid.leases.fail({ fence: merge!.fence, agentId: 'a', failure, inputAtFault: true });
    expect(await epoch()).toBe(1);
    await grid.jobs.retry(jobId, RULES);
    expect(await epoch()).toBe(2);
    await grid.jobs.cancel(jobId);
    expect(await epoch()).toBe(3);
    const respec: RespecClip = (spec) => ({ spec, requires: [] });
    await grid.jobs.redoClip({ jobId, clipIndex: 0, respec, rules: RULES });
    expect(await epoch()).toBe(3);
    await grid.jobs.cancel(jobId);
    await grid.jobs.retry(jobId, RULES);
    expect(await epoch()).toBe(3);
  });

  test('two grants at once never give one task twice', async () => {
    const sessions = await Promise.all(['a', 'b', 'c', 'd'].map((name) => grid.agent(name)));
    await grid.encodingJob('a', sessions[0]!);
    const granted = (
      await Promise.all(['a', 'b', 'c', 'd'].map((name, i) => grid.grant(name, sessions[i]!, 4)))
    ).flat();
    const ids = granted.map((task) => task.fence.taskId);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.length).toBe(4);
  });

  test.each([
    ['another epoch', (fence: Fence) => ({ ...fence, epoch: fence.epoch + 1 })],
    ['another lease id', (fence: Fence) => ({ ...fence, leaseId: randomUUID() })],
    ['another task', (fence: Fence) => ({ ...fence, taskId: randomUUID() })],
  ])('L2 renew and complete with %s change nothing', async (_, spoil) => {
    const session = await grid.agent('a');
    await grid.submit();
    const [task] = await grid.grant('a', session);
    const wrong = spoil(task!.fence);
    expect(await grid.leases.renew([renewal(wrong, session)], TTL_MS)).toEqual([]);
    expect(await grid.complete(task!, { fence: wrong })).toMatchObject({ committed: false });
    expect(await grid.jobs.task(task!.fence.taskId)).toMatchObject({ state: 'leased', framesDone: 0 });
  });

  test('L3 complete is idempotent for the same lease and the same content hash only', async () => {
    const session = await grid.agent('a');
    await grid.encodingJob('a', session);
    const [task] = await grid.grant('a', session);
    expect(await grid.complete(task!)).toMatchObject({ committed: true, repeated: false });
    expect(await grid.complete(task!)).toMatchObject({ committed: true, repeated: true });
    expect(await grid.complete(task!, { sha256: 'b'.repeat(64) })).toMatchObject({ committed: false });
  });

  test('L4 expiry is decided by the database clock: a lease in its time is never ended', async () => {
    const session = await grid.agent('a');
    await grid.submit();
    const [task] = await grid.grant('a', session);
    await grid.ageLeases(TTL_MS - 2_000);
    expect(await expire()).toBe(0);
    await grid.ageLeases(2_001);
    expect(await expire()).toBe(1);
    expect(await grid.leases.renew([renewal(task!.fence, session)], TTL_MS)).toEqual([]);
  });

  test('L8 the newer session wins: the older one can neither renew nor be granted anything', async () => {
    const old = await grid.agent('a');
    await grid.submit();
    const [task] = await grid.grant('a', old);
    const fresh = await grid.agent('a');
    const input = { agentId: 'a', sessionId: fresh, held: [task!.fence], ttlMs: TTL_MS, restarted: false };
    expect(await grid.leases.adopt(input)).toEqual([task!.fence]);
    expect(await grid.leases.renew([renewal(task!.fence, old)], TTL_MS)).toEqual([]);
    expect(await grid.leases.renew([renewal(task!.fence, fresh)], TTL_MS)).toEqual([task!.fence]);
    expect(await grid.agents.seen([{ agentId: 'a', sessionId: old, load: undefined }])).toEqual(new Map());
    await grid.submit();
    expect(await grid.grant('a', old)).toEqual([]);
  });

  test('L8 a returning agent gives back what it no longer holds, and that is no attempt', async () => {
    const old = await grid.agent('a');
    await grid.submit();
    const [task] = await grid.grant('a', old);
    const fresh = await grid.agent('a');
    const input = { agentId: 'a', sessionId: fresh, held: [], ttlMs: TTL_MS, restarted: false };
    expect(await grid.leases.adopt(input)).toEqual([]);
    expect(await grid.jobs.task(task!.fence.taskId)).toMatchObject({ state: 'ready', attempts: 0 });
  });

  test('L10 the last encode and the creation of the merge are one transaction', async () => {
    const session = await grid.agent('a');
    const jobId = await grid.encodingJob('a', session);
    for (let clip = 0; clip < 4; clip++) {
      expect((await grid.jobs.get(jobId)).state).toBe('encoding');
      const [task] = await grid.grant('a', session);
      await grid.complete(task!);
    }
    expect(await grid.jobs.get(jobId)).toMatchObject({ state: 'merging', clipsDone: 4, framesDone: 100 });
    const [merge] = await grid.grant('a', session);
    expect(merge!.kind).toBe('merge');
    const spec = merge!.spec.kind?.$case === 'merge' ? merge!.spec.kind.value : undefined;
    expect(spec).toMatchObject({ frameCount: 100, restoreTimestamps: true, segmentFrames: [25, 25, 25, 25] });
    await grid.complete(merge!);
    expect(await grid.jobs.get(jobId)).toMatchObject({ state: 'succeeded' });
  });

  test('L10 many last encodes at once make exactly one merge', async () => {
    const sessions = await Promise.all(['a', 'b', 'c', 'd'].map((name) => grid.agent(name)));
    const jobId = await grid.encodingJob('a', sessions[0]!);
    const tasks = await grid.grant('a', sessions[0]!, 4);
    await Promise.all(tasks.map((task) => grid.complete(task)));
    const merges = (await grid.jobs.tasks(jobId)).filter((task) => task.kind === 'merge');
    expect(merges).toHaveLength(1);
    expect((await grid.jobs.get(jobId)).state).toBe('merging');
  });

  test('L11 an expired lease may still commit while nobody else was granted it, a superseded one never', async () => {
    const session = await grid.agent('a');
    const other = await grid.agent('b');
    await grid.encodingJob('a', session);
    const [late] = await grid.grant('a', session);
    await grid.ageLeases(TTL_MS + 1);
    await expire();
    expect(await grid.complete(late!)).toMatchObject({ committed: true });

    const [slow] = await grid.grant('a', session);
    await grid.ageLeases(TTL_MS + 1);
    await expire();
    const regranted = await grid.grant('b', other, 4);
    expect(regranted.map((task) => task.fence.taskId)).toContain(slow!.fence.taskId);
    expect(await grid.complete(slow!)).toMatchObject({ committed: false });
  });

  test('L11 of two leases of one task that say it is done in one batch, only the current one is told so', async () => {
    const session = await grid.agent('a');
    const other = await grid.agent('b');
    await grid.encodingJob('a', session);
    const [slow] = await grid.grant('a', session);
    await grid.ageLeases(TTL_MS + 1);
    await expire();
    const regranted = await grid.grant('b', other, 4);
    const current = regranted.find((task) => task.fence.taskId === slow!.fence.taskId);
    const outcomes = await grid.leases.commit([slow!, current!, slow!].map(completion), RULES);
    expect(outcomes.map((one) => one.committed)).toEqual([false, true, false]);
  });

  test('L10 one batch with the last clips of one job, some of another and what is stale advances each as it must', async () => {
    const session = await grid.agent('a');
    const ended = await grid.encodingJob('a', session);
    const last = await grid.grant('a', session, 4);
    const going = await grid.encodingJob('a', session);
    const [one, ...others] = await grid.grant('a', session, 4);
    const stale = { ...one!, fence: { ...one!.fence, leaseId: randomUUID() } };
    const batch = [stale, ...others, ...last];
    const outcomes = await grid.leases.commit(batch.map(completion), RULES);
    const jobs = [undefined, ...others.map(() => going), ...last.map(() => ended)];
    expect(outcomes.map((outcome) => outcome.jobId)).toEqual(jobs);
    expect(await grid.jobs.get(ended)).toMatchObject({ state: 'merging', clipsDone: 4, framesDone: 100 });
    expect(await grid.jobs.get(going)).toMatchObject({ state: 'encoding', clipsDone: 3, framesDone: 75 });
  });

  test('L12 after an outage nothing is expired for one full ttl, and leases can be renewed meanwhile', async () => {
    const session = await grid.agent('a');
    await grid.submit();
    const [task] = await grid.grant('a', session);
    await grid.ageLeases(TTL_MS + 30_000);
    await grid.sweptAgo(31_000);
    expect(await expire()).toBe(0);
    expect(await expire()).toBe(0);
    expect(await grid.leases.renew([renewal(task!.fence, session)], TTL_MS)).toEqual([task!.fence]);
  });

  test('L12 a renewal right after an outage, before any sweep, is taken', async () => {
    const session = await grid.agent('a');
    await grid.submit();
    const [task] = await grid.grant('a', session);
    await grid.ageLeases(TTL_MS + 18_000);
    await grid.sweptAgo(31_000);
    expect(await grid.leases.renew([renewal(task!.fence, session)], TTL_MS)).toEqual([task!.fence]);
  });

  test('L13 a draining agent keeps its leases and is granted nothing', async () => {
    const session = await grid.agent('a');
    await grid.encodingJob('a', session);
    const [task] = await grid.grant('a', session);
    await grid.agents.drain('a', 0);
    expect(await grid.leases.renew([renewal(task!.fence, session)], TTL_MS)).toEqual([task!.fence]);
    expect(await grid.grant('a', session, 3)).toEqual([]);
    await grid.agents.undrain('a');
    expect(await grid.grant('a', session, 3)).toHaveLength(3);
  });

  test('L15 a task fails for good after 3 different agents failed it, and says why', async () => {
    const names = ['a', 'b', 'c'];
    const sessions = await Promise.all(names.map((name) => grid.agent(name)));
    const jobId = await grid.submit();
    for (const [i, name] of names.entries()) {
      const [task] = await grid.grant(name, sessions[i]!);
      const failure = {
        code: 'encoder_failed',
        stage: 'index',
        message: `boom ${name}`,
        log: 'tail',
      } as const;
      expect(
        await grid.leases.fail({ fence: task!.fence, agentId: name, failure, inputAtFault: false }),
      ).toBe(true);
    }
    expect(await grid.jobs.get(jobId)).toMatchObject({
      state: 'failed',
      failure: { code: 'encoder_failed', message: 'boom c', log: 'tail' },
    });
    await grid.jobs.retry(jobId, RULES);
    expect(await grid.grant('a', sessions[0]!)).toHaveLength(1);
  });

  test('an input at fault fails the job at once', async () => {
    const session = await grid.agent('a');
    const jobId = await grid.submit();
    const [task] = await grid.grant('a', session);
    const failure = { code: 'source_unreadable', stage: 'index', message: 'no video', log: '' } as const;
    await grid.leases.fail({ fence: task!.fence, agentId: 'a', failure, inputAtFault: true });
    expect((await grid.jobs.get(jobId)).state).toBe('failed');
  });

  test('cancel revokes: the running attempt can neither renew nor commit nor fail the job', async () => {
    const session = await grid.agent('a');
    const jobId = await grid.encodingJob('a', session);
    const [task] = await grid.grant('a', session);
    await grid.jobs.cancel(jobId);
    expect(await grid.leases.renew([renewal(task!.fence, session)], TTL_MS)).toEqual([]);
    expect(await grid.complete(task!)).toMatchObject({ committed: false });
    const failure = { code: 'encoder_failed', stage: 'encode', message: 'x', log: '' } as const;
    expect(await grid.leases.fail({ fence: task!.fence, agentId: 'a', failure, inputAtFault: false })).toBe(
      false,
    );
    expect((await grid.jobs.get(jobId)).state).toBe('cancelled');
    await expect(grid.jobs.cancel(jobId)).rejects.toMatchObject({ code: 'failed_precondition' });
  });

  test('redo of one clip of a finished job encodes that clip only, then merges again', async () => {
    const session = await grid.agent('a');
    const jobId = await grid.encodingJob('a', session);
    for (const task of await grid.grant('a', session, 4)) await grid.complete(task);
    const [merge] = await grid.grant('a', session);
    await grid.complete(merge!);
    const respec: RespecClip = (spec) => ({ spec, requires: [] });
    await grid.jobs.redoClip({ jobId, clipIndex: 2, respec, rules: RULES });
    expect(await grid.jobs.get(jobId)).toMatchObject({ state: 'encoding', clipsDone: 3 });
    const again = await grid.grant('a', session, 4);
    expect(again.map((task) => task.kind)).toEqual(['encode']);
    await grid.complete(again[0]!, { sha256: 'c'.repeat(64) });
    const [mergeAgain] = await grid.grant('a', session);
    expect(mergeAgain!.kind).toBe('merge');
    expect(mergeAgain!.fence.epoch).toBeGreaterThan(merge!.fence.epoch);
    expect(await grid.complete(merge!)).toMatchObject({ committed: false });
    await grid.complete(mergeAgain!);
    expect((await grid.jobs.get(jobId)).state).toBe('succeeded');
  });
});
