import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createAccounts } from '../../../coordinator/grid/accounts.ts';
import { openPool } from '../../../coordinator/store/postgres/pool.ts';
import { postgresTokenStore } from '../../../coordinator/store/postgres/token-store.ts';
import type { Scope } from '../../../coordinator/domain/account.ts';
import { OPERATIONS } from '../../../coordinator/http/operations.ts';
import { systemClock } from '../../../shared/clock.ts';
import { systemIds } from '../../../shared/ids.ts';
import { ApiClient } from '../../support/api-client.ts';
import { ADMIN_TOKEN, startTestCoordinator, type TestCoordinator } from '../../support/coordinator.ts';

let coordinator: TestCoordinator;
let api: ApiClient;
let admin: ApiClient;
let revoke: (name: string) => Promise<void>;
const tokens = new Map<string, string>();
const as = (name: string): ApiClient => api.as(tokens.get(name) ?? 'unknown');

beforeAll(async () => {
  coordinator = await startTestCoordinator({ auth: 'token' });
  api = new ApiClient(coordinator.url);
  admin = api.as(ADMIN_TOKEN);
  const { db, pool } = openPool({
    connectionString: coordinator.databaseUrl,
    max: 1,
    onError: () => undefined,
  });
  const accounts = createAccounts(
    postgresTokenStore(db),
    systemIds(() => systemClock.wallMs()),
  );
  const make = async (ownerId: string, name: string, scopes: readonly Scope[]): Promise<void> => {
    tokens.set(name, (await accounts.createToken({ ownerId, name, scopes })).secret);
  };
  await make('ann', 'ann', ['read', 'submit']);
  await make('ann', 'ann-reads', ['read']);
  await make('ben', 'ben', ['read', 'submit']);
  await make('ben', 'ben-agent', ['agent']);
  revoke = (name) => accounts.revokeToken(name, name);
  closePool = () => pool.end();
});
let closePool: () => Promise<void>;
afterAll(async () => {
  await closePool();
  await coordinator.close();
});

const submission = (source: string) => ({
  body: { upload_id: source, encode: 'ffmpeg -i - -c:v libx264' },
});

test('without a token every route but health, ready, metrics and the document is refused, whatever it is asked', async () => {
  for (const { method, path, open } of OPERATIONS) {
    const request = `${method.toUpperCase()} ${path.replaceAll(/\{\w+\}/g, randomUUID())}`;
    if (open) {
      const { status } = await api.send(...(request.split(' ') as [string, string]));
      // A sign-in without a body is no sign-in, but nobody needs a token to try.
      expect(status, request).toBe(
        request === 'POST /session' ? 400 : request === 'DELETE /session' ? 204 : 200,
      );
      continue;
    }
    for (const client of [api, api.as('wrong')]) {
      const refused = await client.refused(request);
      expect(refused, request).toMatchObject({ status: 401, code: 'unauthenticated' });
      expect(refused.detail).toContain('`Authorization: Bearer TOKEN`');
      expect(refused.headers.get('www-authenticate')).toBe('Bearer realm="clipgrid"');
    }
  }
});

test.each(['Basic YTpi', 'Bearer', 'Bearer  ', `Bearer ${'x'.repeat(8000)}`, 'Bearer a b', 'Bearer ä'])(
  'the header %s is no token',
  async (authorization) => {
    expect(await api.refused('GET /jobs', { headers: { authorization } })).toMatchObject({ status: 401 });
  },
);

test('a token does what its scopes say, and the answer names the missing one', async () => {
  await as('ann-reads').ok('JobList', 'GET /jobs');
  const cases = [
    ['ann-reads', 'POST /uploads', 'submit'],
    ['ann-reads', 'POST /jobs', 'submit'],
    ['ann', `POST /agents/x/drain`, 'admin'],
    ['ben-agent', 'GET /jobs', 'read'],
  ] as const;
  for (const [name, request, scope] of cases) {
    const refused = await as(name).refused(request);
    expect(refused, request).toMatchObject({ status: 403, code: 'permission_denied' });
    expect(refused.detail).toContain(`the token ${name} lacks the scope ${scope}`);
  }
});

