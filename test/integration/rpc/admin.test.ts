import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { DynamicAgent } from '../../support/dynamic-agent.ts';
import { dynamicClient, endOf, failureOf, type Dynamic } from '../../support/grpc-client.ts';
import { completeIndex, emptyGrid, submitJob } from '../../support/rpc-jobs.ts';
import { PASS_THROUGH } from '../../support/grid-fixture.ts';
import { startRunningGrid, type RunningGrid } from '../../support/running-grid.ts';

const NOBODY = '00000000-0000-7000-8000-000000000000';
let running: RunningGrid;
let admin: ReturnType<typeof dynamicClient>;
beforeAll(async () => {
  running = await startRunningGrid({ agents: 0 });
  admin = dynamicClient('clipgrid.v1.AdminService', running.rpc.port);
});
afterAll(async () => {
  admin.close();
  await running.close();
});
beforeEach(() => emptyGrid(running));

/** A job of `seconds` clips, planned by an agent that leaves again. */
async function plannedJob(seconds: number): Promise<string> {
  const agent = new DynamicAgent(running.rpc.port);
  await agent.greet();
  const jobId = await submitJob(running);
  const { fence } = await agent.next('grant', (grant) => grant['job_id'] === jobId);
  agent.send({ drain: { reason: 'one task is enough' } });
  await completeIndex(agent, fence as Dynamic, seconds);
  agent.close();
  return jobId;
}

test('jobs are listed newest first, page by page, each once', async () => {
  const ids: string[] = [];
  for (let i = 0; i < 5; i++) ids.unshift(await submitJob(running));
  const seen: string[] = [];
  const sizes: number[] = [];
  let token = '';
  do {
    const page = await admin.call('ListJobs', { page_size: 2, page_token: token });
    const jobs = page['jobs'] as { job_id: string }[];
    seen.push(...jobs.map((job) => job.job_id));
    sizes.push(jobs.length);
    token = String(page['next_page_token']);
  } while (token !== '');
  expect(seen).toEqual(ids);
  expect(sizes).toEqual([2, 2, 1]);
});

test('jobs are listed by state', async () => {
  const [kept, cancelled] = [await submitJob(running), await submitJob(running)];
  await admin.call('CancelJob', { job_id: cancelled });
  const list = async (states: string[]) => {
    const { jobs } = await admin.call('ListJobs', { states });
    return (jobs as { job_id: string }[]).map((job) => job.job_id);
  };
  expect(await list(['cancelled'])).toEqual([cancelled]);
  expect(await list(['queued'])).toEqual([kept]);
  expect(await list(['queued', 'cancelled', 'cancelled'])).toEqual([cancelled, kept]);
  expect(await list([])).toEqual([cancelled, kept]);
});

test('tasks are listed in their order, page by page, each once', async () => {
  const jobId = await plannedJob(4);
  const seen: unknown[] = [];
  let token = '';
  do {
    const page = await admin.call('ListTasks', { job_id: jobId, page_size: 2, page_token: token });
    seen.push(...(page['tasks'] as Dynamic[]).map((task) => [task['kind'], task['clip_index'] ?? null]));
    token = String(page['next_page_token']);
  } while (token !== '');
  expect(seen).toEqual([
    ['index', null],
    ['encode', 0],
    ['encode', 1],
    ['encode', 2],
    ['encode', 3],
  ]);
});

test('agents are listed by name, page by page, each once', async () => {
  const agents = ['c', 'a', 'b'].map(
    (name) => new DynamicAgent(running.rpc.port, { agentId: `agent-${name}` }),
  );
  await Promise.all(agents.map((agent) => agent.greet()));
  const first = await admin.call('ListAgents', { page_size: 2 });
  expect((first['agents'] as Dynamic[]).map((agent) => agent['agent_id'])).toEqual(['agent-a', 'agent-b']);
  const rest = await admin.call('ListAgents', { page_size: 2, page_token: first['next_page_token'] });
  expect((rest['agents'] as Dynamic[]).map((agent) => agent['agent_id'])).toEqual(['agent-c']);
  expect(rest['next_page_token']).toBe('');
  for (const agent of agents) agent.close();
});

