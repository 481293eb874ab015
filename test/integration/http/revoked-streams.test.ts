import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createAdminClient } from '../../../client/admin.ts';
import { systemClock, type Clock } from '../../../shared/clock.ts';
import { ApiClient } from '../../support/api-client.ts';
import { ADMIN_TOKEN, startTestCoordinator, type TestCoordinator } from '../../support/coordinator.ts';
import { SseReader } from '../../support/sse.ts';

const ASK_AGAIN_MS = 20_000;
/** Streams are asked again sooner than they would be. */
const clock: Clock = {
  ...systemClock,
  sleep: (delayMs, signal) => systemClock.sleep(delayMs === ASK_AGAIN_MS ? 50 : delayMs, signal),
};

let coordinator: TestCoordinator;
let admin: ApiClient;
beforeAll(async () => {
  coordinator = await startTestCoordinator({ auth: 'token', clock });
  admin = new ApiClient(coordinator.url, ADMIN_TOKEN);
});
afterAll(() => coordinator.close());

test('whose token is revoked is told nothing more by streams that were open; others are', async () => {
  const { token } = await admin.ok('CreatedToken', 'POST /tokens', {
    body: { name: 'ann', scopes: ['submit'] },
  });
  const api = new ApiClient(coordinator.url, token);
  const submit = async (): Promise<string> => {
    const body = { upload_id: await api.upload(randomBytes(10)), encode: 'ffmpeg -i - -c:v libx264' };
    return (await api.ok('SubmittedJob', 'POST /jobs', { body })).job_id;
  };
  const jobId = await submit();
  const [task] = (await api.ok('JobDetail', `GET /jobs/${jobId}`)).tasks;
  const open = async (path: string, secret: string): Promise<SseReader> => {
    const reader = await SseReader.open(`${coordinator.url}${path}`, { authorization: `Bearer ${secret}` });
    await reader.until(() => true);
    return reader;
  };
  const paths = ['/events', `/jobs/${jobId}/events`, `/tasks/${task?.task_id}/log?follow=true`];
  const readers = await Promise.all(paths.map((path) => open(path, token)));
  const other = await open('/events', ADMIN_TOKEN);
  const rpc = createAdminClient({ address: `127.0.0.1:${coordinator.grpcPort}`, token });
  const events = rpc.watchEvents({ afterSequence: 1 });
  const watched = (async () => {
    for await (const { event } of events) expect(event?.jobId).toBe(jobId);
  })();
  const refused = expect(watched).rejects.toMatchObject({ code: 16 });

  await admin.send('DELETE', '/tokens/ann/ann');
  for (const reader of readers) await reader.until();
  await refused;
  rpc.close();

  const gone = other.until(({ event, data }) => event === 'jobs' && JSON.stringify(data).includes(jobId));
  await admin.send('DELETE', `/jobs/${jobId}`);
  await gone;
  other.close();
});
