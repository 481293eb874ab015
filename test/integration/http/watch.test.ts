import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { systemClock, type Clock } from '../../../shared/clock.ts';
import { ApiClient } from '../../support/api-client.ts';
import { startTestCoordinator, type TestCoordinator } from '../../support/coordinator.ts';
import { FakeAgent } from '../../support/fake-agent.ts';
import { doTask, workUntil } from '../../support/fake-work.ts';
import { SseReader, type SseMessage } from '../../support/sse.ts';
import { ANSWERS } from '../../../coordinator/http/operations.ts';

const STALLED_MS = 15_000;

/** Sleeps that are going on, so that a test sees what a reader that left has freed. The limit for stalled readers is over at once. */
const sleeping = new Map<number, number>();
const clock: Clock = {
  ...systemClock,
  async sleep(delayMs, signal) {
    sleeping.set(delayMs, (sleeping.get(delayMs) ?? 0) + 1);
    await systemClock.sleep(delayMs === STALLED_MS ? 300 : delayMs, signal);
    sleeping.set(delayMs, (sleeping.get(delayMs) ?? 0) - 1);
  },
};
const PROGRESS_MS = 1_000;
const watchers = (): number => sleeping.get(PROGRESS_MS) ?? 0;

let coordinator: TestCoordinator;
let api: ApiClient;
let source: string;
beforeAll(async () => {
  coordinator = await startTestCoordinator({ clock });
  api = new ApiClient(coordinator.url);
  source = await api.upload(randomBytes(100));
});
afterAll(() => coordinator.close());
beforeEach(() => coordinator.pool.query('truncate jobs cascade'));

async function submit(script = ''): Promise<string> {
  const clips = { target_seconds: 1 };
  const body = { upload_id: source, encode: 'ffmpeg -i - -c:v libx264', clips, script };
  return (await api.ok('SubmittedJob', 'POST /jobs', { body })).job_id;
}

function watch(id: string, lastEventId?: string, query = ''): Promise<SseReader> {
  const headers: Record<string, string> = lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
  return SseReader.open(`${coordinator.url}/jobs/${id}/events${query}`, headers);
}

const byId = (a: unknown, b: unknown): number =>
  (a as { task_id: string }).task_id < (b as { task_id: string }).task_id ? -1 : 1;
const eventsOf = (messages: readonly SseMessage[]): SseMessage[] =>
  messages.filter((message) => message.id !== undefined);

test('progress, every event with its number, and the end, in order', async () => {
  const id = await submit();
  const reader = await watch(id);
  expect(reader.response.headers['content-type']).toBe('text/event-stream; charset=utf-8');
  expect(reader.response.headers['cache-control']).toBe('no-store');
  // Whether the first progress or the first event comes first is open.
  const early = await reader.until((message) => message.event === 'progress');
  const before = ANSWERS.JobDetail.parse(early.at(-1)?.data);
  expect(before).toMatchObject({ job_id: id, state: 'queued' });

  const agent = await FakeAgent.connect(coordinator.grpcPort);
  const all = reader.until();
  await workUntil(agent, 'merge');
  const messages = [...early, ...(await all)];
  agent.close();

  const end = messages.at(-1);
  expect(end?.event).toBe('end');
  expect(ANSWERS.JobDetail.parse(end?.data)).toMatchObject({ state: 'succeeded', percent: 100 });
  const events = eventsOf(messages);
  const numbers = events.map((event) => Number(event.id));
  expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
  expect(new Set(numbers).size).toBe(numbers.length);
  const types = events.map((event) => event.event);
  expect(types.filter((type) => type !== 'job.created')).toEqual([
    ...['task.granted', 'task.succeeded', 'job.planned', 'job.state'],
    ...Array(4).fill(['task.granted', 'task.succeeded']).flat(),
    ...['job.state', 'task.granted', 'task.succeeded', 'job.state'],
  ]);
  const states = events.filter((event) => event.event === 'job.state').map((event) => event.data['state']);
  expect(states).toEqual(['encoding', 'merging', 'succeeded']);
});

test('Last-Event-ID goes on after that event: none twice, none missed', async () => {
  const id = await submit();
  const agent = await FakeAgent.connect(coordinator.grpcPort);
  await workUntil(agent, 'encode');
  const first = await watch(id);
  const early = eventsOf(await first.until((message) => message.event === 'job.planned'));
  first.close();
  await workUntil(agent, 'merge');
  agent.close();
  const late = eventsOf(await (await watch(id, early.at(-1)?.id)).until());
  const whole = eventsOf(await (await watch(id)).until());
  expect([...early, ...late]).toEqual(whole);
  expect(whole.at(-1)?.data).toMatchObject({ type: 'job.state', state: 'succeeded' });
});