test('what belongs to another owner is not there; an administrator sees all', async () => {
  const source = await as('ann').upload(randomBytes(10));
  const { job_id: id } = await as('ann').ok('SubmittedJob', 'POST /jobs', submission(source));
  const requests = [
    `GET /jobs/${id}`,
    `GET /jobs/${id}/events`,
    `GET /jobs/${id}/result`,
    `GET /jobs/${id}/files`,
    `POST /jobs/${id}/cancel`,
    `POST /jobs/${id}/retry`,
    `DELETE /jobs/${id}`,
    `GET /uploads/${source}`,
    `GET /uploads/${source}/parts`,
    `POST /uploads/${source}/complete`,
    `DELETE /uploads/${source}`,
  ];
  for (const request of requests) {
    expect(await as('ben').refused(request), request).toMatchObject({ status: 404, code: 'not_found' });
  }
  const parts = await as('ben').refused(`POST /uploads/${source}/parts`, { body: { parts: [1] } });
  expect(parts.status).toBe(404);
  const stolen = await as('ben').refused('POST /jobs', submission(source));
  expect(stolen).toMatchObject({ status: 404, errors: [{ field: 'upload_id', value: source }] });
  expect((await as('ben').ok('JobList', 'GET /jobs')).jobs).toEqual([]);
  expect((await as('ben').ok('UploadList', 'GET /uploads')).uploads).toEqual([]);

  await as('ann-reads').ok('JobDetail', `GET /jobs/${id}`);
  expect((await admin.ok('JobDetail', `GET /jobs/${id}`)).owner).toBe('ann');
  expect((await admin.ok('JobList', 'GET /jobs')).jobs.map((job) => job.job_id)).toContain(id);
  await admin.ok('Job', `POST /jobs/${id}/cancel`);
});

test('an idempotency key is the owner’s own', async () => {
  const headers = { 'idempotency-key': 'the same' };
  const job = async (name: string): Promise<string> => {
    const source = await as(name).upload(randomBytes(10));
    const answer = await as(name).ok('SubmittedJob', 'POST /jobs', { ...submission(source), headers });
    return answer.job_id;
  };
  expect(await job('ann')).not.toBe(await job('ben'));
});

test('a revoked token ends at once', async () => {
  await as('ben').ok('JobList', 'GET /jobs');
  await revoke('ben');
  expect(await as('ben').refused('GET /jobs')).toMatchObject({ status: 401 });
});

test('a token for nobody, or for nothing, is refused by name', async () => {
  const wrong = [
    [{ name: 'a b', scopes: ['read'] }, 'name', '1 to 64 letters'],
    [{ name: 'x'.repeat(65), scopes: ['read'] }, 'name', '1 to 64 letters'],
    [{ name: 'a', owner: '../b', scopes: ['read'] }, 'owner', '1 to 64 letters'],
    [{ name: 'a', scopes: [] }, 'scopes', ''],
    [{ name: 'a', scopes: ['root'] }, 'scopes.0', 'admin'],
  ] as const;
  for (const [body, field, message] of wrong) {
    const refused = await admin.refused('POST /tokens', { body });
    expect(refused, JSON.stringify(body)).toMatchObject({ status: 400 });
    expect(refused.errors?.[0]?.field).toBe(field);
    expect(refused.errors?.[0]?.message).toContain(message);
  }
  const before = await admin.ok('TokenList', 'GET /tokens');
  const taken = await admin.refused('POST /tokens', { body: { name: 'ann', scopes: ['admin'] } });
  expect(taken).toMatchObject({ status: 409, code: 'already_exists' });
  expect(await admin.ok('TokenList', 'GET /tokens')).toEqual(before);
});
