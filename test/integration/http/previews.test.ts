import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createAccounts } from '../../../coordinator/grid/accounts.ts';
import { postgresGarbageStore } from '../../../coordinator/store/postgres/garbage-store.ts';
import { postgresTokenStore } from '../../../coordinator/store/postgres/token-store.ts';
import { openPool } from '../../../coordinator/store/postgres/pool.ts';
import { systemIds } from '../../../shared/ids.ts';
import { ApiClient } from '../../support/api-client.ts';
import { ADMIN_TOKEN, startTestCoordinator, type TestCoordinator } from '../../support/coordinator.ts';
import { markedFilm } from '../../support/films.ts';
import { dynamicClient, type Dynamic } from '../../support/grpc-client.ts';
import { startRealAgents } from '../../support/real-agents.ts';
import { plainScript } from '../../support/scripts.ts';

let coordinator: TestCoordinator;
let agents: ReturnType<typeof startRealAgents> | undefined;
let mine: ApiClient;
let other: ApiClient;
let admin: ApiClient;
let film: string;
beforeAll(async () => {
  coordinator = await startTestCoordinator({
    auth: 'token',
    agentAuth: 'open',
    times: { collectEveryMs: 100, pollMs: 50 },
  });
  const { db, pool } = openPool({
    connectionString: coordinator.databaseUrl,
    max: 1,
    onError: () => undefined,
  });
  const accounts = createAccounts(
    postgresTokenStore(db),
    systemIds(() => 0),
  );
  const clientOf = async (ownerId: string): Promise<ApiClient> => {
    const { secret } = await accounts.createToken({ ownerId, name: 'page', scopes: ['submit'] });
    return new ApiClient(coordinator.url, secret);
  };
  [mine, other] = [await clientOf('me'), await clientOf('somebody')];
  await pool.end();
  admin = new ApiClient(coordinator.url, ADMIN_TOKEN);
  film = await mine.upload(readFileSync(markedFilm(coordinator.folder, 4, 60)));
});
afterAll(async () => {
  await agents?.close();
  await coordinator.close();
});

function startAgent(): void {
  agents ??= startRealAgents({ grpcPort: coordinator.grpcPort, folder: coordinator.folder, names: ['one'] });
}

async function ask(script: string, atSeconds: number) {
  const body = { upload_id: film, script, at_seconds: atSeconds };
  return mine.ok('Preview', 'POST /previews', { body });
}

async function ended(id: string) {
  return vi.waitFor(
    async () => {
      const preview = await mine.ok('Preview', `GET /previews/${id}`);
      expect(['succeeded', 'failed']).toContain(preview.state);
      return preview;
    },
    { timeout: 20_000, interval: 100 },
  );
}

/** The same by the admin service. */
async function rpc(method: string, request: Dynamic): Promise<Dynamic> {
  const client = dynamicClient('clipgrid.v1.AdminService', coordinator.grpcPort, { token: ADMIN_TOKEN });
  try {
    return await client.call(method, request);
  } finally {
    client.close();
  }
}

/** Of a signed address as it is; of a path at the coordinator with a token. */
async function bytesAt(url: string): Promise<Buffer> {
  const headers = url.startsWith('/') ? { authorization: `Bearer ${ADMIN_TOKEN}` } : {};
  const answer = await fetch(new URL(url, coordinator.url), { headers });
  expect(answer.status).toBe(200);
  return Buffer.from(await answer.arrayBuffer());
}