test('with changes: the whole once, then only the tasks that changed, and no events from before', async () => {
  const id = await submit();
  const agent = await FakeAgent.connect(coordinator.grpcPort);
  await workUntil(agent, 'encode');
  const reader = await watch(id, undefined, '?changes=true');
  const first = (await reader.until((message) => message.event === 'progress')).at(-1);
  expect(ANSWERS.JobDetail.parse(first?.data).tasks).toHaveLength(5);
  await doTask(agent, await agent.next('grant'));
  const early = await reader.until((message) => message.event === 'change');
  const changed = ANSWERS.JobDetail.parse(early.at(-1)?.data).tasks;
  expect(changed.length).toBeGreaterThan(0);
  expect(changed.length).toBeLessThan(5);
  await workUntil(agent, 'merge');
  agent.close();
  const late = await reader.until();
  // A client that puts them together has what the answer of the job says.
  const tasks = new Map<unknown, unknown>();
  for (const { event, data } of [first!, ...early, ...late])
    if (['progress', 'change'].includes(event))
      for (const task of data['tasks'] as { task_id: string }[]) tasks.set(task.task_id, task);
  const now = await api.ok('JobDetail', `GET /jobs/${id}`);
  expect([...tasks.values()].toSorted(byId)).toEqual([...now.tasks].toSorted(byId));
  expect(late.at(-1)).toMatchObject({ event: 'end', data: { state: 'succeeded', tasks: [] } });
  const seen = eventsOf([...early, ...late]).map((message) => message.event);
  expect(seen).toContain('task.succeeded');
  expect(seen).not.toContain('job.created');
  const ended = await (await watch(id, undefined, '?changes=true')).until();
  expect(ended.map((message) => message.event)).toEqual(['head', 'progress', 'end']);
  expect(ANSWERS.JobDetail.parse(ended[0]?.data)).toMatchObject({ job_id: id, tasks: [] });
});

test('with changes: also of a job with a long script', async () => {
  const script = `# ${'long '.repeat(50_000)}`;
  const id = await submit(script);
  await api.ok('Job', `POST /jobs/${id}/cancel`);
  const messages = await (await watch(id, undefined, '?changes=true')).until();
  expect(messages.map((message) => message.event)).toEqual(['head', 'progress', 'end']);
  expect(messages[0]?.data).toMatchObject({ script });
});

test('of a job that has ended: its events and the end', async () => {
  const id = await submit();
  await api.ok('Job', `POST /jobs/${id}/cancel`);
  const messages = await (await watch(id)).until();
  expect(messages.map((message) => message.event)).toEqual(['job.created', 'job.state', 'end']);
});

test('a job that is deleted ends its watches', async () => {
  const id = await submit();
  const reader = await watch(id);
  await reader.until((message) => message.event === 'progress');
  const rest = reader.until();
  await api.send('DELETE', `/jobs/${id}`);
  expect((await rest).map((message) => message.event)).not.toContain('end');
});

test.each(['x', '-1', '1.5', '1e3', '9'.repeat(30)])('Last-Event-ID %s is refused', async (value) => {
  const refused = await api.refused(`GET /jobs/${await submit()}/events`, {
    headers: { 'last-event-id': value },
  });
  expect(refused).toMatchObject({ status: 400, errors: [{ field: 'Last-Event-ID', value }] });
});

test('of an unknown job is 404', async () => {
  expect((await api.refused('GET /jobs/unknown/events')).status).toBe(404);
});

test('a client that leaves frees its watch', async () => {
  const id = await submit();
  const readers = await Promise.all(Array.from({ length: 5 }, () => watch(id)));
  for (const reader of readers) await reader.until((message) => message.event === 'progress');
  // All watchers of a job share what they wait for.
  await vi.waitFor(() => expect(watchers()).toBe(1));
  for (const reader of readers.slice(1)) reader.close();
  await api.ok('Job', `POST /jobs/${id}/cancel`);
  expect((await readers[0]?.until())?.at(-1)?.event).toBe('end');
  await vi.waitFor(() => expect(watchers()).toBe(0));
});

test('a reader that does not read is let go; one that reads gets all there is, however much', async () => {
  const id = await submit();
  const count = 20_000;
  await coordinator.pool.query(
    `insert into events (type, job_id, data) select 'task.failed', $1, jsonb_build_object('n', n, 'log', repeat('x', 1000))
     from generate_series(1, ${count}) n`,
    [id],
  );
  const socket = connect(coordinator.httpPort, '127.0.0.1');
  await once(socket, 'connect');
  socket.write(`GET /api/v1/jobs/${id}/events HTTP/1.1\r\nHost: x\r\n\r\n`);
  await once(socket, 'readable');
  await vi.waitFor(() => expect(sleeping.get(STALLED_MS) ?? 0).toBeGreaterThan(0), 20_000);
  await vi.waitFor(() => expect(watchers() + (sleeping.get(STALLED_MS) ?? 0)).toBe(0), 20_000);
  socket.destroy();

  await api.ok('Job', `POST /jobs/${id}/cancel`);
  const events = eventsOf(await (await watch(id)).until());
  expect(events.filter((event) => event.event === 'task.failed')).toHaveLength(count);
});

test('a failed task is told with its reason, and the task that is tried again', async () => {
  const id = await submit();
  const agent = await FakeAgent.connect(coordinator.grpcPort);
  const { fence } = await agent.next('grant');
  const said = { code: 'disk_full', message: 'no room', logTail: '' };
  agent.send({ $case: 'failed', value: { fence, ...said, inputAtFault: false } });
  await doTask(agent, await agent.next('grant'));
  const reader = await watch(id);
  const events = await reader.until((message) => message.event === 'task.failed');
  expect(events.at(-1)?.data).toMatchObject({ code: 'disk_full', message: 'no room', agent_id: 'fake' });
  reader.close();
  agent.close();
});
