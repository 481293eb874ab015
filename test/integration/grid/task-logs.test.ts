import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LeaseGrant } from '../../../shared/gen/clipgrid/v1/lease.ts';
import { ApiClient } from '../../support/api-client.ts';
import { startTestCoordinator, type TestCoordinator } from '../../support/coordinator.ts';
import { FakeAgent } from '../../support/fake-agent.ts';
import { doTask } from '../../support/fake-work.ts';
import { SseReader } from '../../support/sse.ts';

let one: TestCoordinator;
let other: TestCoordinator;
let api: ApiClient;
let agent: FakeAgent;
beforeAll(async () => {
  one = await startTestCoordinator();
  other = await startTestCoordinator({ databaseUrl: one.databaseUrl });
  api = new ApiClient(one.url);
  agent = await FakeAgent.connect(one.grpcPort, { agentId: 'one', slots: 1 });
});
afterAll(async () => {
  agent.close();
  await other.close();
  await one.close();
});

async function granted(): Promise<LeaseGrant & { readonly taskId: string }> {
  const upload = await api.upload(randomBytes(10));
  const body = { upload_id: upload, encode: 'ffmpeg -i - -c:v libx264' };
  await api.ok('SubmittedJob', 'POST /jobs', { body });
  const grant = await agent.next('grant');
  return { ...grant, taskId: grant.fence?.taskId ?? '' };
}

const print = (grant: LeaseGrant, start: number, text: string): void =>
  agent.send({ $case: 'output', value: { fence: grant.fence, start, text } });

const read = async (taskId: string, query = '') => {
  const { status, body, headers } = await api.send('GET', `/tasks/${taskId}/log${query}`);
  return { status, text: body, attempt: headers.get('x-clipgrid-attempt'), headers };
};

test('is followed live on another coordinator than the agent has, and stays after the end', async () => {
  const grant = await granted();
  const { taskId } = grant;
  const reader = await SseReader.open(`${other.url}/tasks/${taskId}/log?follow=true`);
  expect(reader.response.headers['content-type']).toMatch('text/event-stream');
  // The other coordinator asks by way of the database.
  const asked = await agent.next('outputRequest');
  expect(asked).toMatchObject({ fence: grant.fence, again: false });
  expect(asked.forMs).toBeGreaterThan(5_000);
  expect(await reader.until(() => true)).toEqual([{ event: 'replace', data: { text: '' } }]);
  print(grant, 0, 'one\n');
  expect(await reader.until(() => true)).toEqual([{ event: 'replace', data: { text: 'one\n' } }]);
  print(grant, 4, 'two\n');
  expect(await reader.until(() => true)).toEqual([{ event: 'append', data: { text: 'two\n' } }]);
  // What stood between was lost: a session broke, say.
  print(grant, 100, 'late\n');
  expect(await reader.until(() => true)).toEqual([{ event: 'replace', data: { text: 'late\n' } }]);
  print(grant, 105, 'the last\n');
  await doTask(agent, grant);
  expect(await reader.until()).toEqual([
    { event: 'append', data: { text: 'the last\n' } },
    { event: 'end', data: { state: 'succeeded' } },
  ]);
  expect(await read(taskId)).toMatchObject({ status: 200, text: 'late\nthe last\n', attempt: '1' });
  const again = await SseReader.open(`${other.url}/tasks/${taskId}/log?follow=true`);
  expect((await again.until()).map((message) => message.event)).toEqual(['replace', 'end']);
  await agent
    .next('grant')
    .then((next) => agent.send({ $case: 'release', value: { fence: next.fence, reason: '' } }));
});

