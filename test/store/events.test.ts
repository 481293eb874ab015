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

test('an event with a lower number, of a transaction that ends later, is told after a higher one', async () => {
  const session = await grid.agent('b');
  const jobId = await grid.encodingJob('b', session);
  const begun = async () => {
    const client = await grid.pool.connect();
    await client.query('begin');
    await client.query('select pg_current_xact_id()');
    return client;
  };
  const say = `insert into events (type, job_id) values ($1, $2) returning sequence`;
  const number = async (client: Awaited<ReturnType<typeof begun>>, type: string): Promise<number> =>
    Number((await client.query<{ sequence: number }>(say, [type, jobId])).rows[0]!.sequence);
  const older = await begun();
  const younger = await begun();
  const low = await number(younger, 'younger');
  const high = await number(older, 'older');
  expect(low).toBeLessThan(high);
  await older.query('commit');
  older.release();

  const told: { type: string; sequence: number }[] = [];
  // As a follower does: on from the last one that it was told.
  const follow = async (filter: { jobId?: string }): Promise<string | undefined> => {
    const afterSequence = told.at(-1)?.sequence ?? 0;
    told.push(...(await grid.events.after({ ...filter, afterSequence, limit: 2 })));
    return told.at(-1)?.type;
  };
  await expect.poll(() => follow({ jobId }), { timeout: 20_000 }).toBe('older');
  expect(await grid.events.head()).toBe(high);
  await younger.query('commit');
  younger.release();
  await expect.poll(() => follow({ jobId }), { timeout: 20_000 }).toBe('younger');
  expect(await grid.events.head()).toBe(low);
  expect(new Set(told.map((event) => event.sequence)).size).toBe(told.length);
  const again = await grid.events.after({ jobId, afterSequence: 0, limit: 100 });
  expect(again.map((event) => event.sequence)).toEqual(told.map((event) => event.sequence));
  // Whoever does not look at one job is told the same.
  expect((await grid.events.after({ afterSequence: high, limit: 100 })).map((event) => event.type)).toEqual([
    'younger',
  ]);
  expect(await grid.events.after({ afterSequence: low, limit: 100 })).toEqual([]);
});

test('a number whose event has been pruned goes on with those that were given later', async () => {
  await grid.reset();
  const session = await grid.agent('c');
  const jobId = await grid.encodingJob('c', session);
  const all = () => grid.events.after({ afterSequence: 0, jobId, limit: 100 });
  await expect.poll(async () => (await all()).at(-1)?.type, { timeout: 20_000 }).toBe('job.state');
  const [first, second, ...others] = await all();
  await grid.pool.query('delete from events where sequence <= $1', [second!.sequence]);
  for (const { sequence: afterSequence } of [first!, second!])
    expect(await grid.events.after({ afterSequence, jobId, limit: 100 })).toEqual(others);
  expect(await grid.events.after({ afterSequence: 10 ** 14, limit: 100 })).toEqual([]);
});
