import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ApiClient } from '../../support/api-client.ts';
import { startTestCoordinator, type TestCoordinator } from '../../support/coordinator.ts';
import { FakeAgent } from '../../support/fake-agent.ts';
import { workUntil } from '../../support/fake-work.ts';

const RESULT = randomBytes(100_000);

let coordinator: TestCoordinator;
let api: ApiClient;
let agent: FakeAgent;
let jobId: string;
beforeAll(async () => {
  coordinator = await startTestCoordinator();
  api = new ApiClient(coordinator.url);
  agent = await FakeAgent.connect(coordinator.grpcPort);
  const source = await api.upload(randomBytes(100), 'a "b" 漢/ü.mp4');
  const body = { upload_id: source, encode: 'ffmpeg -i - -c:v libx264' };
  jobId = (await api.ok('SubmittedJob', 'POST /jobs', { body })).job_id;
  await workUntil(agent, 'index');
});
afterAll(async () => {
  agent.close();
  await coordinator.close();
});

test('before the end there is no result, and the answer says the state', async () => {
  const refused = await api.refused(`GET /jobs/${jobId}/result`);
  expect(refused).toMatchObject({ status: 409, code: 'failed_precondition' });
  expect(refused.detail).toContain(`job ${jobId} has no result yet: it is encoding`);
  expect(await api.ok('FileList', `GET /jobs/${jobId}/files`)).toEqual({ files: [] });
  await workUntil(agent, 'merge', RESULT);
});

async function resultUrl(query = ''): Promise<string> {
  const answer = await api.send('GET', `/jobs/${jobId}/result${query}`);
  expect(answer.status).toBe(307);
  return answer.headers.get('location') ?? '';
}

test('the result is a redirect to a signed URL that needs no token', async () => {
  const job = await api.ok('JobDetail', `GET /jobs/${jobId}`);
  expect(job).toMatchObject({ state: 'succeeded', percent: 100, result: { size_bytes: RESULT.length } });
  const answer = await fetch(await resultUrl());
  expect(answer.status).toBe(200);
  expect(Buffer.from(await answer.arrayBuffer()).equals(RESULT)).toBe(true);
});

test('it is saved under the name of the film, whatever that holds', async () => {
  const answer = await fetch(await resultUrl(), { method: 'HEAD' });
  expect(answer.headers.get('content-length')).toBe(String(RESULT.length));
  expect(answer.headers.get('content-disposition')).toBe(
    `attachment; filename="a _b_ ___-encoded.mkv"; filename*=UTF-8''a%20%22b%22%20%E6%BC%A2%2F%C3%BC-encoded.mkv`,
  );
  expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
});

test('a player is told what it is, and not to save it', async () => {
  const answer = await fetch(await resultUrl('?disposition=inline'), { headers: { range: 'bytes=10-19' } });
  expect(answer.status).toBe(206);
  expect(answer.headers.get('content-disposition')).toMatch(/^inline; filename=/);
  expect(answer.headers.get('content-type')).toBe('video/x-matroska');
  expect(Buffer.from(await answer.arrayBuffer()).equals(RESULT.subarray(10, 20))).toBe(true);
  const refused = await api.refused(`GET /jobs/${jobId}/result?disposition=shown`);
  expect(refused.errors?.[0]).toMatchObject({ field: 'disposition', value: 'shown' });
});

test('a download goes on where it broke off', async () => {
  const url = await resultUrl();
  const etag = (await fetch(url, { method: 'HEAD' })).headers.get('etag') ?? '';
  const first = await fetch(url, { headers: { range: 'bytes=0-49999' } });
  const second = await fetch(url, { headers: { range: 'bytes=50000-', 'if-range': etag } });
  expect([first.status, second.status]).toEqual([206, 206]);
  expect(second.headers.get('content-range')).toBe(`bytes 50000-99999/${RESULT.length}`);
  const both = Buffer.concat([
    Buffer.from(await first.arrayBuffer()),
    Buffer.from(await second.arrayBuffer()),
  ]);
  expect(both.equals(RESULT)).toBe(true);
  expect((await fetch(url, { headers: { range: 'bytes=100000-' } })).status).toBe(416);
});

test('a removed job has no result', async () => {
  await api.send('DELETE', `/jobs/${jobId}`);
  expect((await api.refused(`GET /jobs/${jobId}/result`)).status).toBe(404);
});