test('a job is cancelled, retried, and cancelled by one of its tasks', async () => {
  const jobId = await submitJob(running);
  expect(await admin.call('CancelJob', { job_id: jobId })).toMatchObject({ job: { state: 'cancelled' } });
  expect(await failureOf(admin.call('CancelJob', { job_id: jobId }))).toMatchObject({
    status: 'FAILED_PRECONDITION',
    code: 'failed_precondition',
  });
  expect(await admin.call('RetryJob', { job_id: jobId })).toMatchObject({ job: { state: 'queued' } });
  expect(await failureOf(admin.call('RetryJob', { job_id: jobId }))).toMatchObject({
    status: 'FAILED_PRECONDITION',
    details: `job ${jobId} is indexing: only a failed or cancelled job can be retried`,
  });
  const { tasks } = await admin.call('GetJob', { job_id: jobId });
  const taskId = (tasks as Dynamic[])[0]!['task_id'];
  expect(await failureOf(admin.call('RetryTask', { task_id: taskId }))).toMatchObject({
    status: 'FAILED_PRECONDITION',
  });
  expect(await admin.call('CancelTask', { task_id: taskId })).toMatchObject({ task: { state: 'cancelled' } });
  expect(await admin.call('GetJob', { job_id: jobId })).toMatchObject({
    job: {
      state: 'failed',
      failure: { code: 'cancelled', message: 'an administrator cancelled the index task' },
    },
  });
});

test('a waiting job and a waiting task say why, in words', async () => {
  const command = {
    text: 'x',
    programs: [['ffmpeg', '-c:v', 'hevc_nvenc', 'OUT.mkv']],
    outputName: 'OUT.mkv',
  };
  const jobId = await submitJob(running, { spec: { command } });
  expect(await admin.call('ExplainWaiting', { job_id: jobId })).toEqual({
    reason: 'no agent is online: start one with `clipgrid agent --coordinator HOST:PORT`',
  });
  const agent = new DynamicAgent(running.rpc.port);
  await agent.greet();
  const fence = (await agent.next('grant'))['fence'] as Dynamic;
  const reason = 'none of the 1 agents online has the encoder hevc_nvenc, proved by encoding a frame';
  // At once, while its index is still being made.
  expect(await admin.call('ExplainWaiting', { job_id: jobId })).toEqual({ reason });
  expect(await admin.call('ExplainWaiting', { task_id: fence['task_id'] })).toEqual({ reason: '' });
  await completeIndex(agent, fence, 2);
  const { tasks } = await admin.call('ListTasks', { job_id: jobId });
  const clip = (tasks as Dynamic[]).find((task) => task['kind'] === 'encode')!;
  expect(await admin.call('ExplainWaiting', { task_id: clip['task_id'] })).toEqual({ reason });
  agent.close();
});

test('events are watched from a sequence number on, live, and in order', async () => {
  const first = await submitJob(running);
  const { rows } = await running.pool.query<{ sequence: number }>(
    'select min(sequence) as sequence from events',
  );
  const stream = admin.watch('WatchEvents', { after_sequence: rows[0]!.sequence });
  const end = endOf(stream);
  const events: Dynamic[] = [];
  const both = new Promise<void>((resolve) => {
    stream.on('data', ({ event }: { event: Dynamic }) => {
      events.push(event);
      if (events.length === 2) resolve();
    });
  });
  await running.grid.jobs.cancel(first);
  const second = await submitJob(running);
  await both;
  stream.cancel();
  expect(events).toMatchObject([
    { type: 'job.state', job_id: first, data_json: expect.stringContaining('"cancelled"') as string },
    { type: 'job.created', job_id: second },
  ]);
  expect(await end).toMatchObject({ status: 'CANCELLED' });
});

test('a job tells whether parts of its clips are saved, and why not', async () => {
  const command = { text: 'x', programs: [['x265', '-o', 'OUT.mkv', '-']], outputName: 'OUT.mkv' };
  const [saved, whole] = [await submitJob(running), await submitJob(running, { spec: { command } })];
  const salvage = async (jobId: string) => {
    const { job } = await admin.call('GetJob', { job_id: jobId });
    return (job as Dynamic)['salvage'];
  };
  expect(await salvage(saved)).toBe('yes');
  expect(await salvage(whole)).toBe('no, because x265 writes no Matroska that can be read while it grows');
});

