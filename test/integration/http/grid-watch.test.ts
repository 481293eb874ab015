import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createAccounts } from '../../../coordinator/grid/accounts.ts';
import { ANSWERS } from '../../../coordinator/http/operations.ts';
import { openPool } from '../../../coordinator/store/postgres/pool.ts';
import { postgresTokenStore } from '../../../coordinator/store/postgres/token-store.ts';
import { systemClock, type Clock } from '../../../shared/clock.ts';
import { systemIds } from '../../../shared/ids.ts';
import { ApiClient } from '../../support/api-client.ts';
import { ADMIN_TOKEN, startTestCoordinator, type TestCoordinator } from '../../support/coordinator.ts';
import { FakeAgent } from '../../support/fake-agent.ts';
import { doTask, workUntil } from '../../support/fake-work.ts';
import { SseReader, type SseMessage } from '../../support/sse.ts';

const STALLED_MS = 15_000;
/** Stalled readers that are waited for; the limit is over sooner than it is. */
let stalled = 0;
const clock: Clock = {
  ...systemClock,
  async sleep(delayMs, signal) {
    if (delayMs !== STALLED_MS) return systemClock.sleep(delayMs, signal);
    stalled++;
    await systemClock.sleep(300, signal);
  },
};

let coordinator: TestCoordinator;
let api: ApiClient;
let source: string;
const tokens = new Map<string, string>([['admin', ADMIN_TOKEN]]);
beforeAll(async () => {
  coordinator = await startTestCoordinator({ auth: 'token', clock });
  const { db, pool } = openPool({
    connectionString: coordinator.databaseUrl,
    max: 1,
    onError: () => undefined,
  });
  const accounts = createAccounts(
    postgresTokenStore(db),
    systemIds(() => Date.now()),
  );
  for (const [ownerId, scope] of [
    ['ann', 'submit'],
    ['bob', 'read'],
  ] as const)
    tokens.set(ownerId, (await accounts.createToken({ ownerId, name: ownerId, scopes: [scope] })).secret);
  await pool.end();
  api = new ApiClient(coordinator.url, tokens.get('ann'));
  source = await api.upload(randomBytes(100));
});
afterAll(() => coordinator.close());

async function submit(name: string): Promise<string> {
  const body = { upload_id: source, encode: 'ffmpeg -i - -c:v libx264', name, clips: { target_seconds: 1 } };
  return (await api.ok('SubmittedJob', 'POST /jobs', { body })).job_id;
}

function watch(who: string): Promise<SseReader> {
  return SseReader.open(`${coordinator.url}/events`, { authorization: `Bearer ${tokens.get(who)}` });
}

type JobsData = { jobs: { job_id: string; state: string }[]; removed: string[] };
type AgentsData = { agents: Record<string, unknown>[]; removed: string[] };

const jobsOf = ({ event, data }: SseMessage): JobsData =>
  event === 'jobs' ? (data as JobsData) : { jobs: [], removed: [] };
const agentsOf = ({ event, data }: SseMessage): Record<string, unknown>[] =>
  event === 'agents' ? (data as AgentsData).agents : [];

