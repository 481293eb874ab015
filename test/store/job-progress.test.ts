import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { JobProgress } from '../../coordinator/domain/task.ts';
import type { GrantedTask } from '../../coordinator/store/lease-store.ts';
import { EACH_STORE } from '../support/each-store.ts';
import type { MemoryFixture } from '../support/memory-fixture.ts';
import { MEDIA, PASS_THROUGH } from '../support/store-moves.ts';

const UNKNOWN = '00000000-0000-7000-8000-000000000000';
const FAILURE = { code: 'encoder_failed', stage: 'encode', message: 'it broke', log: '' } as const;
const NONE = { leased: 0, readyAgain: 0, ended: 0 };

describe.each(EACH_STORE)('the progress of jobs on %s', (_, create) => {
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

  const of = async (jobId: string): Promise<JobProgress | undefined> =>
    (await grid.jobs.progress([jobId])).get(jobId);
  const countsOf = async (jobId: string) => (await of(jobId))?.tasks;

  async function grantOne(): Promise<GrantedTask> {
    const [task] = await grid.grant('a', session);
    if (task === undefined) throw new Error('nothing was granted');
    return task;
  }

  test('several at once: each its own, those that are gone left out', async () => {
    const film = await grid.encodingJob('a', session);
    for (const task of await grid.grant('a', session, 3)) await grid.complete(task);
    const media = await grid.submit(MEDIA);
    const gone = await grid.submit();
    await grid.jobs.remove(gone);
    const told = await grid.jobs.progress([media, UNKNOWN, film, gone]);
    expect([...told.keys()].toSorted()).toEqual([film, media].toSorted());
    expect(told.get(film)).toEqual({
      state: 'encoding',
      framesTotal: 100,
      framesDone: 75,
      tasks: { ...NONE, ended: 4 },
    });
    expect(told.get(media)).toEqual({ state: 'queued', framesTotal: 0, framesDone: 0, tasks: NONE });
    expect(await grid.jobs.progress([])).toEqual(new Map());
  });

  test('a preview, which is in no list, is told too', async () => {
    const { source, script } = PASS_THROUGH;
    const jobId = await grid.submit({ shape: 'preview', source, script, atS: 1 });
    expect(await of(jobId)).toMatchObject({ state: 'queued', tasks: NONE });
  });

  test('frames of leases count while they run, as in the job itself', async () => {
    const jobId = await grid.encodingJob('a', session);
    const { fence } = await grantOne();
    const said = { framesDone: 7, fps: 25, phase: 'encode', logTail: '' };
    await grid.leases.renew([{ fence, sessionId: session, ...said }], 60_000);
    expect((await of(jobId))?.framesDone).toBe(7);
    const { state, framesTotal, framesDone } = await grid.jobs.get(jobId);
    expect(await of(jobId)).toMatchObject({ state, framesTotal, framesDone });
    await grid.leases.release(fence, 'a');
    expect((await of(jobId))?.framesDone).toBe(0);
  });

  test('a task that is given back or failed waits again, whatever others do', async () => {
    const jobId = await grid.submit();
    expect(await countsOf(jobId)).toEqual(NONE);
    const index = await grantOne();
    expect(await of(jobId)).toMatchObject({ state: 'indexing', tasks: { ...NONE, leased: 1 } });
    await grid.leases.release(index.fence, 'a');
    expect(await countsOf(jobId)).toEqual({ ...NONE, readyAgain: 1 });
    await grid.complete(await grantOne());
    expect(await countsOf(jobId)).toEqual({ ...NONE, ended: 1 });
    const [failed, done] = await grid.grant('a', session, 3);
    await grid.leases.fail({ fence: failed!.fence, agentId: 'a', failure: FAILURE, inputAtFault: false });
    await grid.complete(done!);
    expect(await countsOf(jobId)).toEqual({ leased: 1, readyAgain: 1, ended: 2 });
    await grid.jobs.cancel(jobId);
    expect(await of(jobId)).toMatchObject({ state: 'cancelled', tasks: { ...NONE, ended: 5 } });
  });
});
