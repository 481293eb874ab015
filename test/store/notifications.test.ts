import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createGridFixture, RULES, TTL_MS, type GridFixture } from '../support/grid-fixture.ts';

let grid: GridFixture;
let listener: pg.Client;
let heard: string[];
beforeAll(async () => {
  grid = await createGridFixture();
  listener = new pg.Client({ connectionString: grid.url });
  await listener.connect();
  await listener.query('listen clipgrid');
  listener.on('notification', ({ payload }) => heard.push(payload ?? ''));
});
afterAll(async () => {
  await listener.end();
  await grid.close();
});
beforeEach(async () => {
  await grid.reset();
  heard = [];
});

let marks = 0;
/** What was notified so far: notifications come in the order of their commits, so a mark tells when all have come. */
async function notified(): Promise<string[]> {
  const mark = `mark ${++marks}`;
  const came = new Promise<void>((resolve) => {
    const look = ({ payload }: pg.Notification): void => {
      if (payload !== mark) return;
      listener.off('notification', look);
      resolve();
    };
    listener.on('notification', look);
  });
  await grid.pool.query(`select pg_notify('clipgrid', $1)`, [mark]);
  await came;
  const before = heard.slice(0, heard.indexOf(mark));
  heard = [];
  return before;
}

test('L7 neither a grant, nor a renewal, nor a completion notifies, from the first task of a job to its last', async () => {
  const session = await grid.agent('a');
  const jobId = await grid.submit();
  expect(await notified()).toEqual(['{"wake":"tasks"}']);
  for (const kind of ['index', 'encode', 'encode', 'encode', 'encode', 'merge']) {
    const [task] = await grid.grant('a', session);
    expect(task!.kind).toBe(kind);
    const said = { framesDone: 1, fps: 1, phase: 'filter', logTail: '' };
    await grid.leases.renew([{ fence: task!.fence, sessionId: session, ...said }], TTL_MS);
    await grid.complete(task!);
  }
  expect((await grid.jobs.get(jobId)).state).toBe('succeeded');
  expect(await notified()).toEqual([]);
});

test('L7 a revocation wakes the coordinator that holds the session, and carries the fence that is over', async () => {
  const session = await grid.agent('a');
  const jobId = await grid.encodingJob('a', session);
  const [task] = await grid.grant('a', session);
  await notified();
  await grid.jobs.cancel(jobId);
  expect((await notified()).map((payload) => JSON.parse(payload) as unknown)).toEqual([
    { revoke: task!.fence, sessionId: session, reason: 'cancelled' },
  ]);
  await grid.jobs.retry(jobId, RULES);
  expect(await notified()).toEqual(['{"wake":"tasks"}']);
});
