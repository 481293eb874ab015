import { afterAll, beforeAll, expect, test } from 'vitest';
import { createGridFixture, type GridFixture } from '../support/grid-fixture.ts';

let grid: GridFixture;
beforeAll(async () => {
  grid = await createGridFixture();
});
afterAll(() => grid.close());

test('events come in order, without gaps, and only of settled transactions', async () => {
  const session = await grid.agent('a');
  const jobId = await grid.encodingJob('a', session);
  const client = await grid.pool.connect();
  await client.query('begin');
  await client.query(`insert into events (type, job_id) values ('held.back', $1)`, [jobId]);
  await grid.jobs.cancel(jobId);
  const before = await grid.events.after({ afterSequence: 0, jobId, limit: 100 });
  expect(before.map((event) => event.type)).not.toContain('held.back');
  await client.query('commit');
  client.release();
  // Transactions of other tests on the same server hold them back, too, and end by themselves.
  const all = () => grid.events.after({ afterSequence: 0, jobId, limit: 100 });
  await expect
    .poll(async () => (await all()).map((event) => event.type), { timeout: 20_000 })
    .toEqual([
      'job.created',
      'task.granted',
      'task.succeeded',
      'job.planned',
      'job.state',
      'held.back',
      'job.state',
    ]);
});
