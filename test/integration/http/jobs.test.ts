import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ApiClient } from '../../support/api-client.ts';
import { startTestCoordinator, type TestCoordinator } from '../../support/coordinator.ts';
import { FakeAgent } from '../../support/fake-agent.ts';
import { uploadWork, workUntil } from '../../support/fake-work.ts';

const X264 = 'ffmpeg -i - -c:v libx264 -crf 20';

let coordinator: TestCoordinator;
let api: ApiClient;
let source: string;
beforeAll(async () => {
  coordinator = await startTestCoordinator();
  api = new ApiClient(coordinator.url);
  source = await api.upload(randomBytes(100));
});
afterAll(() => coordinator.close());

async function submit(body: object = {}, headers: Record<string, string> = {}) {
  return api.ok('SubmittedJob', 'POST /jobs', {
    body: { upload_id: source, encode: X264, ...body },
    headers,
  });
}

async function withAgent<T>(work: (agent: FakeAgent) => Promise<T>): Promise<T> {
  const agent = await FakeAgent.connect(coordinator.grpcPort, { agentId: `fake-${randomUUID()}` });
  try {
    return await work(agent);
  } finally {
    agent.close();
  }
}

/** Nothing of other tests is left to be granted. */
async function clear(): Promise<void> {
  await coordinator.pool.query('truncate jobs cascade');
}

describe('submit', () => {
  test('answers with the whole job, where it is, and why it waits', async () => {
    const answer = await api.send('POST', '/jobs', {
      body: { upload_id: source, encode: X264, name: 'film 漢.mkv', priority: 7 },
    });
    const job = answer.body as { job_id: string };
    expect(answer.status).toBe(201);
    expect(answer.headers.get('location')).toBe(`/api/v1/jobs/${job.job_id}`);
    expect(job).toMatchObject({
      name: 'film 漢.mkv',
      state: 'queued',
      priority: 7,
      percent: 0,
      encode: X264,
      script: '',
      container: 'matroska',
      waiting: 'no agent is online: start one with `clipgrid agent --coordinator HOST:PORT`',
    });
    const detail = await api.ok('JobDetail', `GET /jobs/${job.job_id}`);
    expect(detail.tasks.map((task) => [task.kind, task.state])).toEqual([['index', 'ready']]);
  });

  test('the name of the upload is the default', async () => {
    expect((await submit()).name).toBe('film.mkv');
  });

  test('says at once when no agent has the encoder', async () => {
    await withAgent(async () => {
      const job = await submit({ encode: 'ffmpeg -i - -c:v hevc_nvenc' });
      expect(job.waiting).toBe(
        'none of the 1 agents online has the encoder hevc_nvenc, proved by encoding a frame',
      );
    });
    await clear();
  });
});

describe('Idempotency-Key', () => {
  test('the same key and spec give the same job and status', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    const first = await submit({}, headers);
    const second = await submit({}, headers);
    expect(second.job_id).toBe(first.job_id);
  });

  test('the same key with another spec is refused, and names the job', async () => {
    const key = randomUUID();
    const first = await submit({}, { 'idempotency-key': key });
    const refused = await api.refused('POST /jobs', {
      body: { upload_id: source, encode: `${X264} -g 10` },
      headers: { 'idempotency-key': key },
    });
    expect(refused).toMatchObject({
      status: 409,
      code: 'already_exists',
      errors: [{ field: 'Idempotency-Key', value: key }],
    });
    expect(refused.detail).toContain(first.job_id);
  });

  test('submits at once make one job', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    const jobs = await Promise.all(Array.from({ length: 10 }, () => submit({}, headers)));
    expect(new Set(jobs.map((job) => job.job_id)).size).toBe(1);
  });

  test('without a key each submit is a job', async () => {
    expect((await submit()).job_id).not.toBe((await submit()).job_id);
  });
});

