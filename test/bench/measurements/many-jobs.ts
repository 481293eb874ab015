import { join } from 'node:path';
import pg from 'pg';
import type { BenchContext, Measurement, Row } from '../measurement.ts';
import { startCoordinatorProcess, type CoordinatorProcess } from '../support/coordinator.ts';
import { freePort } from '../support/process.ts';
import { restOf } from '../support/rest.ts';
import { percentile } from '../support/stats.ts';
import { uploadBytes } from '../support/upload.ts';

const JOBS = 100_000;
const QUICK_JOBS = 2_000;
const TARGET_MS = 50;
const PERSON = { username: 'bench', password: 'a password that is only for the bench' };

/** Makes so many jobs out of one that was really submitted and cancelled. */
async function makeJobs(databaseUrl: string, count: number): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query(
      `insert into jobs select (jsonb_populate_record(j, jsonb_build_object('job_id', gen_random_uuid(),
         'created_at', now() - n * interval '1 second', 'collected_at', now(),
         'state', case when n % 3 = 0 then 'failed' else 'succeeded' end))).*
       from jobs j, generate_series(1, $1::int) n`,
      [count],
    );
    await client.query('vacuum analyze jobs');
  } finally {
    await client.end();
  }
}

interface Asked {
  readonly what: string;
  readonly times: number;
  ask(): Promise<Response>;
}

/** One after another, as one person's clicks come. */
async function measure({ what, times, ask }: Asked): Promise<Row[]> {
  const waits: number[] = [];
  for (let i = -3; i < times; i++) {
    const fromMs = performance.now();
    const response = await ask();
    const body = await response.text();
    if (!response.ok) throw new Error(`${what} was answered ${response.status}: ${body.slice(0, 200)}`);
    if (i >= 0) waits.push(performance.now() - fromMs);
  }
  const target = { atMost: TARGET_MS };
  return [
    { what: `${what}, p50`, value: percentile(waits, 0.5), unit: 'ms' },
    { what: `${what}, p95`, value: percentile(waits, 0.95), unit: 'ms', target, note: `${times} times` },
  ];
}

async function submitOne(coordinator: CoordinatorProcess): Promise<void> {
  const uploadId = await uploadBytes(coordinator.api, new Uint8Array(1000));
  const body = { upload_id: uploadId, encode: 'ffmpeg -i - -c:v libx264 CLIPGRID_OUTPUT.mkv' };
  const rest = restOf(coordinator.api);
  const { job_id: jobId } = await rest.post<{ job_id: string }>('/jobs', body);
  await rest.post(`/jobs/${jobId}/cancel`, {});
}

async function run(context: BenchContext): Promise<Row[]> {
  const databaseUrl = await context.server.database();
  const port = await freePort();
  const people = `http://127.0.0.1:${port}/api`;
  const coordinator = await startCoordinatorProcess({
    folder: join(context.folder, 'many-jobs'),
    databaseUrl,
    environment: {
      CLIPGRID_OPENENCODER_PORT: String(port),
      CLIPGRID_OPENENCODER_JWT_KEY: 'a key for tokens that is only for the bench',
    },
  });
  const post = (path: string): Promise<Response> =>
    fetch(`${people}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(PERSON),
    });
  try {
    const count = context.quick ? QUICK_JOBS : JOBS;
    await submitOne(coordinator);
    await makeJobs(databaseUrl, count);
    await post('/register');
    context.say(`${count} jobs are there`);
    const times = context.quick ? 10 : 100;
    const list = (query: string) => () => fetch(`${coordinator.api}/jobs?${query}`);
    const first = await list('limit=100')();
    const { next_cursor: cursor } = (await first.json()) as { next_cursor?: string };
    if (cursor === undefined) throw new Error('the list of jobs has one page only');
    return [
      ...(await measure({ what: `sign-in by password, ${count} jobs`, times, ask: () => post('/login') })),
      ...(await measure({ what: 'first 100 of the jobs', times, ask: list('limit=100') })),
      ...(await measure({ what: 'next 100', times, ask: list(`limit=100&cursor=${cursor}`) })),
      ...(await measure({ what: 'first 100 that failed', times, ask: list('limit=100&state=failed') })),
      ...(await measure({
        what: 'the one that was cancelled',
        times,
        ask: list('limit=100&state=cancelled'),
      })),
    ];
  } finally {
    await coordinator.stop();
  }
}

export const manyJobs: Measurement = {
  name: 'many-jobs',
  about: `sign-in and lists with ${JOBS} jobs in the database`,
  run,
};
