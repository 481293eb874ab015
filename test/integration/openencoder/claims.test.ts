import { afterAll, beforeAll, expect, it } from 'vitest';
import { JobStore } from '../../../coordinator/dialects/openencoder/jobs/job-store.ts';
import { WorkStore } from '../../../coordinator/dialects/openencoder/jobs/work-store.ts';
import { createGridFixture, type GridFixture } from '../../support/grid-fixture.ts';

const [A, B] = ['00000000-0000-4000-8000-00000000000a', '00000000-0000-4000-8000-00000000000b'];

let fixture: GridFixture;
let jobs: JobStore;
let first: WorkStore;
let second: WorkStore;

beforeAll(async () => {
  fixture = await createGridFixture();
  jobs = new JobStore(fixture.db);
  first = new WorkStore(fixture.db, A);
  second = new WorkStore(fixture.db, B);
});
afterAll(() => fixture.close());

let made = 0;
const newJob = async () =>
  (await jobs.create({
    guid: `guid-${made++}`,
    preset: 'h264_baseline_360p_600',
    source: 's',
    destination: 'd',
  }))!;

it('gives a job to one coordinator, and to another when that one has been silent for too long', async () => {
  const { job_id } = await newJob();
  const mine = (await first.claimNext())!;
  expect(mine).toMatchObject({ job_id, status: 'downloading' });
  expect(await second.claimNext()).toBeUndefined();
  expect(await second.claim(mine)).toBeUndefined();
  expect(await first.renew(mine, 40)).toBe(true);
  await fixture.pool.query(`update openencoder_jobs set claimed_until = now() - interval '1 second'`);
  expect(await second.claim(mine)).toMatchObject({ job_id, progress: 40 });
  // Whoever had it can do nothing more.
  expect(await first.renew(mine, 50)).toBe(false);
  expect(await first.finish(mine, { status: 'completed' })).toBe(false);
  expect(await second.finish(mine, { status: 'completed' })).toBe(true);
});

it('lets nothing of an earlier revision change a job, and hands over at once what a coordinator lets go of', async () => {
  await newJob();
  const old = (await first.claimNext())!;
  await fixture.pool.query(
    `update openencoder_jobs set revision = 2, status = 'downloading', claimed_by = null where job_id = $1`,
    [old.job_id],
  );
  expect(await first.renew(old, 1)).toBe(false);
  expect(await first.set(old, { status: 'error' })).toBe(false);
  const now = { ...old, revision: 2 };
  expect(await second.claim(now)).toBeDefined();
  expect(await first.claim(now)).toBeUndefined();
  await second.releaseAll();
  expect(await first.claim(now)).toBeDefined();
  await first.finish(now, { status: 'completed' });
});

it('takes for lost what was written by a revision that is over or was cancelled, and never what is published', async () => {
  const { job_id } = await newJob();
  const row = (await first.claimNext())!;
  const output = { job_id, revision: 1, bucket: 'outbound', object_key: 'dst/o.mp4' };
  await first.addOutputs([output]);
  expect(await first.lostOutputs(10)).toEqual([]);
  await first.set(row, { status: 'cancelled' });
  expect(await first.lostOutputs(10)).toEqual([output]);
  await fixture.pool.query(
    `update openencoder_jobs set revision = 2, status = 'restarting' where job_id = $1`,
    [job_id],
  );
  expect(await first.lostOutputs(10, job_id)).toEqual([output]);
  await first.forgetOutputs(output);
  expect(await first.lostOutputs(10)).toEqual([]);
});

it('finds the copy of a source when its job is over', async () => {
  await fixture.pool.query(`update openencoder_jobs set status = 'error', staged_key = 'sources/x'`);
  await first.dropStaged();
  expect(await first.garbage(10)).toEqual(['sources/x']);
  await first.forgetGarbage(['sources/x']);
  expect(await first.garbage(10)).toEqual([]);
});

it('makes the copy of an earlier try of a source garbage when another one begins, and for its owner only', async () => {
  const { job_id } = await newJob();
  const row = (await first.claimNext())!;
  // Each try knows the row as it was when the step began.
  expect(await first.setStaged(row, 'sources/1')).toBe(true);
  expect(await first.setStaged(row, 'sources/2')).toBe(true);
  expect(await first.garbage(10)).toEqual(['sources/1']);
  expect(await second.setStaged(row, 'sources/3')).toBe(false);
  expect(await jobs.byId(job_id)).toMatchObject({ staged_key: 'sources/2' });
  await first.finish(row, { status: 'completed' });
  await first.dropStaged();
  expect((await first.garbage(10)).toSorted()).toEqual(['sources/1', 'sources/2']);
  await first.forgetGarbage(['sources/1', 'sources/2']);
});

it('knows again as lost what was finished after it had been removed, and nothing that a later revision may have written', async () => {
  const { job_id } = await newJob();
  const row = (await first.claimNext())!;
  const outputs = ['dst/1.ts', 'dst/2.ts'].map((object_key) => {
    return { job_id, revision: 1, bucket: 'outbound', object_key };
  });
  await first.addOutputs(outputs);
  await first.addLost(outputs);
  await first.set(row, { status: 'cancelled' });
  // Another coordinator removes some of them, and forgets those only.
  await second.forgetOutput(outputs[0]!);
  expect(await second.lostOutputs(10)).toEqual([outputs[1]]);
  await second.forgetOutput(outputs[1]!);
  await first.addLost(outputs);
  expect(await first.lostOutputs(10)).toEqual(outputs);
  for (const output of outputs) await first.forgetOutput(output);

  const is = (status: string) =>
    fixture.pool.query(`update openencoder_jobs set revision = 2, status = $2 where job_id = $1`, [
      job_id,
      status,
    ]);
  for (const status of ['uploading', 'completed']) {
    await is(status);
    await first.addLost(outputs);
    expect(await first.lostOutputs(10)).toEqual([]);
  }
  await is('encoding');
  await first.addLost(outputs);
  expect(await first.lostOutputs(10)).toEqual(outputs);
  for (const output of outputs) await first.forgetOutput(output);
  await is('completed');
});