test('hello, then each job that changes, for whoever may see it; agents and figures for everybody', async () => {
  const readers = { admin: await watch('admin'), ann: await watch('ann'), bob: await watch('bob') };
  expect(readers.bob.response.headers['content-type']).toBe('text/event-stream; charset=utf-8');
  for (const reader of Object.values(readers)) {
    const [hello] = await reader.until(({ event }) => event === 'hello');
    expect(ANSWERS.Grid.parse(hello?.data)).toMatchObject({ agents_online: 0, jobs: { queued: 0 } });
  }
  const id = await submit('watched.mkv');
  const agent = await FakeAgent.connect(coordinator.grpcPort, { token: ADMIN_TOKEN });
  const ended = (message: SseMessage): boolean =>
    jobsOf(message).jobs.some((job) => job.job_id === id && job.state === 'succeeded');
  const [told, own] = [readers.admin.until(ended), readers.ann.until(ended)];
  await workUntil(agent, 'merge');
  for (const messages of [await told, await own]) {
    const jobs = messages.flatMap((message) => jobsOf(message).jobs);
    const last = ANSWERS.Job.omit({ script: true }).parse(jobs.at(-1));
    expect(last).toMatchObject({ job_id: id, name: 'watched.mkv', percent: 100, owner: 'ann' });
  }
  const gone = (message: SseMessage): boolean => jobsOf(message).removed.includes(id);
  const removed = [readers.admin.until(gone), readers.ann.until(gone)];
  await api.send('DELETE', `/jobs/${id}`);
  await Promise.all(removed);

  const awaited = new Set(['agents', 'grid']);
  const others = await readers.bob.until((message) => {
    if (agentsOf(message).length > 0) awaited.delete('agents');
    if (message.event === 'grid' && message.data['agents_online'] === 1) awaited.delete('grid');
    return awaited.size === 0;
  });
  expect(others.flatMap(agentsOf)[0]).toMatchObject({ agent_id: 'fake', state: 'online' });
  expect(others.filter(({ event }) => event === 'jobs')).toEqual([]);
  ANSWERS.Agent.parse(others.flatMap(agentsOf)[0]);

  // Of an agent that is known: its id and what is different.
  await new ApiClient(coordinator.url, ADMIN_TOKEN).ok('Agent', 'POST /agents/fake/drain', { body: {} });
  const drained = await readers.bob.until((message) =>
    agentsOf(message).some((one) => one['state'] === 'draining'),
  );
  const change = drained.flatMap(agentsOf).find((one) => one['state'] === 'draining');
  expect(change).toMatchObject({ agent_id: 'fake' });
  expect(change).not.toHaveProperty('capabilities');
  for (const reader of Object.values(readers)) reader.close();
  agent.close();
});

test('of very many changes each job is told, to a reader that reads; one that does not is let go', async () => {
  const count = 6_000;
  const reader = await watch('ann');
  await reader.until(({ event }) => event === 'hello');
  const socket = connect(coordinator.httpPort, '127.0.0.1');
  await once(socket, 'connect');
  const auth = `Authorization: Bearer ${tokens.get('ann')}`;
  socket.write(`GET /api/v1/events HTTP/1.1\r\nHost: x\r\n${auth}\r\n\r\n`);
  await once(socket, 'readable');

  const id = await submit('copied.mkv');
  const seen = new Set<string>();
  const all = reader.until((message) => {
    for (const job of jobsOf(message).jobs) seen.add(job.job_id);
    return seen.size === count + 1;
  });
  await coordinator.pool.query(
    `with made as (
       insert into jobs (job_id, owner_id, dialect, name, state, priority, spec, spec_hash)
       select gen_random_uuid(), owner_id, dialect, repeat('long name ', 50), state, priority, spec, spec_hash
       from jobs, generate_series(1, ${count}) where job_id = $1 returning job_id, owner_id)
     insert into events (type, job_id, owner_id) select 'job.created', job_id, owner_id from made`,
    [id],
  );
  await all;
  reader.close();
  await vi.waitFor(() => expect(stalled).toBeGreaterThan(0), 20_000);
  await vi.waitFor(
    () => expect(socket.readableEnded || socket.destroyed || sawEnd(socket)).toBe(true),
    20_000,
  );
  socket.destroy();
  await coordinator.pool.query('truncate jobs cascade');
}, 60_000);

/** Reads what is left; the server has closed it. */
function sawEnd(socket: ReturnType<typeof connect>): boolean {
  while (socket.read() !== null);
  return socket.readableEnded || socket.closed;
}

