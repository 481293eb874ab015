import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { plainFilm } from '../support/films.ts';
import { Processes } from '../support/processes.ts';
import { slowScript } from '../support/scripts.ts';

// Real processes, started three times.
vi.setConfig({ testTimeout: 200_000 });

const ENCODE = 'ffmpeg -i - -c:v libx264 -preset ultrafast CLIPGRID_OUTPUT.mkv';
const SLOW = slowScript('CLIPGRID_SOURCE', 0.08);

let grid: Processes;
let film: string;
const backup = `backup_${randomBytes(6).toString('hex')}`;

/** PostgreSQL's copy of a whole database stands for pg_dump, which the embedded server does not bring. */
async function asAdmin(...statements: string[]): Promise<void> {
  const client = new pg.Client({ connectionString: inject('postgresUrl') });
  await client.connect();
  for (const statement of statements) await client.query(statement);
  await client.end();
}

beforeAll(async () => {
  grid = await Processes.start({ agents: 2 });
  film = plainFilm(grid.folder, 6);
});
afterAll(async () => {
  await grid.close();
  await asAdmin(`drop database if exists ${backup} with (force)`);
});

test('restored to a moment in the middle of a job, the grid does again what came after it', async () => {
  const { program } = grid.coordinator;
  const name = new URL(grid.database.url).pathname.slice(1);
  const earlier = await grid.api.submit(film, { encode: ENCODE });
  expect((await earlier.ended()).state).toBe('succeeded');
  const running = await grid.api.submit(film, { script: SLOW, encode: ENCODE, clips: { target_seconds: 3 } });
  await running.midClip();

  await program.stop();
  await asAdmin(`create database ${backup} template ${name} strategy file_copy`);
  await program.start();
  expect((await running.ended()).state).toBe('succeeded');
  const after = await grid.api.submit(film, { encode: ENCODE });
  expect((await after.ended()).state).toBe('succeeded');

  await program.stop();
  await asAdmin(`drop database ${name} with (force)`, `create database ${name} template ${backup}`);
  await program.start();

  const { jobs } = await grid.api.call<{ jobs: { job_id: string }[] }>('/jobs');
  // Acknowledged after the backup: what a restore cannot give back, and why backups are to be frequent.
  expect(jobs.map((job) => job.job_id)).toEqual([running.jobId, earlier.jobId]);
  const again = grid.api.watch(running.jobId);
  const ended = await again.ended();
  expect(ended.failure).toBeNull();
  expect(ended.state).toBe('succeeded');
  await grid.api.download(running.jobId, `${grid.folder}/again.mkv`);
  await grid.api.download(earlier.jobId, `${grid.folder}/earlier.mkv`);
});
