import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { systemClock } from '../../../shared/clock.ts';
import { createLogger } from '../../../shared/logger.ts';
import { createOtlpTracer } from '../../../shared/otlp-tracer.ts';
import { ApiClient } from '../../support/api-client.ts';
import { startTestCoordinator, type TestCoordinator } from '../../support/coordinator.ts';
import { startOtlpReceiver, type ReceivedSpan } from '../../support/otlp-receiver.ts';
import { startRealAgents } from '../../support/real-agents.ts';
import { SseReader } from '../../support/sse.ts';
import { BIG_BUCK_BUNNY } from '../../support/tools.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const CLIENT = `00-${TRACE}-b7ad6b7169203331-01`;

type Line = Readonly<Record<string, unknown>>;

let receiver: Awaited<ReturnType<typeof startOtlpReceiver>>;
let coordinator: TestCoordinator;
let agents: ReturnType<typeof startRealAgents>;
let api: ApiClient;
let stopTraces: () => Promise<void>;
const written: string[] = [];
let jobId: string;

beforeAll(async () => {
  receiver = await startOtlpReceiver();
  const traced = (service: string) =>
    createOtlpTracer({ endpoint: receiver.endpoint, service, instance: 'test', clock: systemClock });
  const [here, there] = [traced('clipgrid-coordinator'), traced('clipgrid-agent')];
  stopTraces = async () => void (await Promise.all([here.stop(), there.stop()]));
  const out = { write: (line: string) => void written.push(line) };
  coordinator = await startTestCoordinator({
    tracer: here.tracer,
    logger: createLogger('debug', { process: 'coordinator' }, out),
  });
  agents = startRealAgents({
    grpcPort: coordinator.grpcPort,
    folder: coordinator.folder,
    names: ['only'],
    light: true,
    tracer: there.tracer,
    logger: createLogger('debug', { process: 'agent' }, out),
  });
  api = new ApiClient(coordinator.url);
});
afterAll(async () => {
  await agents.close();
  await coordinator.close();
  await receiver.close();
});

const lines = (): Line[] => written.map((line) => JSON.parse(line) as Line);

/** Names of spans from this one up to the job's first. */
function pathOf(span: ReceivedSpan): string[] {
  const parent = receiver.spans.find((one) => one.spanId === span.parentSpanId);
  return [span.name, ...(parent ? pathOf(parent) : [])];
}

test('what a tool prints is seen while it runs', async () => {
  const upload = await api.upload(new Uint8Array(await readFile(BIG_BUCK_BUNNY)));
  const body = {
    upload_id: upload,
    encode: 'ffmpeg -i - -c:v libx264 -preset medium',
    clips: { mode: 'whole' },
  };
  const job = await api.ok('SubmittedJob', 'POST /jobs', { body, headers: { traceparent: CLIENT } });
  jobId = job.job_id;
  const events = await SseReader.open(`${coordinator.url}/jobs/${jobId}/events`);
  const granted = await events.until(
    ({ event, data }) => event === 'task.granted' && data['kind'] === 'encode',
  );
  const taskId = String(granted.at(-1)?.data['task_id']);
  const output = await SseReader.open(`${coordinator.url}/tasks/${taskId}/log?follow=true`);
  const seen = await output.until(({ data }) => /libx264/.test(String(data['text'])));
  expect(await api.ok('Task', `GET /tasks/${taskId}`)).toMatchObject({ state: 'leased' });
  expect(seen.at(-1)?.data['text']).not.toMatch(/127\.0\.0\.1:\d+\/[^.]/);
  expect((await output.until()).at(-1)).toEqual({ event: 'end', data: { state: 'succeeded' } });
  expect((await events.until()).at(-1)).toMatchObject({ event: 'end', data: { state: 'succeeded' } });
});

test('a job is one trace, from the request of its client to the commit of the merge', async () => {
  await stopTraces();
  const { spans } = receiver;
  expect(
    new Set(spans.filter((span) => span.attributes['clipgrid.job.id'] === jobId).map((span) => span.traceId)),
  ).toEqual(new Set([TRACE]));
  const own = spans.filter((span) => span.traceId === TRACE);
  const [first] = own.filter((span) => span.name === 'HTTP POST');
  expect(first).toMatchObject({
    parentSpanId: 'b7ad6b7169203331',
    service: 'clipgrid-coordinator',
    attributes: { 'http.route': '/api/v1/jobs', 'http.response.status_code': 201 },
  });
  const paths = own.map((span) => pathOf(span).join(' < '));
  const down = (kind: string): string => `task ${kind} < grant < submit < HTTP POST`;
  for (const kind of ['index', 'encode', 'merge']) {
    expect(paths).toContain(down(kind));
    expect(paths).toContain(`upload < ${down(kind)}`);
    expect(paths).toContain(`commit < complete < ${down(kind)}`);
  }
  expect(paths).toContain(`plan < commit < complete < ${down('index')}`);
  expect(paths).toContain(`fetch < ${down('encode')}`);
  expect(paths).toContain(`verify < ${down('encode')}`);
  // The user's program has a span of its own, below what the task was busy with.
  expect(
    paths.filter((path) => /^tool ffmpeg < (filter|fetch) < task encode/.test(path)).length,
  ).toBeGreaterThan(0);
  const [task] = own.filter((span) => span.name === 'task encode');
  expect(task).toMatchObject({ service: 'clipgrid-agent', failed: false });
  for (const name of ['clipgrid.job.id', 'clipgrid.task.id', 'clipgrid.lease.id', 'clipgrid.agent.id'])
    expect(task?.attributes[name]).toMatch(/./);
  // Nothing that opens a door is told.
  expect(receiver.bodies.join('\n')).not.toMatch(/signature|token=|\/objects\/|https?:\/\/127\.0\.0\.1/i);
});

test('every log line about a task names job, task, lease, agent and trace, on both sides', () => {
  const about = lines().filter((line) => line['job'] === jobId || 'task' in line);
  for (const who of ['coordinator', 'agent'])
    expect(about.filter((line) => line['process'] === who).length).toBeGreaterThan(2);
  for (const line of about.filter((one) => 'task' in one))
    expect(line, JSON.stringify(line)).toMatchObject({
      job: jobId,
      task: expect.stringMatching(/-/) as string,
      lease: expect.stringMatching(/-/) as string,
      agent: expect.stringMatching(/./) as string,
      trace: TRACE,
    });
  const said = about.map((line) => `${String(line['process'])}: ${String(line['msg'])}`);
  expect(said).toEqual(
    expect.arrayContaining([
      'coordinator: job submitted',
      'coordinator: task granted',
      'coordinator: task committed',
      'agent: task committed',
    ]),
  );
});

test('a collector that never answers holds up nobody, and the end of a process for 2 s at most', async () => {
  const silent = createServer(() => undefined);
  await new Promise<void>((done) => silent.listen(0, '127.0.0.1', done));
  const endpoint = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
  const traces = createOtlpTracer({ endpoint, service: 's', instance: 'i', clock: systemClock });
  const fromMs = performance.now();
  for (let i = 0; i < 20_000; i++) traces.tracer.start('span', '').end();
  expect(performance.now() - fromMs).toBeLessThan(5_000);
  const stopMs = performance.now();
  await traces.stop();
  expect(performance.now() - stopMs).toBeLessThan(3_000);
  silent.closeAllConnections();
  silent.close();
});
