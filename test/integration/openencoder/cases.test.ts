import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADMIN_PASSWORD, FIRST_PASSWORD, forgeToken, type Answer } from '../../support/openencoder-grid.ts';
import { startOpenencoderProcess, type OpenencoderProcess } from '../../support/openencoder-process.ts';

const JSON_TYPE = { 'content-type': 'application/json' };
const ROLE_REFUSED = { message: 'unauthorized' };
const NO_JOB = { message: 'Job does not exist', status: 404 };
const SHIPPED = 5;

// A process of its own: a request that ends it must not end the test.
let grid: OpenencoderProcess;
let pid: number | undefined;
const tokens: Record<'g' | 'o' | 'a', string> = { g: '', o: '', a: '' };

beforeAll(async () => {
  // The whole table is one client that fails more often than people may.
  const many = {
    CLIPGRID_OPENENCODER_LOCAL: 'off',
    CLIPGRID_OPENENCODER_LOGINS_PER_ACCOUNT: '1000',
    CLIPGRID_OPENENCODER_LOGINS_PER_ADDRESS: '1000',
  };
  grid = await startOpenencoderProcess(many);
  pid = grid.program.pid;
});
afterAll(() => grid.close());

type Auth = '-' | 'g' | 'o' | 'a';

/** One request of the table; `g`, `o` and `a` are tokens of a guest, an operator and the administrator. */
function send(auth: Auth, request: string, body?: unknown): Promise<Answer> {
  const [method = '', path = ''] = request.split(' ');
  return grid.call(method, path, { ...(auth === '-' ? {} : { token: tokens[auth] }), body });
}

function expectError(answer: Answer): void {
  expect(answer.status).toBe(400);
  expect(answer.json).toEqual({ error: expect.any(String) });
}

function expectRefused(answer: Answer, status: number, message: string): void {
  expect(answer.status).toBe(status);
  expect(answer.json).toEqual({ code: status, message });
  expect(answer.headers.get('www-authenticate')).toBe('JWT realm=openencoder');
}

function expectSession(answer: Answer): void {
  expect(answer.status).toBe(200);
  expect(answer.json).toEqual({
    code: 200,
    token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
    expire: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/),
  });
}

const nowS = (): number => Math.floor(Date.now() / 1000);

