import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ADMIN_PASSWORD,
  claimsOf,
  FIRST_PASSWORD,
  forgeToken,
  startOpenencoderGrid,
  type OpenencoderGrid,
} from '../../support/openencoder-grid.ts';

const JSON_TYPE = { 'content-type': 'application/json' };
const REFUSED = { message: 'unauthorized' };
const TIMES = 50;

let grid: OpenencoderGrid;
let admin = '';

beforeAll(async () => {
  const many = {
    CLIPGRID_OPENENCODER_LOGINS_PER_ACCOUNT: '1000',
    CLIPGRID_OPENENCODER_LOGINS_PER_ADDRESS: '1000',
  };
  grid = await startOpenencoderGrid({ environment: many });
});
afterAll(() => grid.close());

const login = (username: string, password: string) =>
  grid.call('POST', '/api/login', { body: { username, password }, headers: JSON_TYPE });

describe('accounts (acceptance checks of the contract)', () => {
  it('5. update-password: wrong 401; without new_password 400 and the flag stays; right 200, and login works', async () => {
    const update = (body: object) =>
      grid.call('POST', '/api/update-password', { body: { username: 'admin', ...body } });
    const wrong = await update({ current_password: 'x', new_password: 'y' });
    expect([wrong.status, wrong.json]).toEqual([401, { code: 401, message: 'unauthorized' }]);
    expect(wrong.headers.get('www-authenticate')).toBeNull();
    expect((await update({ current_password: FIRST_PASSWORD })).status).toBe(400);
    expect((await login('admin', FIRST_PASSWORD)).json.message).toBe('require password reset');
    const mismatch = { current_password: FIRST_PASSWORD, new_password: 'a', verify_password: 'b' };
    expect((await update(mismatch)).json).toEqual({ code: 400, message: expect.any(String) });
    const right = await update({ current_password: FIRST_PASSWORD, new_password: ADMIN_PASSWORD });
    expect([right.status, right.json]).toEqual([200, { user: 'admin', message: 'user updated' }]);
    admin = await grid.login('admin', ADMIN_PASSWORD);
  });

  it('2. what killed the reference answers as specified, 50 times in a row', async () => {
    const all = async (send: () => Promise<{ status: number }>): Promise<Set<number>> => {
      const statuses = new Set<number>();
      for (let times = 0; times < TIMES; times++) statuses.add((await send()).status);
      return statuses;
    };
    const long = { username: 'u'.repeat(200), password: 'pw' };
    const [unknownLogin, longName, unknownPreset, negativePage] = await Promise.all([
      all(() => login('nobody at all', 'pw')),
      all(() => grid.call('POST', '/api/register', { body: long })),
      all(() => grid.call('GET', '/api/presets/999', { token: admin })),
      all(() => grid.call('GET', '/api/presets?page=-1', { token: admin })),
    ]);
    expect([...unknownLogin, ...longName, ...unknownPreset, ...negativePage]).toEqual([401, 400, 404, 200]);
    const page = await grid.call('GET', '/api/presets?page=-1', { token: admin });
    expect(page.json).toMatchObject({ count: 5, presets: [] });
    for (const path of ['/api/users?page=-1', '/api/users?count=0', '/api/users?count=x'])
      expect((await grid.call('GET', path, { token: admin })).json).toMatchObject({ count: 1, users: [] });
  });

  it('3. register with the role admin gives a guest, who is refused everywhere else', async () => {
    await grid.call('POST', '/api/register', { body: { username: 'eve', password: 'pw', role: 'admin' } });
    const guest = await grid.login('eve', 'pw');
    expect((await grid.call('GET', '/api/me', { token: guest })).json.role).toBe('guest');
    const operators = [
      'POST /api/jobs',
      'PUT /api/jobs/1',
      'POST /api/jobs/1/cancel',
      'POST /api/jobs/1/restart',
    ];
    operators.push('POST /api/presets', 'PUT /api/presets/1');
    const admins = ['GET /api/users', 'PUT /api/users/1', 'GET /api/settings', 'PUT /api/settings'];
    const operator = await grid.member('olga', 'operator', admin);
    for (const [token, routes] of [
      [guest, [...operators, ...admins]],
      [operator, admins],
    ] as const) {
      for (const route of routes) {
        const [method = '', path = ''] = route.split(' ');
        const answer = await grid.call(method, path, {
          token,
          ...(method === 'GET' ? {} : { body: '{ no json' }),
        });
        expect([route, answer.status, answer.json]).toEqual([route, 401, REFUSED]);
      }
    }
    expect((await grid.call('POST', '/api/jobs', { token: operator, body: '{ no json' })).status).toBe(400);
  });

  it('4. a token has exactly four claims, lives an hour, and comes by header, query or the cookie jwt', async () => {
    const token = await grid.login('eve', 'pw');
    const claims = claimsOf(token);
    expect(Object.keys(claims).toSorted()).toEqual(['exp', 'id', 'orig_iat', 'role']);
    expect(claims).toMatchObject({ id: 'eve', role: 'guest' });
    const left = Number(claims['exp']) - Date.now() / 1000;
    expect(left).toBeGreaterThan(3595);
    expect(left).toBeLessThanOrEqual(3600);
    const status = async (path: string, headers: Record<string, string>): Promise<number> =>
      (await grid.call('GET', path, { headers })).status;
    expect(await status('/api/me', { authorization: `Bearer ${token}` })).toBe(200);
    expect(await status(`/api/me?token=${token}`, {})).toBe(200);
    expect(await status('/api/me', { cookie: `jwt=${token}` })).toBe(200);
    expect(await status('/api/me', { cookie: `token=${token}` })).toBe(401);
    expect(await status('/api/me', { authorization: `bearer ${token}` })).toBe(401);
    expect(await status(`/api/me?token=${token}`, { authorization: `Token ${token}` })).toBe(401);
  });

  it.each([
    ['invalid signing algorithm', 401, { exp: 9e9 }, { alg: 'none' }],
    ['invalid signing algorithm', 401, { exp: 9e9 }, { alg: 'HS512' }],
    ['missing exp field', 400, {}, {}],
    ['exp must be float64 format', 400, { exp: 'x' }, {}],
  ])('refuses a token: %s', async (message, code, claims, options) => {
    const token = forgeToken({ id: 'eve', role: 'guest', orig_iat: 1, ...claims }, options);
    const answer = await grid.call('GET', '/api/me', { token });
    expect([answer.status, answer.json]).toEqual([code, { code, message }]);
  });

  it('public routes let any credential be', async () => {
    for (const token of ['null', 'undefined', 'abc'])
      expect((await grid.call('GET', '/api/', { token })).status).toBe(200);
    const headers = { ...JSON_TYPE, authorization: 'Bearer null' };
    const body = { username: 'eve', password: 'pw' };
    expect((await grid.call('POST', '/api/login', { body, headers })).status).toBe(200);
  });

  it('a login may be a multipart form', async () => {
    const form = new FormData();
    form.set('username', 'eve');
    form.set('password', 'pw');
    const answer = await fetch(`${grid.url}/api/login`, { method: 'POST', body: form });
    expect(answer.status).toBe(200);
    for (const body of ['{"username":', '', '[]', '{"username":"eve"}']) {
      const broken = await grid.call('POST', '/api/login', { body, headers: JSON_TYPE });
      expect([broken.status, broken.json.message]).toEqual([401, 'missing Username or Password']);
    }
  });

  it('6. after a rename the old token ends, also for whoever takes the old name', async () => {
    await grid.call('POST', '/api/register', { body: { username: 'old', password: 'pw' } });
    const token = await grid.login('old', 'pw');
    const taken = { username: 'eve', current_password: 'pw' };
    expect((await grid.call('PUT', '/api/me', { token, body: taken })).json).toEqual({
      error: expect.any(String),
    });
    const body = { username: 'new', current_password: 'pw' };
    const answer = await grid.call('PUT', '/api/me', { token, body });
    expect([answer.status, answer.json]).toEqual([200, { user: 'old', message: 'user updated' }]);
    expect((await grid.call('GET', '/api/me', { token })).status).toBe(401);
    const renamed = await grid.login('new', 'pw');
    expect((await grid.call('GET', '/api/me', { token: renamed })).json.username).toBe('new');
    await grid.call('POST', '/api/register', { body: { username: 'old', password: 'other' } });
    expect((await grid.call('GET', '/api/me', { token })).status).toBe(401);
    const heir = await grid.login('old', 'other');
    expect((await grid.call('GET', '/api/me', { token: heir })).status).toBe(200);
  });

  it('18. PUT users without active leaves it; id 1 stays; a disabled user ends at once', async () => {
    const { json } = await grid.call('GET', '/api/users', { token: admin });
    const eve = json.users.find(({ username }: { username: string }) => username === 'eve');
    const put = (id: number, body: object) => grid.call('PUT', `/api/users/${id}`, { token: admin, body });
    const token = await grid.login('eve', 'pw');
    expect((await put(eve.id, { active: false })).json).toEqual({ ...eve, active: false });
    expect((await put(eve.id, { role: '' })).json).toEqual({ ...eve, active: false });
    expect((await put(eve.id, { role: 'root' })).status).toBe(400);
    expect((await put(1, { role: 'guest', active: false })).json).toMatchObject({
      role: 'admin',
      active: true,
    });
    expect((await grid.call('GET', '/api/me', { token })).status).toBe(401);
    expect((await grid.call('GET', '/api/refresh-token', { token })).status).toBe(401);
    expect((await login('eve', 'wrong')).json.message).toBe('incorrect Username or Password');
    expect((await login('eve', 'pw')).json.message).toBe('account disabled');
  });
});

describe('limits of logins', () => {
  it('refuses the sixth failure a minute of one account with 429 and Retry-After', async () => {
    const strict = await startOpenencoderGrid();
    const body = { username: 'admin', password: 'wrong' };
    const attempt = () => strict.call('POST', '/api/login', { body, headers: JSON_TYPE });
    for (let times = 0; times < 5; times++) expect((await attempt()).status).toBe(401);
    const refused = await attempt();
    expect([refused.status, refused.json]).toEqual([429, { code: 429, message: expect.any(String) }]);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    await strict.close();
  });

  it('refuses the third registration a minute of one address where two are allowed', async () => {
    const strict = await startOpenencoderGrid({
      environment: { CLIPGRID_OPENENCODER_REGISTRATIONS_PER_ADDRESS: '2' },
    });
    const register = (username: string) =>
      strict.call('POST', '/api/register', { body: { username, password: 'pw' } });
    for (const name of ['one', 'two']) expect((await register(name)).status).toBe(200);
    // What is refused unseen is not counted.
    expect((await register('x'.repeat(200))).status).toBe(400);
    const refused = await register('three');
    expect([refused.status, refused.json]).toEqual([429, { code: 429, message: expect.any(String) }]);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    await strict.close();
  });
});