describe('list', () => {
  test('pages go on where they were while new jobs arrive: each old job once, newest first', async () => {
    await clear();
    const before: string[] = [];
    for (let i = 0; i < 7; i++) before.push((await submit({ name: `job ${i}` })).job_id);
    const seen: string[] = [];
    let cursor = '';
    do {
      const page = await api.ok('JobList', `GET /jobs?limit=3${cursor}`);
      seen.push(...page.jobs.map((job) => job.job_id));
      await submit({ name: 'came meanwhile' });
      cursor = page.next_cursor === null ? '' : `&cursor=${page.next_cursor}`;
    } while (cursor !== '');
    expect(seen).toEqual(before.toReversed());
  });

  test('by state', async () => {
    await clear();
    const [kept, ended] = [await submit(), await submit()];
    await api.ok('Job', `POST /jobs/${ended.job_id}/cancel`);
    const ids = async (query: string): Promise<string[]> =>
      (await api.ok('JobList', `GET /jobs?state=${query}`)).jobs.map((job) => job.job_id);
    expect(await ids('queued')).toEqual([kept.job_id]);
    expect(await ids('cancelled,failed')).toEqual([ended.job_id]);
    expect(await ids('succeeded')).toEqual([]);
  });

  test.each([
    ['cursor=nonsense', 'cursor', 'nonsense'],
    ['cursor=MjAyMC0wMS0wMXx4', 'cursor', 'MjAyMC0wMS0wMXx4'],
    ['limit=0', 'limit', '0'],
    ['limit=1001', 'limit', '1001'],
    ['limit=many', 'limit', 'many'],
    ['state=queued,done', 'state', 'queued,done'],
    ['sort=name', 'sort', 'name'],
  ])('refuses %s', async (query, field, value) => {
    const refused = await api.refused(`GET /jobs?${query}`);
    expect(refused).toMatchObject({ status: 400, code: 'invalid_argument' });
    expect(refused.errors).toMatchObject([{ field, value }]);
  });
});

describe('cancel, retry, delete', () => {
  test('cancel revokes what runs, and the attempt can commit no more; retry starts it again', async () => {
    await clear();
    await withAgent(async (agent) => {
      const { job_id: id } = await submit();
      const grant = await agent.next('grant');
      const { complete } = await uploadWork(agent, grant);
      expect((await api.ok('Job', `POST /jobs/${id}/cancel`)).state).toBe('cancelled');
      expect((await agent.next('revoke')).fence).toEqual(grant.fence);
      agent.send({ $case: 'complete', value: complete });
      expect(await agent.next('commitResult')).toMatchObject({ committed: false });

      const again = await api.refused(`POST /jobs/${id}/cancel`);
      expect(again).toMatchObject({ status: 409, code: 'failed_precondition' });
      expect(again.detail).toContain('has ended already: it is cancelled');

      await api.ok('Job', `POST /jobs/${id}/retry`);
      const second = await agent.next('grant');
      expect(second.jobId).toBe(id);
      expect(second.fence?.epoch).toBeGreaterThan(grant.fence?.epoch ?? 0);
      await api.ok('Job', `POST /jobs/${id}/cancel`);
    });
  });

  test('a failed job tells why, and a retry goes on', async () => {
    await clear();
    await withAgent(async (agent) => {
      const { job_id: id } = await submit();
      const { fence } = await agent.next('grant');
      const said = { code: 'source_unreadable', message: 'no video', logTail: 'line 1\nline 2' };
      agent.send({ $case: 'failed', value: { fence, ...said, inputAtFault: true } });
      await agent.next('commitResult');
      const job = await api.ok('JobDetail', `GET /jobs/${id}`);
      expect(job).toMatchObject({
        state: 'failed',
        failure: { code: 'source_unreadable', stage: 'index', message: 'no video', log: 'line 1\nline 2' },
        waiting: '',
      });
      await api.ok('Job', `POST /jobs/${id}/retry`);
      await workUntil(agent, 'merge');
      expect((await api.ok('JobDetail', `GET /jobs/${id}`)).state).toBe('succeeded');
      const refused = await api.refused(`POST /jobs/${id}/retry`);
      expect(refused.detail).toContain('is succeeded: only a failed or cancelled job can be retried');
    });
  });

  test('delete takes the leases back and the job away', async () => {
    await clear();
    await withAgent(async (agent) => {
      const { job_id: id } = await submit();
      const grant = await agent.next('grant');
      expect((await api.send('DELETE', `/jobs/${id}`)).status).toBe(204);
      expect((await agent.next('revoke')).fence).toEqual(grant.fence);
      expect((await api.refused(`GET /jobs/${id}`)).status).toBe(404);
      expect((await api.refused(`DELETE /jobs/${id}`)).status).toBe(404);
      const { rows } = await coordinator.pool.query('select 1 from tasks');
      expect(rows).toEqual([]);
    });
  });

  test('a deleted idempotency key can be used again', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    const { job_id: id } = await submit({}, headers);
    await api.send('DELETE', `/jobs/${id}`);
    expect((await submit({}, headers)).job_id).not.toBe(id);
  });

  test.each(['GET', 'DELETE'])('%s of unknown ids is 404 that names the id', async (method) => {
    for (const id of [randomUUID(), 'nonsense', '%00', 'a%2Fb', '..', '%F0%9F%8E%AC']) {
      const refused = await api.refused(`${method} /jobs/x${id}`);
      expect(refused).toMatchObject({ status: 404, code: 'not_found' });
      expect(refused.errors?.[0]?.field).toBe('job_id');
    }
  });
});
