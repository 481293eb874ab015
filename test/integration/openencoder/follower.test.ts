import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Context } from '../../../coordinator/dialects/openencoder/context.ts';
import { Follower } from '../../../coordinator/dialects/openencoder/jobs/follower.ts';
import { JobStore } from '../../../coordinator/dialects/openencoder/jobs/job-store.ts';
import { WorkStore } from '../../../coordinator/dialects/openencoder/jobs/work-store.ts';
import { systemClock } from '../../../shared/clock.ts';
import { GridError } from '../../../shared/errors.ts';
import { systemIds } from '../../../shared/ids.ts';
import { createLogger } from '../../../shared/logger.ts';
import { createGridFixture, type GridFixture } from '../../support/grid-fixture.ts';

const ids = systemIds(() => 0);
const [STUCK, ODD, CANCELLED] = [ids.uuid(), ids.uuid(), ids.uuid()];
const NOTHING = 'what ffprobe tells of the source is not understood';

let fixture: GridFixture;
let jobs: JobStore;
beforeAll(async () => {
  fixture = await createGridFixture();
  jobs = new JobStore(fixture.db);
});
afterAll(() => fixture.close());

async function newJob(guid: string, gridJobId: string): Promise<number> {
  const { job_id } = (await jobs.create({
    guid,
    preset: 'h264_baseline_360p_600',
    source: 's',
    destination: 'd',
  }))!;
  await fixture.pool.query(
    `update openencoder_jobs set status = 'probing', grid_job_id = $2 where job_id = $1`,
    [job_id, gridJobId],
  );
  return job_id;
}

/** A follower over a real database, with a grid that fails for one job, and a store that answers nothing. */
function follower(asked: () => void): Follower {
  const get = (jobId: string) => {
    if (jobId === STUCK) return Promise.reject(new GridError('internal', 'a row that cannot be read'));
    return Promise.resolve({
      state: jobId === CANCELLED ? 'cancelled' : 'indexing',
      spec: { shape: 'media' },
    });
  };
  const outcome = () => Promise.resolve({ kind: { $case: 'probe', value: { probeJson: 'none' } } });
  const remove = () => {
    asked();
    return new Promise<never>(() => undefined);
  };
  const parts = {
    db: fixture.db,
    clock: systemClock,
    logger: createLogger('silent'),
    objects: { remove, ensureBucket: () => Promise.resolve() },
    grid: {
      jobs: { get, outcome, tasks: () => Promise.resolve([]), remove: () => Promise.resolve() },
      agents: { list: () => Promise.resolve([]) },
    },
  };
  const notices = { of: () => Promise.resolve(() => Promise.resolve()) };
  const lifecycle = { onChange: () => undefined };
  const context = { parts, notices, lifecycle } as unknown as Context;
  return new Follower(context, { work: new WorkStore(fixture.db, ids.uuid()), bucket: 'b' });
}

it('goes on with all other jobs when one cannot be looked at, and while a store that is tidied does not answer', async () => {
  const stuck = await newJob('1', STUCK);
  const odd = await newJob('2', ODD);
  await fixture.pool.query(`insert into openencoder_garbage (object_key) values ('sources/old')`);
  const tidying = Promise.withResolvers<void>();
  const running = follower(tidying.resolve);
  await running.start();
  try {
    await tidying.promise;
    const last = await newJob('3', CANCELLED);
    await expect.poll(() => jobs.byId(last), { timeout: 20_000 }).toMatchObject({ status: 'cancelled' });
    // Asked again, it would be told the same.
    expect(await jobs.byId(odd)).toMatchObject({ status: 'error', error: NOTHING });
    expect(await jobs.byId(stuck)).toMatchObject({ status: 'probing' });
  } finally {
    await running.stop();
  }
});
