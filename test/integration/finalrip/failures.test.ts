import { afterAll, beforeAll, expect, test } from 'vitest';
import { startFinalripGrid, type FinalripGrid } from '../../support/finalrip-grid.ts';

let grid: FinalripGrid;
beforeAll(async () => {
  grid = await startFinalripGrid({ agents: 0 });
});
afterAll(() => grid.close());

const ALL = { pending: true, running: true, completed: true };

test('what nobody expected is a failure with an incident id, and the next request is served', async () => {
  const { client } = grid;
  await client.upload('a.mkv', Buffer.from('x'));
  await grid.query('alter table finalrip_tasks rename to finalrip_tasks_away');
  const answers = [
    await client.post('new', { video_key: 'a.mkv' }),
    await client.get('progress', { video_key: 'a.mkv' }),
  ];
  for (const { status, message } of answers) {
    expect([status, message]).toEqual([
      200,
      expect.stringMatching(/^internal error, incident [0-9a-f-]{36}$/),
    ]);
  }
  const list = await client.get('list', ALL);
  expect([list.status, list.message]).toEqual([200, 'Failed to list tasks']);
  await grid.query('alter table finalrip_tasks_away rename to finalrip_tasks');
  expect((await client.post('new', { video_key: 'a.mkv' })).text).toBe('{"success":true}');
});

test('a body beyond the limit is 413 with the failure envelope, however it is sent', async () => {
  const { client } = grid;
  const large = 'x'.repeat(3 * 1024 * 1024);
  for (const form of ['multipart', 'urlencoded', 'json'] as const) {
    const answer = await client.post('new', { video_key: large }, form);
    expect([answer.status, answer.body?.success, answer.message]).toEqual([
      413,
      false,
      expect.stringContaining('larger than'),
    ]);
  }
});

test('too many at once are told to come again, and the others are served', async () => {
  const answers = await Promise.all(
    Array.from({ length: 400 }, (_, i) =>
      grid.client.get('oss/presigned', { video_key: `same ${i % 2}.mkv` }),
    ),
  );
  const shed = answers.filter((answer) => answer.status === 503);
  for (const { headers, body } of shed) {
    expect([headers.get('retry-after'), body?.success]).toEqual(['5', false]);
  }
  expect(shed.length).toBeGreaterThan(0);
  expect(shed.length).toBeLessThan(400);
  expect((await grid.client.raw('/')).status).toBe(200);
});
