import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ApiClient } from '../../support/api-client.ts';
import { ADMIN_TOKEN, startTestCoordinator, type TestCoordinator } from '../../support/coordinator.ts';

let coordinator: TestCoordinator;
let open: TestCoordinator;
let api: ApiClient;
let openApi: ApiClient;
beforeAll(async () => {
  [coordinator, open] = await Promise.all([startTestCoordinator({ auth: 'token' }), startTestCoordinator()]);
  api = new ApiClient(coordinator.url);
  openApi = new ApiClient(open.url);
});
afterAll(async () => {
  await Promise.all([coordinator.close(), open.close()]);
});

const ADMIN = { owner: 'admin', scopes: ['read', 'submit', 'admin'], auth: 'token' } as const;

async function signIn(headers: Record<string, string> = {}): Promise<string> {
  const answer = await api.send('POST', '/session', { body: { token: ADMIN_TOKEN }, headers });
  expect(answer).toMatchObject({ status: 200, body: ADMIN });
  return answer.headers.getSetCookie()[0] ?? '';
}

/** What a browser sends back of it. */
const pairOf = (cookie: string): string => cookie.split(';')[0] ?? '';

describe('signing in', () => {
  test('makes the token a cookie that no script and no other site can use, and ends it', async () => {
    const cookie = await signIn();
    expect(cookie.split('; ').slice(1).toSorted()).toEqual([
      'HttpOnly',
      expect.stringMatching(/^Max-Age=\d+$/),
      'Path=/',
      'SameSite=Strict',
    ]);
    expect(cookie).not.toContain(ADMIN_TOKEN);
    expect(await signIn({ origin: `https://127.0.0.1:${coordinator.httpPort}` })).toContain('; Secure');
    expect(await api.ok('Session', 'GET /session', { headers: { cookie: pairOf(cookie) } })).toEqual({
      ...ADMIN,
      agents_port: coordinator.grpcPort,
    });

    const ended = await api.send('DELETE', '/session', { headers: { cookie: pairOf(cookie) } });
    expect(ended.status).toBe(204);
    expect(ended.headers.getSetCookie()[0]).toMatch(/^clipgrid_session=; .*Max-Age=0/);
  });

  test('a wrong token, none, and a cookie that is none are refused', async () => {
    const wrong = await api.refused('POST /session', { body: { token: 'cg_wrong' } });
    expect(wrong).toMatchObject({ status: 401, code: 'unauthenticated' });
    expect(wrong.headers.getSetCookie()).toEqual([]);
    expect(await api.refused('POST /session', { body: {} })).toMatchObject({ status: 400 });
    for (const cookie of ['', 'clipgrid_session=', 'clipgrid_session=%00', 'other=1']) {
      expect(await api.refused('GET /session', { headers: { cookie } })).toMatchObject({ status: 401 });
    }
  });

  test('a page of another site signs nobody in', async () => {
    const refused = await api.refused('POST /session', {
      body: { token: ADMIN_TOKEN },
      headers: { origin: 'https://evil.example' },
    });
    expect(refused).toMatchObject({ status: 403, code: 'permission_denied' });
  });
});

describe('a cookie', () => {
  const drain = (headers: Record<string, string>) => api.send('POST', '/agents/nobody/drain', { headers });
  const own = () => `http://127.0.0.1:${coordinator.httpPort}`;

  test('reads by itself', async () => {
    const cookie = pairOf(await signIn());
    expect((await api.send('GET', '/jobs', { headers: { cookie } })).status).toBe(200);
  });

  test('changes something only at the word of our own page', async () => {
    const cookie = pairOf(await signIn());
    const refusals: Record<string, string>[] = [
      {},
      { origin: 'null' },
      { origin: 'https://evil.example' },
      { origin: `http://127.0.0.1:${coordinator.httpPort + 1}` },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site', origin: own() },
    ];
    for (const headers of refusals) {
      expect([headers, (await drain({ cookie, ...headers })).status]).toEqual([headers, 403]);
    }
    for (const headers of [{ origin: own() }, { 'sec-fetch-site': 'same-origin' }]) {
      expect([headers, (await drain({ cookie, ...headers })).status]).toEqual([headers, 404]);
    }
  });

  test('does not count beside a header', async () => {
    const cookie = pairOf(await signIn());
    const headers = { cookie, authorization: 'Bearer wrong' };
    expect((await api.send('GET', '/jobs', { headers })).status).toBe(401);
    const token = { cookie, authorization: `Bearer ${ADMIN_TOKEN}` };
    expect((await drain(token)).status).toBe(404);
  });
});

describe('a grid without authentication', () => {
  test('needs no sign-in', async () => {
    const everybody = {
      owner: 'local',
      scopes: ['read', 'submit', 'admin'],
      auth: 'none',
      agents_port: open.grpcPort,
    };
    expect(await openApi.ok('Session', 'GET /session')).toEqual(everybody);
    const answer = await openApi.send('POST', '/session', { body: { token: 'any' } });
    expect(answer).toMatchObject({ status: 200, body: everybody });
    expect(answer.headers.getSetCookie()).toEqual([]);
  });

  test('lets a page of another site change nothing', async () => {
    const foreign = { headers: { origin: 'https://evil.example' } };
    expect(await openApi.refused('POST /agents/nobody/drain', foreign)).toMatchObject({ status: 403 });
    expect(await openApi.refused('POST /agents/nobody/drain')).toMatchObject({ status: 404 });
  });
});