// The rows stand on each other, in the table's order.
describe('concrete cases of contract 2.13', () => {
  it('1. GET /api/', async () => {
    const { status, json } = await send('-', 'GET /api/');
    expect(status).toBe(200);
    for (const key of ['docs', 'github', 'name', 'version', 'wiki'])
      expect(json[key]).toEqual(expect.any(String));
  });
  it('2. GET /api', async () => {
    const { status, headers } = await send('-', 'GET /api');
    expect([status, headers.get('location')]).toEqual([301, '/api/']);
  });
  it('3. GET /api/nope', async () => {
    const { status, json, headers } = await send('-', 'GET /api/nope');
    expect(status).toBe(404);
    expect(json).toEqual({ message: 'Not found', status: 404 });
    expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
  });
  it('4. DELETE /api/jobs/1', async () => {
    const { status, json, headers } = await send('-', 'DELETE /api/jobs/1');
    expect(status).toBe(405);
    expect(json).toEqual({ message: 'Method not allowed', status: 405 });
    expect(headers.get('allow')).toBe('GET, PUT, HEAD, OPTIONS');
  });
  it('5. GET /api/jobs/', async () => {
    const { status, headers } = await send('-', 'GET /api/jobs/');
    expect([status, headers.get('location')]).toEqual([301, '/api/jobs']);
  });
  it('6. GET /dashboard/jobs', async () => {
    const { status, headers, text } = await send('-', 'GET /dashboard/jobs');
    expect([status, headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(text).toContain('<!doctype html>');
  });
  it('7. GET /api/health (no agents)', async () => {
    const { status, json } = await send('-', 'GET /api/health');
    expect(status).toBe(200);
    expect(json).toEqual({ api: 'OK', db: 'OK', redis: 'OK', workers: 0 });
  });
  it('8. POST /api/register {}', async () => expectError(await send('-', 'POST /api/register', {})));
  it('9. POST /api/register of guest1 with role admin', async () => {
    const { status, json } = await send('-', 'POST /api/register', {
      username: 'guest1',
      password: 'pw',
      role: 'admin',
    });
    expect([status, json]).toEqual([200, { user: 'guest1', message: 'user created' }]);
  });
  it('10. the same again', async () => {
    const { status, json } = await send('-', 'POST /api/register', { username: 'guest1', password: 'pw' });
    expect([status, json]).toEqual([400, { message: 'error creating user' }]);
  });
  it('11. POST /api/login {}', async () => {
    expectRefused(await send('-', 'POST /api/login', {}), 401, 'missing Username or Password');
  });
  it('12. POST /api/login urlencoded', async () => {
    const answer = await grid.call('POST', '/api/login', {
      body: 'username=guest1&password=pw',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    expectSession(answer);
    tokens.g = answer.json.token;
  });
  it.each([
    { username: 'guest1', password: 'wrong' },
    { username: 'nobody', password: 'pw' },
  ])('13. POST /api/login wrong: $username', async (body) => {
    const answer = await grid.call('POST', '/api/login', { body, headers: JSON_TYPE });
    expectRefused(answer, 401, 'incorrect Username or Password');
  });
  it('14. POST /api/login of the fresh admin', async () => {
    const body = { username: 'admin', password: FIRST_PASSWORD };
    const answer = await grid.call('POST', '/api/login', { body, headers: JSON_TYPE });
    expectRefused(answer, 401, 'require password reset');
  });
  it('15. POST /api/update-password {}', async () => {
    const { status, json } = await send('-', 'POST /api/update-password', {});
    const message = 'validation error. please provide username, current password and new password';
    expect([status, json]).toEqual([400, { code: 400, message }]);
  });
  it('16. POST /api/update-password without a new one: 400, and the flag stays', async () => {
    const { status } = await send('-', 'POST /api/update-password', {
      username: 'admin',
      current_password: FIRST_PASSWORD,
    });
    expect(status).toBe(400);
    const body = { username: 'admin', password: FIRST_PASSWORD };
    const answer = await grid.call('POST', '/api/login', { body, headers: JSON_TYPE });
    expectRefused(answer, 401, 'require password reset');
  });
  it('17. GET /api/me without a token', async () =>
    expectRefused(await send('-', 'GET /api/me'), 401, 'cookie token is empty'));
  it('18. GET /api/me with garbage', async () => {
    const answer = await grid.call('GET', '/api/me', { token: 'abc' });
    expectRefused(answer, 401, 'token contains an invalid number of segments');
  });
  it('19. GET /api/me by query and by the cookie jwt', async () => {
    const me = { role: 'guest', status: 200, username: 'guest1' };
    expect((await grid.call('GET', `/api/me?token=${tokens.g}`)).json).toEqual(me);
    expect((await grid.call('GET', '/api/me', { headers: { cookie: `jwt=${tokens.g}` } })).json).toEqual(me);
  });
  it('20. GET /api/me expired', async () => {
    const token = forgeToken({ id: 'guest1', role: 'guest', exp: nowS() - 10, orig_iat: nowS() - 100 });
    expectRefused(await grid.call('GET', '/api/me', { token }), 401, 'Token is expired');
  });
  it('21. GET /api/me with the role root', async () => {
    const token = forgeToken({ id: 'guest1', role: 'root', exp: nowS() + 1000, orig_iat: nowS() });
    const { status, json } = await grid.call('GET', '/api/me', { token });
    expect([status, json]).toEqual([
      403,
      { code: 403, message: "you don't have permission to access this resource" },
    ]);
  });
  it('22. GET /api/me signed with another key', async () => {
    const claims = { id: 'guest1', role: 'guest', exp: nowS() + 1000, orig_iat: nowS() };
    const token = forgeToken(claims, { key: 'another key' });
    expectRefused(await grid.call('GET', '/api/me', { token }), 401, 'signature is invalid');
  });
  it('23. GET /api/refresh-token', async () => {
    const answer = await send('g', 'GET /api/refresh-token');
    expectSession(answer);
    expect(answer.json.expire).not.toContain('.');
  });
  it('24. GET /api/refresh-token of an expired one', async () => {
    const expired = (startedS: number): string =>
      forgeToken({ id: 'guest1', role: 'guest', exp: nowS() - 10, orig_iat: nowS() - startedS });
    expectSession(await grid.call('GET', '/api/refresh-token', { token: expired(100) }));
    const old = await grid.call('GET', '/api/refresh-token', { token: expired(4000) });
    expectRefused(old, 401, 'token is expired');
  });
  it('25. PUT /api/me with a wrong current password', async () => {
    const body = { username: 'guest1', current_password: 'wrong' };
    const { status, json, headers } = await send('g', 'PUT /api/me', body);
    expect([status, json]).toEqual([401, { code: 401, message: 'unauthorized' }]);
    expect(headers.get('www-authenticate')).toBe(null);
  });
  it('26. GET /api/users as a guest', async () => {
    const { status, json, headers } = await send('g', 'GET /api/users');
    expect([status, json]).toEqual([401, ROLE_REFUSED]);
    expect(headers.get('www-authenticate')).toBe(null);
  });
  it('27. GET /api/users', async () => {
    await send('-', 'POST /api/register', { username: 'operator1', password: 'pw' });
    tokens.a = await grid.admin();
    const { status, json } = await send('a', 'GET /api/users');
    expect(status).toBe(200);
    expect(json).toEqual({
      code: 200,
      count: 3,
      users: [
        { id: 3, username: 'operator1', role: 'guest', active: true },
        { id: 2, username: 'guest1', role: 'guest', active: true },
        { id: 1, username: 'admin', role: 'admin', active: true },
      ],
    });
  });
  it('28. PUT /api/users/3', async () => {
    const { status, json } = await send('a', 'PUT /api/users/3', { role: 'operator', active: true });
    expect([status, json]).toEqual([200, { id: 3, username: 'operator1', role: 'operator', active: true }]);
    tokens.o = await grid.login('operator1', 'pw');
  });
  it('29. PUT /api/users/3 with the role root', async () =>
    expectError(await send('a', 'PUT /api/users/3', { role: 'root', active: true })));
  it('30. PUT /api/users/1', async () => {
    const { status, json } = await send('a', 'PUT /api/users/1', { role: 'guest', active: false });
    expect([status, json]).toEqual([200, { id: 1, username: 'admin', role: 'admin', active: true }]);
  });
  it.each([undefined, {}, { role: 'guest' }])('31. PUT /api/users/999: %j', async (body) => {
    const { status, json } = await send('a', 'PUT /api/users/999', body);
    expect([status, json]).toEqual([404, { message: 'User does not exist', status: 404 }]);
  });
  it('32. GET /api/stats', async () => {
    const { status, json } = await send('g', 'GET /api/stats');
    expect(status).toBe(200);
    const words = 'queued downloading probing encoding uploading completed error cancelled restarting';
    expect(json).toEqual({
      status: 200,
      stats: { jobs: words.split(' ').map((word) => ({ status: word, count: 0 })) },
    });
  });
  it('33. GET /api/worker/busy (idle)', async () => {
    const { status, text } = await send('g', 'GET /api/worker/busy');
    expect([status, text]).toEqual([200, '[]']);
  });
  it('34. GET /api/jobs without a token', async () =>
    expectRefused(await send('-', 'GET /api/jobs'), 401, 'cookie token is empty'));
  it('35. GET /api/jobs/999', async () => {
    const { status, json } = await send('g', 'GET /api/jobs/999');
    expect([status, json]).toEqual([404, NO_JOB]);
  });
  it('36. POST /api/jobs as a guest', async () => {
    const body = { preset: 'h264_baseline_360p_600', source: 's', dest: 'd' };
    const { status, json } = await send('g', 'POST /api/jobs', body);
    expect([status, json]).toEqual([401, ROLE_REFUSED]);
  });
  it('37. POST /api/jobs with destination in place of dest', async () =>
    expectError(await send('o', 'POST /api/jobs', { preset: 'p', source: 's', destination: 'd' })));
  it('38. POST /api/jobs', async () => {
    const body = { preset: 'h264_baseline_360p_600', source: 's3:///src/t.mp4', dest: 's3:///dst/t/' };
    // The table's job is number 2.
    await send('o', 'POST /api/jobs', body);
    const { status, json } = await send('o', 'POST /api/jobs', body);
    expect(status).toBe(201);
    expect(json).toEqual({
      message: 'Job created',
      status: 200,
      job: {
        id: 2,
        guid: expect.stringMatching(/^[0-9a-v]{20}$/),
        preset: body.preset,
        created_date: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/),
        status: 'queued',
        source: body.source,
        destination: body.dest,
        probe: null,
        options: null,
        progress: null,
        speed: null,
        fps: null,
        streaming: false,
        error: null,
        clips_total: 0,
        clips_done: 0,
        eta_seconds: null,
      },
    });
  });
  it('39. POST /api/jobs with an unknown preset', async () =>
    expectError(await send('o', 'POST /api/jobs', { preset: 'nope', source: 'a.mp4', dest: 'a/' })));
  it('40. GET /api/jobs?page=0', async () => {
    const [zero, one] = await Promise.all([
      send('g', 'GET /api/jobs?page=0'),
      send('g', 'GET /api/jobs?page=1'),
    ]);
    expect(zero.status).toBe(200);
    expect(zero.json).toEqual(one.json);
    expect(zero.json.count).toBe(2);
  });
  it('41. GET /api/jobs?page=1&count=1', async () => {
    const { status, json } = await send('g', 'GET /api/jobs?page=1&count=1');
    expect([status, json.count, json.items.length]).toEqual([200, 2, 1]);
    expect(json.items[0]).toMatchObject({
      id: 2,
      status: 'queued',
      probe: '{}',
      options: '{}',
      progress: 0,
      speed: null,
      fps: 0,
    });
  });
  it('42. GET /api/jobs/2/status', async () => {
    const { status, json } = await send('g', 'GET /api/jobs/2/status');
    expect([status, json]).toEqual([200, { job_status: 'queued', status: 200 }]);
  });
  it('43. POST /api/jobs/2/cancel', async () => {
    for (let times = 0; times < 2; times++) {
      const { status, json } = await send('o', 'POST /api/jobs/2/cancel', {});
      expect([status, json]).toEqual([200, { status: 200 }]);
    }
    expect((await send('g', 'GET /api/jobs/2/status')).json.job_status).toBe('cancelled');
  });
  it('44. POST /api/jobs/999/cancel', async () => {
    const { status, json } = await send('o', 'POST /api/jobs/999/cancel');
    expect([status, json]).toEqual([404, NO_JOB]);
  });
  it('45. POST /api/jobs/2/restart', async () => {
    const { status, json } = await send('o', 'POST /api/jobs/2/restart', {});
    expect([status, json]).toEqual([200, { status: 200 }]);
    expect((await send('g', 'GET /api/jobs/2/status')).json.job_status).toBe('restarting');
  });
  it('46. GET /api/presets?page=0&count=2', async () => {
    const { status, json } = await send('g', 'GET /api/presets?page=0&count=2');
    expect([status, json.count]).toEqual([200, SHIPPED]);
    expect(json.presets.map(({ id }: { id: number }) => id)).toEqual([5, 4]);
    expect(json.items).toEqual(json.presets);
  });
  it('47. GET /api/presets/1', async () => {
    const { status, json } = await send('g', 'GET /api/presets/1');
    expect(status).toBe(200);
    expect(json).toEqual({
      preset: {
        id: 1,
        name: 'h264_baseline_360p_600',
        description: expect.any(String),
        data: expect.any(String),
        output: 'h264_baseline_360p_600.mp4',
        active: true,
      },
      status: 200,
    });
  });
  it('48. GET /api/presets/999', async () => {
    const { status, json } = await send('g', 'GET /api/presets/999');
    expect([status, json]).toEqual([404, { message: 'Preset does not exist', status: 404 }]);
  });
  const p1 = {
    name: 'p1',
    description: 'd1',
    output: 'o1.mp4',
    data: '{"raw":["-c copy","-y"]}',
    active: false,
  };
  it('49. POST /api/presets', async () => {
    const { status, json } = await send('o', 'POST /api/presets', p1);
    expect(status).toBe(201);
    expect(json).toMatchObject({ preset: { id: 6, ...p1 }, status: 201 });
  });
  it('50. POST /api/presets without output', async () =>
    expectError(await send('o', 'POST /api/presets', { ...p1, name: 'p2', output: undefined })));
  it('51. PUT /api/presets/6', async () => {
    const changed = { ...p1, output: 'changed.mp4' };
    const { status, json } = await send('o', 'PUT /api/presets/6', { id: 6, ...changed });
    expect([status, json]).toEqual([200, { id: 6, ...changed }]);
    expect((await send('g', 'GET /api/presets/6')).json.preset).toEqual({ id: 6, ...changed });
  });
  it('52. GET /api/settings as a guest', async () => {
    const { status, json } = await send('g', 'GET /api/settings');
    expect([status, json]).toEqual([401, ROLE_REFUSED]);
  });
  it('53. GET /api/settings', async () => {
    const { status, json } = await send('a', 'GET /api/settings');
    expect(status).toBe(200);
    expect(Object.keys(json)).toEqual(['settings']);
    const names = json.settings.map(({ name }: { name: string }) => name).join(' ');
    expect(names).toBe(
      'S3_ACCESS_KEY S3_SECRET_KEY DIGITAL_OCEAN_ACCESS_TOKEN SLACK_WEBHOOK S3_INBOUND_BUCKET S3_OUTBOUND_BUCKET ' +
        'S3_OUTBOUND_BUCKET_REGION S3_INBOUND_BUCKET_REGION S3_PROVIDER S3_STREAMING FTP_ADDR FTP_USERNAME FTP_PASSWORD ' +
        'STORAGE_DRIVER S3_ENDPOINT DIGITAL_OCEAN_REGION DIGITAL_OCEAN_ENABLED DIGITAL_OCEAN_VPC',
    );
  });
  it('54. PUT /api/settings with an unknown provider', async () => {
    const body = {
      STORAGE_DRIVER: 's3',
      S3_PROVIDER: 'minio',
      S3_STREAMING: 'disabled',
      DIGITAL_OCEAN_ENABLED: 'disabled',
    };
    expectError(await send('a', 'PUT /api/settings', body));
  });
  it('55. GET /api/machines as a guest', async () => {
    const { status, json } = await send('g', 'GET /api/machines');
    expect([status, json]).toEqual([401, ROLE_REFUSED]);
  });
  it('56. GET /api/machines, nothing configured', async () => {
    const { status, json } = await send('o', 'GET /api/machines');
    expect([status, json]).toEqual([401, { message: 'machines not configured', status: 401 }]);
  });
  it('57. POST /api/machines {}', async () => expectError(await send('o', 'POST /api/machines', {})));
  it('58. GET /api/storage/list without a token', async () =>
    expectRefused(await send('-', 'GET /api/storage/list'), 401, 'cookie token is empty'));

  it('has not ended the process, and the administrator can still log in', async () => {
    expect(pid).toEqual(expect.any(Number));
    expect([grid.program.running, grid.program.pid]).toEqual([true, pid]);
    expect(await grid.login('admin', ADMIN_PASSWORD)).toEqual(expect.any(String));
  });
});