describe('before an agent is there', () => {
  test('it waits and says for what; no picture is there; lists leave it out', async () => {
    const made = await mine.send('POST', '/previews', { body: { upload_id: film, at_seconds: 1 } });
    const { preview_id: id } = made.body as { preview_id: string };
    expect([made.status, made.headers.get('location')]).toEqual([201, `/api/v1/previews/${id}`]);
    const waits = await mine.ok('Preview', `GET /previews/${id}`);
    expect(waits).toMatchObject({
      state: 'queued',
      at_seconds: 1,
      before_url: null,
      after_url: null,
      failure: null,
    });
    expect(waits.waiting).toContain('no agent is online');
    expect((await mine.refused(`GET /previews/${id}/before.png`)).code).toBe('not_found');
    expect((await mine.ok('JobList', 'GET /jobs')).jobs).toEqual([]);
    const { jobs } = await mine.ok('JobList', 'GET /jobs?shape=preview');
    expect(jobs).toMatchObject([{ job_id: id, shape: 'preview', state: 'queued', priority: 1000 }]);
    await mine.ok('Job', `POST /jobs/${id}/cancel`);
    expect(await mine.ok('Preview', `GET /previews/${id}`)).toMatchObject({
      state: 'failed',
      failure: { code: 'cancelled' },
    });
  });

  test.each([
    [{ at_seconds: -1 }, 'invalid_argument', 'at_seconds'],
    [{ at_seconds: 'soon' }, 'invalid_argument', 'at_seconds'],
    [{}, 'invalid_argument', 'at_seconds'],
    [{ at_seconds: 1, script: 'a\0b' }, 'invalid_argument', 'script'],
    [{ at_seconds: 1, upload_id: '7b1f6c1e-6f0c-4b57-9d0a-0f6f3a0c2a11' }, 'not_found', 'upload_id'],
  ])('refuses %j', async (change, code, field) => {
    const problem = await mine.refused('POST /previews', { body: { upload_id: film, ...change } });
    expect(problem).toMatchObject({ code, errors: [{ field }] });
  });

  test('one owner has 16 of them open at most', async () => {
    for (let i = 0; i < 16; i++) await ask('', i / 10);
    const body = { upload_id: film, at_seconds: 1 };
    expect(await mine.refused('POST /previews', { body })).toMatchObject({ status: 429 });
    const { jobs } = await mine.ok('JobList', 'GET /jobs?shape=preview&state=queued');
    expect(jobs).toHaveLength(16);
    for (const { job_id: id } of jobs) await mine.send('DELETE', `/jobs/${id}`);
  });
});

