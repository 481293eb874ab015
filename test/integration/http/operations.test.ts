import { createServer, type Socket } from 'node:net';
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { ApiClient, type Problem } from '../../support/api-client.ts';
import { startTestCoordinator, type TestCoordinator } from '../../support/coordinator.ts';
import { freePort } from '../../support/ports.ts';
import { VERSION } from '../../../shared/version.ts';
import { FakeAgent } from '../../support/fake-agent.ts';
import { workUntil } from '../../support/fake-work.ts';
import { parseMetrics } from '../../support/prometheus.ts';
import { createTestDatabase } from '../../support/postgres.ts';

let coordinator: TestCoordinator;
let api: ApiClient;
let agent: FakeAgent;
beforeAll(async () => {
  coordinator = await startTestCoordinator();
  api = new ApiClient(coordinator.url);
  agent = await FakeAgent.connect(coordinator.grpcPort, { agentId: 'one', slots: 2 });
});
afterAll(async () => {
  agent.close();
  await coordinator.close();
});

describe('agents', () => {
  test('are listed, told one by one with what they run, and drained and taken back', async () => {
    const { agents } = await api.ok('AgentList', 'GET /agents');
    expect(agents).toMatchObject([{ agent_id: 'one', state: 'online', slots: 2, leases: 0 }]);
    const source = await api.upload(randomBytes(10));
    const body = { upload_id: source, encode: 'ffmpeg -i - -c:v libx264' };
    const { job_id: id } = await api.ok('SubmittedJob', 'POST /jobs', { body });
    await agent.next('grant');
    const detail = await api.ok('AgentDetail', 'GET /agents/one');
    expect(detail).toMatchObject({ leases: 1, tasks: [{ kind: 'index', state: 'leased', agent: 'one' }] });
    await api.ok('Job', `POST /jobs/${id}/cancel`);

    const drained = await api.ok('Agent', 'POST /agents/one/drain', { body: { deadline_seconds: 60 } });
    expect(drained.state).toBe('draining');
    expect((await agent.next('drain')).reason).not.toBe('');
    const waiting = await api.ok('SubmittedJob', 'POST /jobs', { body });
    expect(waiting.waiting).toBe('no agent takes work: 1 draining, none online');
    expect((await api.ok('Agent', 'POST /agents/one/drain', { body: { undo: true } })).state).toBe('online');
    await workUntil(agent, 'merge');
  });

  test.each(['nobody', '%00', 'a%20b'])('%s is not known', async (id) => {
    for (const request of [`GET /agents/${id}`, `POST /agents/${id}/drain`]) {
      const refused = await api.refused(request);
      expect(refused).toMatchObject({ status: 404, code: 'not_found' });
      expect(refused.errors?.[0]?.field).toBe('agent_id');
    }
  });
});

describe('health, ready', () => {
  test('while all is well', async () => {
    expect(await api.ok('Health', 'GET /health')).toEqual({ status: 'ok', version: VERSION });
    expect(await api.ok('Status', 'GET /ready')).toEqual({ status: 'ready' });
  });

  test('while the database is away: alive, not ready, every request is told to come back, and all is well after', async () => {
    const database = await createTestDatabase();
    const target = new URL(database.url);
    const link = await breakableLink(Number(target.port), target.hostname);
    const through = new URL(database.url);
    through.port = String(link.port);
    through.hostname = '127.0.0.1';
    const other = await startTestCoordinator({ databaseUrl: through.href });
    try {
      const away = new ApiClient(other.url);
      await away.ok('Status', 'GET /ready');
      link.cut();
      for (const request of ['GET /ready', 'GET /jobs', 'POST /uploads']) {
        const body = request.startsWith('POST') ? { body: { name: 'x' } } : {};
        const refused = await away.refused(request, body);
        expect(refused, request).toMatchObject({ status: 503, code: 'unavailable' });
        expect(refused.headers.get('retry-after')).toBe('5');
      }
      expect(await away.ok('Health', 'GET /health')).toEqual({ status: 'ok', version: VERSION });
      await link.mend();
      await vi.waitFor(() => away.ok('Status', 'GET /ready'), 10_000);
      await away.ok('JobList', 'GET /jobs');
    } finally {
      await other.close();
      await link.close();
      await database.drop();
    }
  });
});

