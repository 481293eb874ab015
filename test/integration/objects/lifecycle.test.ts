import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { ApiClient } from '../../support/api-client.ts';
import { startTestCoordinator, type TestCoordinator } from '../../support/coordinator.ts';
import { FakeAgent } from '../../support/fake-agent.ts';
import { doTask, uploadWork, workUntil } from '../../support/fake-work.ts';

const SOON = { timeout: 20_000, interval: 100 };

let coordinator: TestCoordinator;
let api: ApiClient;
let agent: FakeAgent;
beforeAll(async () => {
  const times = { collectEveryMs: 100, collectAfterMs: 0, orphansEveryMs: 200 };
  coordinator = await startTestCoordinator({ times });
  api = new ApiClient(coordinator.url);
  agent = await FakeAgent.connect(coordinator.grpcPort);
});
afterAll(async () => {
  agent.close();
  await coordinator.close();
});

/** Kinds of all objects in the folder, by what their keys start with, as the files themselves tell. */
async function kinds(): Promise<string[]> {
  const folder = join(coordinator.folder, 'objects', 'objects');
  const names = await readdir(folder, { recursive: true });
  const texts = await Promise.all(
    names.filter((name) => name.endsWith('.json')).map((name) => read(join(folder, name))),
  );
  return texts.flatMap((text) => (JSON.parse(text) as { key: string }).key.split('/')[0] ?? []).toSorted();
}

/** An object may go while its folder is read. */
async function read(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '{"key":"gone/"}');
}

async function submit(): Promise<{ source: string; id: string }> {
  const source = await api.upload(randomBytes(100));
  const body = { upload_id: source, encode: 'ffmpeg -i - -c:v libx264', clips: { target_seconds: 1 } };
  return { source, id: (await api.ok('SubmittedJob', 'POST /jobs', { body })).job_id };
}

test('of a job that succeeded only source and result stay; removed, nothing of it', async () => {
  const { source, id } = await submit();
  await workUntil(agent, 'merge');
  await vi.waitFor(async () => expect(await kinds()).toEqual(['artifacts', 'sources']), SOON);
  expect((await api.send('GET', `/jobs/${id}/result`)).status).toBe(307);
  await api.send('DELETE', `/jobs/${id}`);
  await vi.waitFor(async () => expect(await kinds()).toEqual(['sources']), SOON);
  await api.send('DELETE', `/uploads/${source}`);
  await vi.waitFor(async () => expect(await kinds()).toEqual([]), SOON);
});

test('a job that is removed while it runs leaves nothing, what its agent had uploaded included', async () => {
  const { source, id } = await submit();
  await workUntil(agent, 'encode');
  const { complete } = await uploadWork(agent, await agent.next('grant'));
  expect(await kinds()).toContain('incoming');
  await api.send('DELETE', `/jobs/${id}`);
  await api.send('DELETE', `/uploads/${source}`);
  agent.send({ $case: 'complete', value: complete });
  expect((await agent.next('commitResult')).committed).toBe(false);
  await agent.next('revoke');
  await vi.waitFor(async () => expect(await kinds()).toEqual([]), SOON);
});

test('a cancelled job keeps no intermediates, and its retry makes them again', async () => {
  const { id } = await submit();
  await doTask(agent, await agent.next('grant'));
  const running = await agent.next('grant');
  await api.ok('Job', `POST /jobs/${id}/cancel`);
  expect((await agent.next('revoke')).fence).toEqual(running.fence);
  await vi.waitFor(async () => expect(await kinds()).toEqual(['sources']), SOON);
  await api.ok('Job', `POST /jobs/${id}/retry`);
  await workUntil(agent, 'merge');
  expect((await api.ok('JobDetail', `GET /jobs/${id}`)).state).toBe('succeeded');
});