test('a join token is made, listed, lets a machine in, and is revoked; the machine stays until it is revoked, too', async () => {
  const { token, secret } = await admin.call('CreateJoinToken', { uses: 3, expires_seconds: 3600 });
  const tokenId = (token as Dynamic)['token_id'];
  expect(token).toMatchObject({ state: 'valid', uses: 3, used: 0, created_by: 'local/none' });
  const publicKey = randomBytes(32);
  const agentId = await running.grid.enrolment.enrol({ joinToken: String(secret), publicKey, name: 'new' });
  const listed = async () =>
    ((await admin.call('ListJoinTokens'))['tokens'] as Dynamic[]).find((one) => one['token_id'] === tokenId);
  expect(await listed()).toMatchObject({ state: 'valid', used: 1 });
  expect(JSON.stringify(await admin.call('ListJoinTokens'))).not.toContain(secret);
  await admin.call('RevokeJoinToken', { token_id: tokenId });
  expect(await listed()).toMatchObject({ state: 'revoked', used: 1 });
  const again = running.grid.enrolment.enrol({
    joinToken: String(secret),
    publicKey: randomBytes(32),
    name: 'x',
  });
  await expect(again).rejects.toMatchObject({ code: 'permission_denied' });
  expect(await admin.call('RevokeAgent', { agent_id: agentId })).toEqual({});
});

test('what a join token does not say is one machine within a day', async () => {
  const { token } = await admin.call('CreateJoinToken', {});
  const { uses, create_time: created, expire_time: expires } = token as Record<string, Dynamic>;
  expect(uses).toBe(1);
  expect(Number(expires!['seconds']) - Number(created!['seconds'])).toBe(24 * 3600);
});

test('join tokens are listed newest first, page by page, each once', async () => {
  const ids: unknown[] = [];
  for (let i = 0; i < 3; i++)
    ids.unshift(((await admin.call('CreateJoinToken'))['token'] as Dynamic)['token_id']);
  const seen: unknown[] = [];
  let token = '';
  do {
    const page = await admin.call('ListJoinTokens', { page_size: 2, page_token: token });
    seen.push(...(page['tokens'] as Dynamic[]).map((one) => one['token_id']));
    token = String(page['next_page_token']);
  } while (token !== '');
  expect(seen.slice(0, 3)).toEqual(ids);
  expect(new Set(seen).size).toBe(seen.length);
});

test('a revoked agent is listed as revoked', async () => {
  const agent = new DynamicAgent(running.rpc.port);
  await agent.greet();
  expect(await admin.call('GetAgent', { agent_id: agent.agentId })).toMatchObject({
    agent: { state: 'online' },
  });
  await admin.call('RevokeAgent', { agent_id: agent.agentId });
  const { agents } = await admin.call('ListAgents');
  expect(agents).toContainEqual(expect.objectContaining({ agent_id: agent.agentId, state: 'revoked' }));
  agent.close();
});

test('a film is uploaded, submitted, found by its name, told of, and removed', async () => {
  const created = await admin.call('CreateUpload', { name: 'Night 漢.mkv', size_bytes: 10 });
  const { upload_id: uploadId } = created['upload'] as { upload_id: string };
  const body = {
    upload_id: uploadId,
    encode: 'ffmpeg -i - -c:v libx264',
    script: 'x = 1',
    target_seconds: 2,
  };
  expect(await failureOf(admin.call('SubmitJob', body))).toMatchObject({ status: 'FAILED_PRECONDITION' });
  const put = await fetch(String(created['url']), {
    method: 'PUT',
    headers: created['headers'] as Record<string, string>,
    body: randomBytes(10),
  });
  expect(put.status).toBe(200);
  expect(await admin.call('CompleteUpload', { upload_id: uploadId })).toMatchObject({
    upload: { state: 'complete', size_bytes: 10 },
  });
  const submitted = await admin.call('SubmitJob', { ...body, idempotency_key: 'k' });
  const again = await admin.call('SubmitJob', { ...body, idempotency_key: 'k' });
  const { job_id: jobId } = submitted['job'] as { job_id: string };
  expect(again['job']).toMatchObject({ job_id: jobId });
  expect(submitted['waiting']).toContain('no agent is online');
  expect(await admin.call('GetJob', { job_id: jobId })).toMatchObject({
    job: { name: 'Night 漢.mkv', dialect: 'grid', script: 'x = 1', encode: body.encode, upload_id: uploadId },
    dialect_details: {},
  });
  expect((await admin.call('ListJobs', { name: 'NIGHT', dialect: 'grid' }))['jobs']).toMatchObject([
    { job_id: jobId, script: '' },
  ]);
  expect((await admin.call('ListJobs', { name: 'day' }))['jobs']).toEqual([]);
  expect(await admin.call('GetGrid')).toMatchObject({ figures: { tasks_ready: 1 }, jobs: { queued: 1 } });
  expect((await admin.call('ListJobEvents', { job_id: jobId }))['events']).toMatchObject([
    { type: 'job.created', job_id: jobId },
  ]);
  await admin.call('DeleteJob', { job_id: jobId });
  expect(await failureOf(admin.call('GetJob', { job_id: jobId }))).toMatchObject({ status: 'NOT_FOUND' });
});

