import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { deliver } from '../../../agent/deliver.ts';
import type { HeldLease } from '../../../agent/lease-holder.ts';
import type { Link } from '../../../agent/link.ts';
import type { TaskComplete, UploadRequest } from '../../../shared/gen/clipgrid/v1/lease.ts';
import { systemIds } from '../../../shared/ids.ts';
import { systemClock as clock } from '../../../shared/clock.ts';

const FILES = 250;
const folder = mkdtempSync(join(tmpdir(), 'clipgrid-deliver-'));

test('what a task is as good without is left out where it is refused, and brought where it is not', async () => {
  const stored: string[] = [];
  const server = createServer((request, response) => {
    stored.push(request.url ?? '');
    request.resume().once('end', () => response.end());
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const files = ['segment', 'thumbnail'].map((name) => ({ name, path: join(folder, name) }));
  for (const { name, path } of files) writeFileSync(path, name);
  const output = {
    artifacts: files.map((file) => ({ ...file, optional: file.name === 'thumbnail' })),
    result: { kind: { $case: 'clip', value: { frameCount: 1 } } } as const,
  };
  const brought = async (knows: readonly string[]): Promise<string[] | undefined> => {
    let said: TaskComplete | undefined;
    const link = {
      async askUpload({ artifacts: wanted }: UploadRequest) {
        const error = wanted.every(({ name }) => knows.includes(name)) ? '' : 'invalid_argument: not that';
        return { targets: wanted.map(({ name }) => ({ name, url: `${base}/${name}`, headers: {} })), error };
      },
      async askCommit({ value }: { value: TaskComplete }) {
        said = value;
        return { committed: true };
      },
    };
    const lease = {
      fence: { taskId: 't', epoch: 1, leaseId: 'l' },
      abort: new AbortController(),
      progress: {},
    };
    const deps = { link: link as unknown as Link, clock, ids: systemIds(() => clock.wallMs()) };
    await deliver(deps, { lease: lease as unknown as HeldLease, output, logTail: '', step: () => '' });
    return said?.artifacts.map(({ name }) => name);
  };
  expect(await brought(['segment'])).toEqual(['segment']);
  expect(await brought(['segment', 'thumbnail'])).toEqual(['segment', 'thumbnail']);
  expect(stored).toEqual(['/segment', '/segment', '/thumbnail']);
  server.close();
});

test('thousands of files: rights are asked for in batches, few are under way at once, all are named at the end', async () => {
  let [now, most] = [0, 0];
  const stored = new Map<string, string>();
  const server = createServer((request, response) => {
    most = Math.max(most, ++now);
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      now--;
      stored.set(request.url ?? '', body);
      response.end();
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const names = Array.from({ length: FILES }, (_, number) => `file/${number}.ts`);
  const artifacts = names.map((name, number) => {
    const path = join(folder, `${number}.ts`);
    writeFileSync(path, `content of ${number}`);
    return { name, path };
  });
  const asked: number[] = [];
  let said: TaskComplete | undefined;
  const link = {
    async askUpload({ artifacts: wanted }: UploadRequest) {
      asked.push(wanted.length);
      return {
        targets: wanted.map(({ name }) => ({ name, url: `${base}/${name}`, headers: {} })),
        error: '',
      };
    },
    async askCommit({ value }: { value: TaskComplete }) {
      said = value;
      return { committed: true };
    },
  };
  const fence = { taskId: 't', epoch: 1, leaseId: 'l' };
  const lease = { fence, abort: new AbortController(), progress: {} };
  const value = { frameCount: 1, durationSeconds: 1, encodeSeconds: 1 };
  await deliver(
    { link: link as unknown as Link, clock, ids: systemIds(() => clock.wallMs()) },
    {
      lease: lease as unknown as HeldLease,
      output: { artifacts, result: { kind: { $case: 'media', value } } },
      step: () => '',
      logTail: '',
    },
  );
  server.close();
  expect(asked).toEqual([100, 100, 50]);
  expect(most).toBeLessThanOrEqual(3);
  expect(said?.artifacts.map(({ name }) => name)).toEqual(names);
  expect(stored.get('/file/99.ts')).toBe('content of 99');
  expect(stored.size).toBe(FILES);
});
