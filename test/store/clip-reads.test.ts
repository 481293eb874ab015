import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { RULES } from '../support/grid-fixture.ts';
import { EACH_STORE } from '../support/each-store.ts';
import type { MemoryFixture } from '../support/memory-fixture.ts';

const FAILURE = {
  code: 'encoder_failed',
  stage: 'encode',
  message: 'it "broke"\nthere',
  log: 'é\u2028',
} as const;
const UNKNOWN = '00000000-0000-7000-8000-000000000000';

describe.each(EACH_STORE)('reads of clips on %s', (_, create) => {
  let grid: Omit<MemoryFixture, 'state'>;
  let session: string;
  beforeAll(async () => {
    grid = await create();
  });
  afterAll(() => grid.close());
  beforeEach(async () => {
    await grid.reset();
    session = await grid.agent('a');
  });

  test('before the plan there is none', async () => {
    expect(await grid.jobs.clips(await grid.submit())).toEqual([]);
    expect(await grid.jobs.clips(UNKNOWN)).toEqual([]);
  });

  test('each tells its state, agent, frames, failure and segment, in the order of the film', async () => {
    const jobId = await grid.encodingJob('a', session);
    const [done, failed, running] = await grid.grant('a', session, 3);
    const byLease = new Map((await grid.jobs.tasks(jobId)).map((task) => [task.taskId, task.clipIndex]));
    const at = (task: typeof done): number => byLease.get(task!.fence.taskId) ?? -1;
    await grid.complete(done!, { sha256: 'b'.repeat(64) });
    await grid.leases.fail({ fence: failed!.fence, agentId: 'a', failure: FAILURE, inputAtFault: false });
    const said = { framesDone: 7, fps: 25, phase: 'encode', logTail: '' };
    await grid.leases.renew([{ fence: running!.fence, sessionId: session, ...said }], 60_000);

    const clips = await grid.jobs.clips(jobId);
    expect(clips.map((clip) => clip.index)).toEqual([0, 1, 2, 3]);
    const frames = { framesTotal: 25, attempts: 1, agentName: 'a' };
    expect(clips[at(done)]).toEqual({
      ...frames,
      index: at(done),
      state: 'succeeded',
      framesDone: 25,
      segmentSha256: 'b'.repeat(64),
    });
    expect(clips[at(failed)]).toMatchObject({ state: 'ready', attempts: 1, failure: FAILURE });
    expect(clips[at(running)]).toEqual({ ...frames, index: at(running), state: 'leased', framesDone: 7 });
    const untouched = clips.find((clip) => clip.attempts === 0);
    expect(untouched).toEqual({
      index: untouched?.index,
      state: 'ready',
      attempts: 0,
      framesDone: 0,
      framesTotal: 25,
    });
  });

  test('in brief, each task is as it is but for its output and log; its bytes are without its picture', async () => {
    const jobId = await grid.encodingJob('a', session);
    const [clip] = await grid.grant('a', session);
    const [segment] = grid.output(clip!).artifacts;
    const artifacts = [
      { ...segment!, sizeBytes: 3_000_000_000 },
      { ...segment!, name: 'thumbnail', sizeBytes: 7 },
    ];
    const output = { ...grid.output(clip!), artifacts };
    await grid.leases.commit([{ fence: clip!.fence, agentId: 'a', output, logTail: 'a line' }], RULES);
    const whole = await grid.jobs.tasks(jobId);
    const done = whole.find((task) => task.taskId === clip!.fence.taskId);
    expect(done).toMatchObject({ madeBytes: 3_000_000_000, logTail: 'a line' });
    const brief = whole.map((task) => {
      const { failedAgents: _, output: __, logTail: ___, ...rest } = task;
      return rest;
    });
    expect(await grid.jobs.briefTasks(jobId)).toEqual(brief);
    expect(brief.filter(({ madeBytes }) => madeBytes === undefined)).toHaveLength(3);
  });

  test('a clip that is done again has no segment until it is committed anew', async () => {
    const jobId = await grid.encodingJob('a', session);
    for (const task of await grid.grant('a', session, 4)) await grid.complete(task);
    expect((await grid.jobs.clips(jobId)).every((clip) => clip.segmentSha256 === 'a'.repeat(64))).toBe(true);
    const respec = (spec: Parameters<Parameters<typeof grid.jobs.redoClip>[0]['respec']>[0]) => ({
      spec,
      requires: [],
    });
    await grid.jobs.redoClip({ jobId, clipIndex: 2, respec, rules: RULES });
    const clips = await grid.jobs.clips(jobId);
    expect(clips.map((clip) => clip.segmentSha256 === undefined)).toEqual([false, false, true, false]);
  });

  test('open work: the index first, then the first clip that waits, then nothing', async () => {
    const jobId = await grid.submit();
    const before = await grid.jobs.openWork(jobId);
    expect(before).toMatchObject({ hasClips: false, isRunning: false, firstReady: { kind: 'index', jobId } });
    const [index] = await grid.grant('a', session);
    expect(await grid.jobs.openWork(jobId)).toEqual({ hasClips: false, isRunning: true });
    await grid.complete(index!);
    const planned = await grid.jobs.openWork(jobId);
    expect(planned).toMatchObject({ hasClips: true, isRunning: false });
    expect(planned.firstReady).toEqual(await grid.jobs.task(planned.firstReady!.taskId));
    expect(planned.firstReady).toMatchObject({ kind: 'encode', clipIndex: 0, state: 'ready' });
    const granted = await grid.grant('a', session, 2);
    expect(await grid.jobs.openWork(jobId)).toMatchObject({
      isRunning: true,
      firstReady: { state: 'ready' },
    });
    for (const task of granted) await grid.leases.release(task.fence, 'a');
    await grid.jobs.cancel(jobId);
    expect(await grid.jobs.openWork(jobId)).toEqual({ hasClips: true, isRunning: false });
    expect(await grid.jobs.openWork(UNKNOWN)).toEqual({ hasClips: false, isRunning: false });
  });

  test('the stamp is another one after every change that can be seen, and only then', async () => {
    const jobId = await grid.submit();
    const other = await grid.submit();
    const stamps = new Set<string>();
    const changed = async (): Promise<void> => {
      const stamp = await grid.jobs.stamp(jobId);
      expect(stamps).not.toContain(stamp);
      stamps.add(stamp);
      expect(await grid.jobs.stamp(jobId)).toBe(stamp);
    };
    await changed();
    const [index] = await grid.grant('a', session);
    expect(index?.jobId).toBe(jobId);
    await changed();
    await grid.complete(index!);
    await changed();
    const [clip] = (await grid.grant('a', session, 5)).filter((task) => task.kind === 'encode');
    await changed();
    const said = { framesDone: 7, fps: 25, phase: 'encode', logTail: '' };
    await grid.leases.renew([{ fence: clip!.fence, sessionId: session, ...said }], 60_000);
    await changed();
    await grid.leases.fail({ fence: clip!.fence, agentId: 'a', failure: FAILURE, inputAtFault: false });
    await changed();
    await grid.jobs.cancel(other);
    expect(stamps).toContain(await grid.jobs.stamp(jobId));
    await grid.jobs.cancel(jobId);
    await changed();
    await grid.jobs.remove(jobId);
    await expect(grid.jobs.stamp(jobId)).rejects.toMatchObject({ code: 'not_found' });
  });
});