test("a dialect's job has what the dialect knows of it", async () => {
  const source = await running.putSource('LICENSE');
  const job = { ownerId: 'me', dialect: 'other', name: 'a.mkv', priority: 0 };
  const { jobId } = await running.grid.jobs.submit({ ...job, spec: { ...PASS_THROUGH, source } });
  expect(await admin.call('GetJob', { job_id: jobId })).toMatchObject({
    dialect_details: { told: 'by the dialect' },
  });
});

/** What is wrong, with which call, and what the answer must say. */
const WRONG: readonly [call: string, request: Dynamic, status: string, words: string][] = [
  ['GetJob', { job_id: NOBODY }, 'NOT_FOUND', `there is no job ${NOBODY}`],
  ['GetJob', { job_id: 'x' }, 'NOT_FOUND', 'there is no job x'],
  ['GetJob', {}, 'NOT_FOUND', 'there is no job '],
  ['CancelJob', { job_id: NOBODY }, 'NOT_FOUND', NOBODY],
  ['RetryJob', { job_id: `${NOBODY}\0` }, 'NOT_FOUND', NOBODY],
  ['CreateUpload', {}, 'INVALID_ARGUMENT', 'name is "": '],
  ['SignUploadParts', { upload_id: NOBODY }, 'INVALID_ARGUMENT', 'parts is []: '],
  ['SubmitJob', { upload_id: 'x' }, 'INVALID_ARGUMENT', 'upload_id is "x": '],
  ['SubmitJob', { upload_id: NOBODY, encode: 'rm -rf' }, 'NOT_FOUND', NOBODY],
  [
    'SubmitJob',
    { upload_id: NOBODY, encode: 'x', container: 'avi' },
    'INVALID_ARGUMENT',
    'container is "avi": ',
  ],
  ['DeleteJob', { job_id: NOBODY }, 'NOT_FOUND', NOBODY],
  ['GetResult', { job_id: NOBODY }, 'NOT_FOUND', NOBODY],
  ['CreatePreview', { upload_id: 'x' }, 'INVALID_ARGUMENT', 'upload_id is "x": '],
  ['CreatePreview', { upload_id: NOBODY, at_seconds: -1 }, 'INVALID_ARGUMENT', 'at_seconds is -1: '],
  ['CreatePreview', { upload_id: NOBODY }, 'NOT_FOUND', NOBODY],
  ['GetPreview', { preview_id: NOBODY }, 'NOT_FOUND', NOBODY],
  ['GetClipThumbnail', { job_id: NOBODY }, 'NOT_FOUND', NOBODY],
  ['ListJobEvents', { job_id: NOBODY, page_token: 'x' }, 'NOT_FOUND', NOBODY],
  ['GetGridHistory', { minutes: 1441 }, 'INVALID_ARGUMENT', 'minutes is 1441: '],
  ['ListJobs', { name: 'a\0' }, 'INVALID_ARGUMENT', 'name is '],
  ['GetTask', { task_id: NOBODY }, 'NOT_FOUND', `there is no task ${NOBODY}`],
  ['CancelTask', { task_id: NOBODY }, 'NOT_FOUND', NOBODY],
  ['RetryTask', { task_id: '; drop table jobs' }, 'NOT_FOUND', '; drop table jobs'],
  ['ListTasks', { job_id: NOBODY }, 'NOT_FOUND', NOBODY],
  ['GetAgent', { agent_id: 'nobody' }, 'NOT_FOUND', 'there is no agent nobody'],
  ['GetAgent', { agent_id: '\0' }, 'NOT_FOUND', 'there is no agent'],
  ['DrainAgent', { agent_id: 'nobody' }, 'NOT_FOUND', 'there is no agent nobody'],
  ['DrainAgent', { agent_id: 'a\0b', undo: true }, 'NOT_FOUND', 'there is no agent'],
  [
    'DrainAgent',
    { agent_id: 'a', deadline_seconds: 4_000_000_000 },
    'INVALID_ARGUMENT',
    'deadline_seconds is 4000000000: 0 to 604800',
  ],
  [
    'DrainAgent',
    { agent_id: 'a', deadline_seconds: 5, undo: true },
    'INVALID_ARGUMENT',
    'deadline_seconds is 5',
  ],
  ['RevokeAgent', { agent_id: 'nobody' }, 'NOT_FOUND', 'there is no agent nobody'],
  ['CreateJoinToken', { uses: 100_001 }, 'INVALID_ARGUMENT', 'uses is 100001: 1 to 100000'],
  [
    'CreateJoinToken',
    { expires_seconds: 31_622_401 },
    'INVALID_ARGUMENT',
    'expires_seconds is 31622401: 1 to 31622400',
  ],
  ['ListJoinTokens', { page_token: 'bm9ib2R5' }, 'INVALID_ARGUMENT', 'page_token is "bm9ib2R5"'],
  ['RevokeJoinToken', { token_id: 'a\0b' }, 'NOT_FOUND', 'there is no join token'],
  ['RevokeJoinToken', { token_id: NOBODY }, 'NOT_FOUND', `there is no join token ${NOBODY}`],
  ['ListJobs', { page_size: 501 }, 'INVALID_ARGUMENT', 'page_size is 501: 1 to 500'],
  ['ListJobs', { page_token: 'made up' }, 'INVALID_ARGUMENT', 'page_token is "made up"'],
  [
    'ListJobs',
    { page_token: Buffer.from(`2026-99-99T00:00:00Z|${NOBODY}`).toString('base64url') },
    'INVALID_ARGUMENT',
    'page_token is "',
  ],
  ['ListJobs', { page_token: 'x'.repeat(1_000_000) }, 'INVALID_ARGUMENT', 'page_token is "xxx'],
  ['ListJobs', { states: ['queued', 'asleep'] }, 'INVALID_ARGUMENT', 'states is "asleep": one of queued,'],
  ['ListAgents', { page_token: 'bm9ib2R5' }, 'INVALID_ARGUMENT', 'page_token is "bm9ib2R5"'],
  ['ListAgents', { page_size: 4_294_967_295 }, 'INVALID_ARGUMENT', 'page_size is 4294967295'],
  ['ExplainWaiting', {}, 'INVALID_ARGUMENT', 'subject is null: give a job_id or a task_id'],
  ['ExplainWaiting', { job_id: NOBODY }, 'NOT_FOUND', NOBODY],
  ['ExplainWaiting', { task_id: 'ü💥' }, 'NOT_FOUND', 'there is no task ü💥'],
];

test.each(WRONG)('%s %j is %s, and says so', async (call, request, status, words) => {
  const failure = await failureOf(admin.call(call, request));
  expect(failure).toEqual({
    status,
    code: status.toLowerCase(),
    details: expect.stringContaining(words) as string,
  });
  expect(failure.details.length).toBeLessThanOrEqual(1_500);
});

test('a bad page token of a job that exists names field and value, too', async () => {
  const jobId = await submitJob(running);
  expect(await failureOf(admin.call('ListTasks', { job_id: jobId, page_token: 'Zm9v' }))).toMatchObject({
    status: 'INVALID_ARGUMENT',
    details: expect.stringContaining('page_token is "Zm9v"') as string,
  });
});

test('watching an unknown job, or from a negative sequence number, ends at once with the reason', async () => {
  expect(await endOf(admin.watch('WatchEvents', { job_id: NOBODY }).resume())).toMatchObject({
    status: 'NOT_FOUND',
    details: `there is no job ${NOBODY}`,
  });
  expect(await endOf(admin.watch('WatchEvents', { after_sequence: -5 }).resume())).toMatchObject({
    status: 'INVALID_ARGUMENT',
    details: expect.stringContaining('after_sequence is -5') as string,
  });
});