test('tasks by page and one by one, what happened to a job, and its figures', async () => {
  const id = await submit('paged.mkv');
  const agent = await FakeAgent.connect(coordinator.grpcPort, { token: ADMIN_TOKEN, agentId: 'worker' });
  await doTask(agent, await agent.next('grant'));
  await agent.next('grant');
  const pages = [];
  let cursor = '';
  do {
    const page = await api.ok('TaskList', `GET /jobs/${id}/tasks?limit=2${cursor}`);
    pages.push(page.tasks);
    cursor = page.next_cursor === null ? '' : `&cursor=${page.next_cursor}`;
  } while (cursor !== '');
  const tasks = pages.flat();
  expect(pages.map((page) => page.length)).toEqual([2, 2, 1]);
  expect(tasks.map(({ kind, clip_index: clip }) => [kind, clip])).toEqual([
    ['index', null],
    ...[0, 1, 2, 3].map((clip) => ['encode', clip]),
  ]);
  expect(tasks[0]).toMatchObject({ state: 'succeeded', job_id: id, size_bytes: expect.any(Number) });
  expect((await api.refused(`GET /jobs/${id}/tasks?cursor=x`)).errors?.[0]?.field).toBe('cursor');

  const running = tasks.find((task) => task.state === 'leased');
  const one = await api.ok('Task', `GET /tasks/${running?.task_id}`);
  expect(one).toMatchObject({ agent: 'worker', finished_at: null, granted_at: expect.any(String) });
  const bob = api.as(tokens.get('bob') ?? '');
  expect(await bob.refused(`GET /tasks/${one.task_id}`)).toMatchObject({ status: 404, code: 'not_found' });
  const again = await api.ok('Task', `POST /tasks/${one.task_id}/retry`);
  expect(again.epoch).toBe(one.epoch + 1);
  await api.ok('Task', `POST /tasks/${one.task_id}/cancel`);
  expect((await api.ok('JobDetail', `GET /jobs/${id}`)).failure).toMatchObject({ code: 'cancelled' });

  const first = await api.ok('JobHistory', `GET /jobs/${id}/history?limit=3`);
  const rest = await api.ok('JobHistory', `GET /jobs/${id}/history?cursor=${first.next_cursor}`);
  const events = [...first.events, ...rest.events];
  expect(rest.next_cursor).toBeNull();
  expect(events[0]).toMatchObject({ type: 'job.state', data: { state: 'failed' } });
  expect(events.at(-1)).toMatchObject({ type: 'job.created', agent: null });
  expect(events.find(({ type }) => type === 'task.granted')).toMatchObject({ agent: 'worker' });
  const { events: mine } = await api.ok('JobHistory', `GET /jobs/${id}/history?task_id=${one.task_id}`);
  expect(mine).toEqual(events.filter(({ task_id: task }) => task === one.task_id));
  expect(mine.length).toBeGreaterThan(0);
  const numbers = events.map(({ sequence }) => sequence);
  expect(numbers).toEqual(numbers.toSorted((a, b) => b - a));
  expect((await bob.refused(`GET /jobs/${id}/history`)).status).toBe(404);
  expect((await api.refused(`GET /jobs/${id}/history?cursor=%27`)).errors?.[0]?.field).toBe('cursor');
  agent.close();

  const named = await api.ok('JobList', 'GET /jobs?name=PAGED&dialect=grid&state=failed');
  expect(named.jobs.map((job) => job.job_id)).toEqual([id]);
  for (const none of ['name=%25', 'dialect=finalrip', 'state=queued'])
    expect((await api.ok('JobList', `GET /jobs?${none}`)).jobs).toEqual([]);

  const now = await api.ok('Grid', 'GET /grid');
  expect(now).toMatchObject({ tasks_running: 0, jobs: { failed: 1, succeeded: 0 } });
  await vi.waitFor(async () => {
    const { interval_s: interval, samples } = await api.ok('GridHistory', 'GET /grid/history?minutes=5');
    expect(interval).toBe(10);
    expect(samples.length).toBeGreaterThan(0);
  }, 20_000);
  const day = await api.ok('GridHistory', 'GET /grid/history?minutes=1440');
  expect(day.interval_s).toBe(120);
  expect((await api.refused('GET /grid/history?minutes=1441')).errors?.[0]?.field).toBe('minutes');
});
