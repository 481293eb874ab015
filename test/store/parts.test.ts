import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { RespecClip } from '../../coordinator/store/job-store.ts';
import type { GrantedTask } from '../../coordinator/store/lease-store.ts';
import { RULES, TTL_MS } from '../support/grid-fixture.ts';
import { EACH_STORE } from '../support/each-store.ts';
import type { MemoryFixture } from '../support/memory-fixture.ts';

describe.each(EACH_STORE)('parts of clips on %s', (_, create) => {
  let grid: Omit<MemoryFixture, 'state'>;
  let session: string;
  let jobId: string;
  beforeAll(async () => {
    grid = await create();
  });
  afterAll(() => grid.close());
  beforeEach(async () => {
    await grid.reset();
    session = await grid.agent('a');
    jobId = await grid.encodingJob('a', session);
  });

  async function next(): Promise<GrantedTask> {
    const [task] = await grid.grant('a', session);
    return task!;
  }

  async function expired(): Promise<void> {
    await grid.ageLeases(TTL_MS + 1);
    expect(await grid.expire()).toBe(1);
  }

  const save = (task: GrantedTask, from: number, to: number, sha256?: string) =>
    grid.leases.savePart(task.fence, grid.part(task, [from, to], sha256));

  test('the next attempt goes on behind the parts, and the merge has them in the order of their frames', async () => {
    const first = await next();
    expect(first.savedFrames).toBe(0);
    expect(await save(first, 0, 7)).toBe(true);
    expect(await save(first, 7, 15)).toBe(true);
    await expired();
    const second = await next();
    expect([second.fence.taskId, second.savedFrames]).toEqual([first.fence.taskId, 15]);
    expect(await grid.jobs.task(first.fence.taskId)).toMatchObject({ framesSaved: 15 });
    expect(await save(second, 15, 20)).toBe(true);
    expect(await grid.complete(second)).toMatchObject({ committed: true });
    for (let clip = 1; clip < 4; clip++) await grid.complete(await next());
    const merge = await next();
    const spec = merge.spec.kind?.$case === 'merge' ? merge.spec.kind.value : undefined;
    const segmentFrames = [25, 25, 25];
    // Clips are granted in no particular order.
    segmentFrames.splice(first.clipIndex, 0, 7, 8, 10);
    expect(spec).toMatchObject({ frameCount: 100, restoreTimestamps: true, segmentFrames });
    expect(spec!.segments).toHaveLength(6);
    expect(spec!.segments[first.clipIndex + 1]!.cacheKey).toContain(`${first.fence.taskId}-1/`);
    expect(spec!.segments[first.clipIndex + 2]!.cacheKey).toContain(`${first.fence.taskId}-2/`);
  });

  test('L2 a part of a superseded lease is refused; L11 that of an expired one is kept until somebody else has the task', async () => {
    const slow = await next();
    await expired();
    expect(await save(slow, 0, 7)).toBe(true);
    const fresh = await next();
    expect([fresh.fence.taskId, fresh.savedFrames]).toEqual([slow.fence.taskId, 7]);
    expect(await save(slow, 7, 9)).toBe(false);
    expect(await grid.jobs.task(slow.fence.taskId)).toMatchObject({ framesSaved: 7 });
  });

  test('L3 a part said again by the same lease is kept once; other bytes for the same frames never', async () => {
    const task = await next();
    expect([await save(task, 0, 7), await save(task, 0, 7)]).toEqual([true, true]);
    expect(await save(task, 0, 7, 'f'.repeat(64))).toBe(false);
    expect(await grid.jobs.task(task.fence.taskId)).toMatchObject({ framesSaved: 7 });
  });

  test('M3 a part that leaves a gap, or overlaps, is refused; so is a segment that does not go on where the parts end', async () => {
    const task = await next();
    expect(await save(task, 1, 7)).toBe(false);
    expect(await save(task, 0, 7)).toBe(true);
    expect(await save(task, 5, 9)).toBe(false);
    expect(await save(task, 8, 9)).toBe(false);
    expect(await grid.complete(task, { saved: 9 })).toMatchObject({ committed: false });
    expect(await grid.complete(task, { saved: 7 })).toMatchObject({ committed: true });
    expect(await grid.complete(task, { saved: 7 })).toMatchObject({ committed: true, repeated: true });
  });

  test('a segment of the whole clip takes the place of the parts that its own attempt has saved', async () => {
    const task = await next();
    expect(await save(task, 0, 7)).toBe(true);
    expect(await grid.complete(task)).toMatchObject({ committed: true });
    expect(await grid.jobs.task(task.fence.taskId)).toMatchObject({ state: 'succeeded', framesSaved: 0 });
    for (let clip = 1; clip < 4; clip++) await grid.complete(await next());
    const merge = await next();
    const spec = merge.spec.kind?.$case === 'merge' ? merge.spec.kind.value : undefined;
    expect(spec).toMatchObject({ frameCount: 100, segmentFrames: [25, 25, 25, 25] });
  });

  const respec: RespecClip = (spec) => ({ spec, requires: ['program:ffmpeg'] });
  const redo = ({ clipIndex }: GrantedTask) => ({ jobId, clipIndex, respec, rules: RULES });

  test.each([
    ['a redo', (task: GrantedTask) => grid.jobs.redoClip(redo(task))],
    [
      'a change of its spec',
      (task: GrantedTask) => grid.jobs.redoClip({ ...redo(task), change: { priority: 1 } }),
    ],
    ['a restart of the task', (task: GrantedTask) => grid.jobs.retryTask(task.fence.taskId)],
    [
      'a cancelled job that is retried',
      async () => {
        await grid.jobs.cancel(jobId);
        await grid.jobs.retry(jobId, RULES);
      },
    ],
  ])('%s drops the parts', async (__, action) => {
    const task = await next();
    await save(task, 0, 7);
    await action(task);
    expect(await save(task, 7, 9)).toBe(false);
    expect(await grid.jobs.task(task.fence.taskId)).toMatchObject({ state: 'ready', framesSaved: 0 });
    expect((await next()).savedFrames).toBe(0);
  });

  test('L9 a task has 200 parts at most', async () => {
    const task = await next();
    // The store leaves it to the committer whether a clip has so many frames.
    for (let frame = 0; frame < 200; frame++) expect(await save(task, frame, frame + 1)).toBe(true);
    expect(await save(task, 200, 201)).toBe(false);
  });

  test('a failed attempt keeps its parts', async () => {
    const task = await next();
    await save(task, 0, 7);
    const failure = { code: 'encoder_failed', stage: 'encode', message: 'boom', log: '' } as const;
    await grid.leases.fail({ fence: task.fence, agentId: 'a', failure, inputAtFault: false });
    expect(await grid.jobs.task(task.fence.taskId)).toMatchObject({ state: 'ready', framesSaved: 7 });
  });
});
