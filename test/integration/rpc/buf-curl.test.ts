import { afterAll, beforeAll, expect, test } from 'vitest';
import { bufCurl, jsonDocuments } from '../../support/buf-curl.ts';
import { startRunningGrid, type RunningGrid } from '../../support/running-grid.ts';

let running: RunningGrid;
let ready: Promise<void> = Promise.resolve();
beforeAll(async () => {
  running = await startRunningGrid({ agents: 0, ready: () => ready });
});
afterAll(() => running.close());

async function submit(): Promise<string> {
  const source = await running.putSource('test/media/bigbuckbunny.mp4');
  const job = await running.grid.jobs.submit({
    ownerId: 'me',
    dialect: 'grid',
    name: 'bunny.mp4',
    priority: 0,
    spec: {
      source,
      script: { text: '', sourceVariable: 'CLIPGRID_SOURCE', sourceName: 'CLIPGRID_SOURCE.mkv' },
      command: { text: 'x', programs: [['ffmpeg', '-i', '-', 'OUT.mkv']], outputName: 'OUT.mkv' },
      container: 'matroska',
      clips: { mode: 'auto' },
    },
  });
  return job.jobId;
}

test('buf curl lists all services by reflection', async () => {
  const { exitCode, stdout, stderr } = await bufCurl(running.rpc.port, '');
  expect(stderr).toBe('');
  expect(exitCode).toBe(0);
  expect(stdout.trim().split('\n').toSorted()).toEqual([
    'clipgrid.v1.AdminService',
    'clipgrid.v1.AgentService',
    'grpc.health.v1.Health',
    'grpc.reflection.v1.ServerReflection',
  ]);
});

test('buf curl reads a job with its times, knowing nothing but what reflection tells', async () => {
  const jobId = await submit();
  const answer = await bufCurl(running.rpc.port, 'clipgrid.v1.AdminService/GetJob', {
    data: { job_id: jobId },
  });
  expect(answer.stderr).toBe('');
  const [document] = jsonDocuments(answer.stdout);
  expect(document).toMatchObject({
    job: { jobId, owner: 'me', state: 'queued', createTime: expect.stringMatching(/^20\d\d-.*Z$/) as string },
    tasks: [{ jobId, kind: 'index', state: 'ready' }],
    waiting: 'no agent is online: start one with `clipgrid agent --coordinator HOST:PORT`',
  });
});

test('buf curl watches events: as many as it asked for, then the stream ends', async () => {
  const before = await running.grid.events.head();
  const jobId = await submit();
  await running.grid.jobs.cancel(jobId);
  const data = { after_sequence: Math.max(1, before), job_id: jobId, max_events: 2 };
  const answer = await bufCurl(running.rpc.port, 'clipgrid.v1.AdminService/WatchEvents', { data });
  expect(answer.stderr).toBe('');
  expect(answer.exitCode).toBe(0);
  expect(jsonDocuments(answer.stdout)).toMatchObject([
    { event: { type: 'job.created', jobId } },
    { event: { type: 'job.state', jobId, dataJson: expect.stringContaining('cancelled') as string } },
  ]);
});

test('buf curl tells an unknown id as NOT_FOUND with the id in words', async () => {
  const jobId = '00000000-0000-7000-8000-000000000000';
  const answer = await bufCurl(running.rpc.port, 'clipgrid.v1.AdminService/GetJob', {
    data: { job_id: jobId },
  });
  expect(answer.exitCode).toBe(5 * 8);
  expect(JSON.parse(answer.stderr)).toMatchObject({ code: 'not_found', message: `there is no job ${jobId}` });
});

test('buf curl checks health: of all, of one service, and of none', async () => {
  const check = (data: object) => bufCurl(running.rpc.port, 'grpc.health.v1.Health/Check', { data });
  expect(JSON.parse((await check({})).stdout)).toEqual({ status: 'SERVING' });
  expect(JSON.parse((await check({ service: 'clipgrid.v1.AdminService' })).stdout)).toEqual({
    status: 'SERVING',
  });
  expect((await check({ service: 'nobody.v1.Nothing' })).exitCode).toBe(5 * 8);
  ready = Promise.reject(new Error('the database is away'));
  ready.catch(() => undefined);
  await expect
    .poll(async () => JSON.parse((await check({})).stdout) as unknown, { timeout: 10_000 })
    .toEqual({ status: 'NOT_SERVING' });
  ready = Promise.resolve();
});