test('metrics are in Prometheus text format, those of the documented table, and say what happened', async () => {
  const answer = await api.send('GET', '/metrics');
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  const metrics = parseMetrics(answer.body as string);
  const said = readFileSync('coordinator/ARCHITECTURE.md', 'utf8').matchAll(
    /^\| `(clipgrid_\w+)` \| (\w+) \| ([\w, ]*)\|/gm,
  );
  const table = [...said].map(([, name = '', type, labels = '']) => [name, type, labels.trim()] as const);
  const own = new Set(['le']);
  const labelsOf = (name: string): string[] => [
    ...new Set(metrics.get(name)?.samples.flatMap((sample) => Object.keys(sample.labels))),
  ];
  expect(table.length).toBeGreaterThan(20);
  expect([...metrics.keys()].toSorted()).toEqual(table.map(([name]) => name).toSorted());
  for (const [name, type, labels] of table) {
    expect(metrics.get(name)?.type, name).toBe(type);
    const allowed = labels === '' ? [] : labels.split(', ');
    const seen = labelsOf(name).filter((label) => !own.has(label));
    expect(allowed, name).toEqual(expect.arrayContaining(seen));
    if ((metrics.get(name)?.samples.length ?? 0) > 0)
      expect(seen.toSorted(), name).toEqual(allowed.toSorted());
  }
  const routes = new Set(
    metrics.get('clipgrid_http_request_seconds')?.samples.map((one) => one.labels['route']),
  );
  expect([...routes].filter((route) => /[0-9a-f]{8}-/.test(route ?? ''))).toEqual([]);
  expect([...routes]).toContain('/api/v1/agents/:id');
  const committed = metrics.get('clipgrid_task_attempts_total')?.samples;
  expect(committed).toContainEqual({
    name: 'clipgrid_task_attempts_total',
    labels: { kind: 'merge', outcome: 'committed' },
    value: 1,
  });
  expect(metrics.get('clipgrid_sessions')?.samples[0]?.value).toBe(1);
  expect(metrics.get('clipgrid_agents')?.type).toBe('gauge');
  expect(metrics.get('clipgrid_agents')?.samples).toContainEqual({
    name: 'clipgrid_agents',
    labels: { state: 'online' },
    value: 1,
  });
  expect(metrics.get('clipgrid_jobs')?.samples).toContainEqual({
    name: 'clipgrid_jobs',
    labels: { state: 'succeeded' },
    value: 1,
  });
  const granted = metrics.get('clipgrid_leases_granted_total');
  expect(granted?.type).toBe('counter');
  expect(granted?.samples.map((sample) => sample.labels['kind'])).toEqual(
    expect.arrayContaining(['index', 'encode', 'merge']),
  );
  const seconds = metrics.get('clipgrid_http_request_seconds');
  expect(seconds?.type).toBe('histogram');
  const refused = seconds?.samples.find(
    ({ name, labels }) => name.endsWith('_count') && labels['method'] === 'GET' && labels['status'] === '404',
  );
  expect(refused?.value).toBeGreaterThan(0);
});

describe('problem details', () => {
  test('a path that is not there, and a method that a path has not', async () => {
    expect(await api.refused('GET /nothing')).toMatchObject({
      status: 404,
      code: 'not_found',
      errors: [{ field: 'path', value: '/api/v1/nothing' }],
    });
    const refused = await api.refused('PATCH /jobs');
    expect(refused).toMatchObject({ status: 405, code: 'method_not_allowed' });
    expect(refused.headers.get('allow')?.split(', ').toSorted()).toEqual(['GET', 'HEAD', 'POST']);
  });

  /** One request as raw bytes; returns status line and body. */
  async function raw(bytes: string): Promise<{ status: number; head: string; body: string }> {
    const socket = connect(coordinator.httpPort, '127.0.0.1');
    await once(socket, 'connect');
    socket.on('error', () => undefined);
    socket.write(bytes);
    const [head = '', body = ''] = (await text(socket)).split('\r\n\r\n');
    return { status: Number(head.split(' ')[1]), head, body };
  }

  test.each([
    ['no HTTP at all', 'hello\r\n\r\n', 400, 'invalid_argument'],
    ['a header without a colon', 'GET / HTTP/1.1\r\nHost: x\r\nnonsense\r\n\r\n', 400, 'invalid_argument'],
    ['a control character in a header', 'GET / HTTP/1.1\r\nHost: a\x01b\r\n\r\n', 400, 'invalid_argument'],
    [
      'two lengths',
      'POST /api/v1/jobs HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
      400,
      'invalid_argument',
    ],
    ['huge headers', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(20_000)}\r\n\r\n`, 431, 'too_large'],
  ])('broken HTTP: %s', async (_, bytes, status, code) => {
    const answer = await raw(bytes);
    expect(answer.status).toBe(status);
    expect(answer.head).toContain('Content-Type: application/problem+json');
    expect(JSON.parse(answer.body) as Problem).toMatchObject({ status, code });
    expect((await api.ok('Health', 'GET /health')).status).toBe('ok');
  });
});

/** A way to PostgreSQL that can be cut and mended. */
async function breakableLink(targetPort: number, targetHost: string) {
  const port = await freePort();
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(targetPort, targetHost);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
    near.pipe(far).pipe(near);
  });
  const listen = (): Promise<void> => new Promise((done) => server.listen(port, '127.0.0.1', () => done()));
  const cut = (): void => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  await listen();
  return {
    port,
    cut,
    mend: listen,
    close: () => {
      cut();
      return Promise.resolve();
    },
  };
}
