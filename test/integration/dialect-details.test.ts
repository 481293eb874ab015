import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { JobStore } from '../../coordinator/dialects/openencoder/jobs/job-store.ts';
import { jobDetails } from '../../coordinator/dialects/openencoder/jobs/details.ts';
import { openPool } from '../../coordinator/store/postgres/pool.ts';
import { ApiClient } from '../support/api-client.ts';
import { startTestCoordinator, type TestCoordinator } from '../support/coordinator.ts';

const TASK = '0190a000-0000-7000-8000-000000000001';

let coordinator: TestCoordinator;
let api: ApiClient;
beforeAll(async () => {
  coordinator = await startTestCoordinator();
  api = new ApiClient(coordinator.url);
});
afterAll(() => coordinator.close());

/** A job of the grid as if that dialect had submitted it. */
async function jobOf(dialect: string): Promise<string> {
  const body = { upload_id: await api.upload(randomBytes(10)), encode: 'ffmpeg -i - -c:v libx264' };
  const { job_id: id } = await api.ok('SubmittedJob', 'POST /jobs', { body });
  await coordinator.pool.query('update jobs set dialect = $2 where job_id = $1', [id, dialect]);
  return id;
}

test('a job of a dialect is told with what the dialect knows of it, one of our own with nothing', async () => {
  const details = async (id: string) => (await api.ok('JobDetail', `GET /jobs/${id}`)).dialect_details;
  expect(await details(await jobOf('grid'))).toEqual({});
  // Of a dialect that this coordinator does not serve.
  expect(await details(await jobOf('stranger'))).toEqual({});

  const film = await jobOf('finalrip');
  expect(await details(film)).toEqual({});
  await coordinator.pool.query(
    `insert into finalrip_tasks (task_id, owner_id, video_key, job_id) values ($1, 'me', 'ep 1.mkv', $2)`,
    [TASK, film],
  );
  expect(await details(film)).toEqual({ video_key: 'ep 1.mkv' });

  const [index, rung] = [await jobOf('anime'), await jobOf('anime')];
  await coordinator.pool.query(
    `insert into anime_jobs (task_id, src_path, dst_path, ladder, upscale, stage, index_job_id, anime_id)
     values ($1, 'ep1.mkv', 's1e1', '{720p}', 'never', 'ended', $2, '7')`,
    [TASK, index],
  );
  await coordinator.pool.query(
    `insert into anime_renditions (task_id, rendition, position, width, height, job_id, state)
     values ($1, '720p', 0, 1280, 720, $2, 'SUCCESS')`,
    [TASK, rung],
  );
  const job = { task_id: TASK, src_path: 'ep1.mkv', dst_path: 's1e1', anime_id: '7' };
  expect(await details(index)).toEqual({ ...job, rendition: 'index' });
  expect(await details(rung)).toEqual({ ...job, rendition: '720p (1280x720)' });
});

test("Open Encoder's are its number, preset and places", async () => {
  const id = await jobOf('openencoder');
  await coordinator.pool.query(
    `insert into openencoder_jobs (guid, preset_id, preset, source, destination, grid_job_id, status)
     select 'g1', preset_id, name, 's3:///a.mp4', 's3:///out/', $1, 'completed' from openencoder_presets
     where name = 'webm_vp9_720p_3000'`,
    [id],
  );
  const { db, pool } = openPool({
    connectionString: coordinator.databaseUrl,
    max: 1,
    onError: () => undefined,
  });
  expect(await jobDetails(new JobStore(db), id)).toEqual({
    id: '1',
    guid: 'g1',
    preset: 'webm_vp9_720p_3000',
    source: 's3:///a.mp4',
    dest: 's3:///out/',
  });
  await pool.end();
});