test('of each attempt the end is kept, at most 65,536 characters, what came before the failure too', async () => {
  const grant = await agent.next('grant');
  const taskId = grant.fence?.taskId ?? '';
  let start = 0;
  for (let i = 0; i < 6; i++) {
    const text = `${String(i).repeat(15_999)}\n`;
    print(grant, start, text);
    start += text.length;
  }
  const value = {
    fence: grant.fence,
    code: 'encoder_failed',
    message: 'boom',
    logTail: '',
    inputAtFault: false,
  };
  agent.send({ $case: 'failed', value });
  await agent.next('commitResult');
  const second = await agent.next('grant');
  expect(second.fence).toMatchObject({ taskId });
  const { text, attempt } = await read(taskId, `?attempt=${grant.fence?.epoch}`);
  expect(attempt).toBe(String(grant.fence?.epoch));
  expect(text).toHaveLength(65_536);
  expect(String(text).endsWith(`${'5'.repeat(15_999)}\n`)).toBe(true);

  // A reader waits for what the agent has to tell now.
  const reading = read(taskId);
  await agent.next('outputRequest');
  print(second, 0, 'the second\0attempt\n');
  expect(await reading).toMatchObject({
    text: 'the second\uFFFDattempt\n',
    attempt: String(second.fence?.epoch),
  });
  expect((await reading).headers.get('x-clipgrid-attempts')).toBe(
    `${grant.fence?.epoch},${second.fence?.epoch}`,
  );
  expect(await api.refused(`GET /tasks/${taskId}/log?attempt=99`)).toMatchObject({ status: 404 });

  // Of a fence that is nobody's, and of somebody else's, nothing is kept.
  const thief = await FakeAgent.connect(one.grpcPort, { agentId: 'thief', capabilities: [] });
  await thief.next('heartbeatAck');
  thief.send({ $case: 'output', value: { fence: second.fence, start: 0, text: 'stolen\n' } });
  thief.beat([]);
  await thief.next('heartbeatAck');
  print({ ...second, fence: { ...second.fence!, epoch: 77 } }, 0, 'never granted\n');
  print(second, 19, 'more\n');
  await doTask(agent, second);
  thief.close();
  const kept = await one.pool.query(
    'select text from task_logs where task_id = $1 and epoch > 1 order by epoch',
    [taskId],
  );
  expect(JSON.stringify(kept.rows)).not.toMatch(/stolen|never/);
  expect((await read(taskId)).text).toBe('the second\uFFFDattempt\nmore\n');
});

test.each(['nothing', '0190b5a0-0000-7000-8000-000000000000'])('there is no task %s', async (id) => {
  for (const query of ['', '?follow=true'])
    expect(await api.refused(`GET /tasks/${id}/log${query}`)).toMatchObject({
      status: 404,
      code: 'not_found',
    });
});

test('a wrong query is named', async () => {
  const id = '0190b5a0-0000-7000-8000-000000000000';
  for (const [query, field] of [
    ['?attempt=0', 'attempt'],
    ['?follow=yes', 'follow'],
    ['?tail=3', 'tail'],
  ])
    expect((await api.refused(`GET /tasks/${id}/log${query}`)).errors?.[0]?.field).toMatch(
      new RegExp(`${field}|^$`),
    );
});

test('of very many who follow at once, as many may as there is room for', async () => {
  const body = { upload_id: await api.upload(randomBytes(10)), encode: 'ffmpeg -i - -c:v libx264' };
  const { job_id: jobId } = await api.ok('SubmittedJob', 'POST /jobs', { body });
  const [task] = (await api.ok('JobDetail', `GET /jobs/${jobId}`)).tasks;
  const url = `${one.url}/tasks/${task?.task_id}/log?follow=true`;
  const readers = await Promise.all(Array.from({ length: 230 }, () => SseReader.open(url)));
  const statuses = readers.map(({ response }) => response.statusCode);
  expect(statuses.filter((status) => status === 200)).toHaveLength(200);
  expect(statuses.filter((status) => status === 429)).toHaveLength(30);
  // Whoever leaves makes room.
  for (const reader of readers) reader.close();
  await expect
    .poll(async () => {
      const reader = await SseReader.open(url);
      reader.close();
      return reader.response.statusCode;
    })
    .toBe(200);
});