describe('with an agent', () => {
  test('two pictures, for their owner only, known again by their tag; an hour later they are gone', async () => {
    startAgent();
    const inverted = plainScript('CLIPGRID_SOURCE').replace(
      'clip.set_output()',
      'clip.std.Invert().set_output()',
    );
    const { preview_id: id } = await ask(inverted, 2.41);
    const done = await ended(id);
    expect(done).toMatchObject({
      state: 'succeeded',
      failure: null,
      waiting: '',
      width: 160,
      height: 90,
      source_width: 160,
    });
    expect(done.shown_seconds).toBeCloseTo(2.4, 2);
    const { preview } = await rpc('GetPreview', { preview_id: id });
    expect(preview).toMatchObject({ preview_id: id, state: 'succeeded', width: 160, source_height: 90 });
    const urls = preview as { before_url: string; after_url: string };
    const [before, after] = await Promise.all([urls.before_url, urls.after_url].map(bytesAt));
    expect(before).toEqual(await bytesAt(done.before_url ?? ''));
    expect(after).toEqual(await bytesAt(done.after_url ?? ''));
    expect(after).not.toEqual(before);
    for (const url of [done.before_url, done.after_url]) {
      const path = (url ?? '').replace('/api/v1', '');
      const picture = await mine.send('GET', path);
      expect([picture.status, picture.headers.get('content-type')]).toEqual([200, 'image/png']);
      expect(Number(picture.headers.get('content-length'))).toBeGreaterThan(50);
      const etag = picture.headers.get('etag') ?? '';
      const again = await mine.send('GET', path, { headers: { 'if-none-match': etag } });
      expect([again.status, again.body]).toEqual([304, '']);
      expect((await mine.send('HEAD', path)).headers.get('content-length')).toBe(
        picture.headers.get('content-length'),
      );
      expect((await other.refused(`GET ${path}`)).code).toBe('not_found');
      expect((await admin.send('GET', path)).status).toBe(200);
    }
    expect((await other.refused(`GET /previews/${id}`)).code).toBe('not_found');
    const { rows } = await coordinator.pool.query<{ key: string }>(
      "select a->>'key' as key from tasks, jsonb_array_elements(output->'artifacts') a where job_id = $1",
      [id],
    );
    expect(rows).toHaveLength(2);

    await coordinator.pool.query(
      "update jobs set created_at = now() - interval '61 minutes' where job_id = $1",
      [id],
    );
    await vi.waitFor(async () => expect((await mine.send('GET', `/previews/${id}`)).status).toBe(404), {
      timeout: 10_000,
      interval: 50,
    });
    await vi.waitFor(
      async () => expect((await coordinator.pool.query('select from garbage')).rows).toEqual([]),
      { timeout: 10_000, interval: 50 },
    );
  }, 60_000);

  test('a wrong script is told in its own words', async () => {
    startAgent();
    const wrong = plainScript('CLIPGRID_SOURCE').replace(
      'clip.set_output()',
      'raise ValueError("no such noise")',
    );
    const { preview_id: id } = await ask(wrong, 1);
    const failed = await ended(id);
    expect(failed).toMatchObject({ state: 'failed', before_url: null, failure: { code: 'script_failed' } });
    expect(failed.failure?.message).toContain('no such noise');
    const { tasks } = await mine.ok('JobDetail', `GET /jobs/${id}`);
    expect(tasks).toMatchObject([{ kind: 'preview', state: 'failed', attempts: 1 }]);
  });

  test('each clip of a film leaves a small picture, which outlives its segments', async () => {
    startAgent();
    const body = {
      upload_id: film,
      encode: 'ffmpeg -i - -c:v libx264 -preset ultrafast',
      clips: { target_seconds: 2 },
    };
    const { job_id: id } = await mine.ok('SubmittedJob', 'POST /jobs', { body });
    await vi.waitFor(
      async () => expect((await mine.ok('JobDetail', `GET /jobs/${id}`)).state).toBe('succeeded'),
      {
        timeout: 30_000,
        interval: 200,
      },
    );
    const gone = "update jobs set finished_at = now() - interval '1 day' where job_id = $1";
    await coordinator.pool.query(gone, [id]);
    await vi.waitFor(async () => {
      const { rows } = await coordinator.pool.query('select collected_at from jobs where job_id = $1', [id]);
      expect(rows).toMatchObject([{ collected_at: expect.any(Date) as Date }]);
      expect((await coordinator.pool.query('select from garbage')).rows).toEqual([]);
    });
    const { clips_total: clips } = await mine.ok('JobDetail', `GET /jobs/${id}`);
    expect(clips).toBeGreaterThan(1);
    for (let clip = 0; clip < clips; clip++) {
      const picture = await mine.send('GET', `/jobs/${id}/clips/${clip}/thumbnail`);
      expect([picture.status, picture.headers.get('content-type')]).toEqual([200, 'image/jpeg']);
      const { jpeg } = await rpc('GetClipThumbnail', { job_id: id, clip_index: clip });
      expect(jpeg).toEqual(await bytesAt(`/api/v1/jobs/${id}/clips/${clip}/thumbnail`));
      expect((await other.refused(`GET /jobs/${id}/clips/${clip}/thumbnail`)).code).toBe('not_found');
    }
    for (const clip of [String(clips), '-1', 'x', '99999999999'])
      expect((await mine.refused(`GET /jobs/${id}/clips/${clip}/thumbnail`)).code).toBe('not_found');
    const { rows } = await coordinator.pool.query<{ key: string }>(
      "select a->>'key' as key from tasks, jsonb_array_elements(output->'artifacts') a where job_id = $1 and a->>'name' = 'thumbnail'",
      [id],
    );
    const { db, pool } = openPool({
      connectionString: coordinator.databaseUrl,
      max: 1,
      onError: () => undefined,
    });
    const garbage = postgresGarbageStore(db);
    expect(rows).toHaveLength(clips);
    expect(await garbage.orphans(rows.map(({ key }) => key))).toEqual([]);
    await mine.send('DELETE', `/jobs/${id}`);
    expect(await garbage.orphans(rows.map(({ key }) => key))).toHaveLength(clips);
    await pool.end();
  }, 60_000);

  test('a job that is no preview is none', async () => {
    const body = { upload_id: film, encode: 'ffmpeg -i - -c:v libx264' };
    const { job_id: id } = await mine.ok('SubmittedJob', 'POST /jobs', { body });
    expect((await mine.refused(`GET /previews/${id}`)).code).toBe('not_found');
    await mine.send('DELETE', `/jobs/${id}`);
  });
});
