import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startOpenencoderGrid, type OpenencoderGrid } from '../../support/openencoder-grid.ts';
import { startOperatorStore, type OperatorStore } from '../../support/openencoder-store.ts';

const MASK = '********';
const PRESET = { name: 'p', description: 'd', output: 'o.mp4', data: '{"raw":["-c copy"]}', active: true };

let grid: OpenencoderGrid;
let admin = '';
let operator = '';

beforeAll(async () => {
  grid = await startOpenencoderGrid({ cutDatabase: true });
  admin = await grid.admin();
  operator = await grid.member('olga', 'operator', admin);
});
afterAll(() => grid.close());

const get = (path: string, token = operator) => grid.call('GET', path, { token });
const post = (path: string, body: unknown) => grid.call('POST', path, { token: operator, body });

describe('routing (contract 2.1)', () => {
  it.each([
    ['GET', '/', 301, '/dashboard'],
    ['GET', '/dashboard', 301, '/dashboard/'],
    ['GET', '/api/jobs/?page=2', 301, '/api/jobs?page=2'],
    ['POST', '/api/jobs/', 307, '/api/jobs'],
    ['GET', '/api/jobs/1/', 301, '/api/jobs/1'],
  ])('%s %s is redirected', async (method, path, status, location) => {
    const answer = await grid.call(method, path);
    expect([answer.status, answer.headers.get('location')]).toEqual([status, location]);
  });
  it('paths are case-sensitive, and unknown ones 404', async () => {
    for (const path of ['/API/', '/api/Jobs', '/api/nope/', '/nope', '/api/jobs/1/nope'])
      expect((await get(path)).status).toBe(404);
  });
  it('HEAD is GET without a body, OPTIONS says what there is', async () => {
    const head = await grid.call('HEAD', '/api/health');
    expect([head.status, head.text]).toEqual([200, '']);
    expect(Number(head.headers.get('content-length'))).toBeGreaterThan(0);
    const options = await grid.call('OPTIONS', '/api/presets');
    expect([options.status, options.headers.get('allow')]).toEqual([204, 'GET, POST, HEAD, OPTIONS']);
    expect(options.headers.get('access-control-allow-origin')).toBeNull();
  });
  it('is on the main port, too, and leaves the grid its own', async () => {
    const status = async (path: string): Promise<number> => (await fetch(grid.mainUrl + path)).status;
    expect(await status('/api/health')).toBe(200);
    expect(await status('/api/jobs')).toBe(401);
    expect(await status('/api/v1/health')).toBe(200);
    expect(await status('/dashboard/')).toBe(404);
  });
  it('serves the page and its files, and nothing above them', async () => {
    const script = await grid.call('GET', '/dashboard/page.js');
    expect([script.status, script.headers.get('content-type')]).toEqual([
      200,
      'text/javascript; charset=utf-8',
    ]);
    for (const path of [
      '/dashboard/..%2fapp.ts',
      '/dashboard/%2e%2e/app.ts',
      '/dashboard/.env',
      '/dashboard/%00',
    ])
      expect((await grid.call('GET', path)).text).not.toContain('import');
  });
  it('reads JSON whatever its type says, with keys in any case', async () => {
    const body = { USERNAME: 'upper', Password: 'pw', more: 1 };
    expect((await grid.call('POST', '/api/register', { body })).status).toBe(200);
    for (const broken of [
      '',
      '{',
      '[]',
      '"x"',
      '{"username":7,"password":"x"}',
      '{"username":"","password":"x"}',
    ])
      expect((await grid.call('POST', '/api/register', { body: broken })).json).toEqual({
        error: expect.any(String),
      });
  });
});

describe('presets (acceptance checks of the contract)', () => {
  it.each(['not json', '[]', 'null', '{"raw":"x"}', '{"video":7}'])(
    '12. data %s is refused',
    async (data) => {
      expect((await post('/api/presets', { ...PRESET, data })).json).toEqual({ error: expect.any(String) });
      const put = await grid.call('PUT', '/api/presets/1', { token: operator, body: { ...PRESET, data } });
      expect([put.status, put.json]).toEqual([400, { error: expect.any(String) }]);
    },
  );
  it('17. PUT output persists, POST without it is 400, a taken name 409', async () => {
    const { json } = await post('/api/presets', { ...PRESET, name: 'seventeen' });
    const { id } = json.preset;
    const changed = { ...PRESET, name: 'seventeen', output: 'other.mp4' };
    expect((await grid.call('PUT', `/api/presets/${id}`, { token: operator, body: changed })).status).toBe(
      200,
    );
    expect((await get(`/api/presets/${id}`)).json.preset.output).toBe('other.mp4');
    expect((await post('/api/presets', { ...PRESET, output: '' })).status).toBe(400);
    const taken = await post('/api/presets', { ...PRESET, name: 'seventeen' });
    expect([taken.status, taken.json]).toEqual([409, { error: expect.any(String) }]);
    const renamed = { ...PRESET, name: 'h264_main_480p_1000' };
    expect((await grid.call('PUT', `/api/presets/${id}`, { token: operator, body: renamed })).status).toBe(
      409,
    );
    // The draft page's alias.
    expect((await post(`/api/preset/${id}`, changed)).json).toEqual({ id, ...changed });
  });
  it.each([
    { output: '../o' },
    { output: 'a/b' },
    { output: '.' },
    { output: 'source' },
    { output: 'list.ffconcat' },
    { name: 'n'.repeat(129) },
    { active: null },
  ])('refuses %j', async (wrong) => {
    expect((await post('/api/presets', { ...PRESET, name: 'fresh', ...wrong })).status).toBe(400);
  });
});

describe('jobs without agents (acceptance checks of the contract)', () => {
  const job = { preset: 'h264_baseline_360p_600', source: 'src/t.mp4', dest: 'dst/t/' };
  it('8. 23 jobs make three pages', async () => {
    for (let made = 0; made < 23; made++) expect((await post('/api/jobs', job)).status).toBe(201);
    const ids = async (query: string): Promise<number[]> => {
      const { json } = await get(`/api/jobs?${query}`);
      expect(json.count).toBe(23);
      return json.items.map(({ id }: { id: number }) => id);
    };
    const first = await ids('page=0');
    expect(first).toHaveLength(10);
    expect(first).toEqual(first.toSorted((a, b) => b - a));
    expect(await ids('page=1')).toEqual(first);
    expect(await ids('page=001')).toEqual(first);
    expect(await ids('page=3')).toHaveLength(3);
    for (const none of ['page=99', 'page=-1', 'page=x', 'count=0', 'count=-1'])
      expect(await ids(none)).toEqual([]);
  });
  it('7. a job has a guid, an id, a true date and its source unchanged', async () => {
    const source = `s3:///${'ü/ %20?#'.repeat(125)}`;
    const { json } = await post('/api/jobs', { ...job, source });
    expect(json.job.guid).toMatch(/^[0-9a-v]{20}$/);
    expect(json.job.id).toBeGreaterThan(0);
    expect(Math.abs(Date.parse(json.job.created_date) - Date.now())).toBeLessThan(5_000);
    const read = (await get(`/api/jobs/${json.job.id}`)).json;
    expect(read.job).toMatchObject({ source, destination: job.dest, error_log: '' });
    expect(read).toMatchObject({ status: 200, id: json.job.id, guid: json.job.guid });
    expect((await post('/api/jobs', { ...job, source: 'x'.repeat(4097) })).status).toBe(400);
    expect((await get('/api/jobs?status=queued&count=1')).json).toMatchObject({ count: 24 });
  });
  it('knows only words of its own, and goes only where it may', async () => {
    const { id } = (await post('/api/job', job)).json.job;
    const put = (body: unknown) => grid.call('PUT', `/api/jobs/${id}`, { token: operator, body });
    expect((await put({ status: 'nope' })).status).toBe(400);
    expect((await put({ status: 'completed' })).status).toBe(409);
    expect((await put({})).json).toMatchObject({ id, status: 'queued' });
    expect((await put({ status: 'restarting' })).status).toBe(409);
    expect((await post(`/api/jobs/${id}/restart`, {})).json).toEqual({
      message: expect.any(String),
      status: 409,
    });
    expect((await put({ status: 'cancelled' })).json).toMatchObject({ id, status: 'cancelled' });
    expect((await put({ status: 'restarting' })).json).toMatchObject({ id, status: 'restarting' });
    for (const unknown of ['abc', '0', '-1', '99999999999', '1.5', '%00', '%zz'])
      expect((await get(`/api/jobs/${unknown}`)).json).toEqual({
        message: 'Job does not exist',
        status: 404,
      });
  });
  it.each([{ source: 's3:///../outbound/a.mp4' }, { source: 'a/%2e%2e/b.mp4' }, { dest: '../inbound/' }])(
    'refuses a key that may lead out of its bucket: %j',
    async (place) => {
      expect((await post('/api/jobs', { ...job, ...place })).json).toEqual({ error: expect.any(String) });
    },
  );
  it('can be restarted after its job of the grid was removed by another API', async () => {
    const { id } = (await post('/api/jobs', job)).json.job;
    await grid.query(
      `update openencoder_jobs set status = 'error', grid_job_id = gen_random_uuid() where job_id = $1`,
      [id],
    );
    expect((await post(`/api/jobs/${id}/restart`, {})).json).toEqual({ status: 200 });
    expect((await post(`/api/jobs/${id}/cancel`, {})).json).toEqual({ status: 200 });
  });
  it('an inactive preset is refused', async () => {
    await post('/api/presets', { ...PRESET, name: 'idle', active: false });
    expect((await post('/api/jobs', { ...job, preset: 'idle' })).json.error).toContain('not active');
  });
  it('the queue tells what waits', async () => {
    const { json } = await get('/api/worker/queue');
    expect(json).toEqual([{ job_name: 'encode', count: 25, latency: expect.any(Number) }]);
    expect((await get('/api/worker/pools')).text).toBe('[]');
  });
});

describe('settings and storage (acceptance checks of the contract)', () => {
  let store: OperatorStore;
  beforeAll(async () => {
    store = await startOperatorStore();
  });
  afterAll(() => store.stop());
  const save = (body: object) => grid.call('PUT', '/api/settings', { token: admin, body });
  const read = async (): Promise<Record<string, string>> => {
    const { json } = await get('/api/settings', admin);
    return Object.fromEntries(
      json.settings.map((one: { name: string; value: string }) => [one.name, one.value]),
    );
  };

  it('19. the first save of all 18 works; secrets come back masked, and the mask keeps them', async () => {
    const fresh = await read();
    expect(fresh).toMatchObject({
      S3_INBOUND_BUCKET: 'inbound',
      S3_PROVIDER: 'digitaloceanspaces',
      STORAGE_DRIVER: 's3',
    });
    expect(Object.keys(fresh)).toHaveLength(18);
    expect((await save(fresh)).json).toEqual({ settings: 'updated' });
    const token = 't'.repeat(200);
    expect((await save({ ...store.settings, DIGITAL_OCEAN_ACCESS_TOKEN: token })).status).toBe(200);
    const masked = await read();
    expect(masked).toMatchObject({ S3_SECRET_KEY: MASK, DIGITAL_OCEAN_ACCESS_TOKEN: MASK, FTP_PASSWORD: '' });
    expect(await read()).toEqual(masked);
    expect((await save(masked)).status).toBe(200);
    expect((await save({ S3_STREAMING: 'enabled' })).status).toBe(200);
    expect(await read()).toEqual({ ...masked, S3_STREAMING: 'enabled' });
    // The secret is still the right one, and lies nowhere in the open.
    expect((await get('/api/storage/list')).status).toBe(200);
    const rows = await grid.query('select string_agg(value, $1) as all from openencoder_settings', [' ']);
    expect(rows[0]?.['all']).not.toContain(store.s3.secretKey);
    expect(rows[0]?.['all']).not.toContain(token);
  });
  it('one secret that cannot be opened is told as such, and hides none of the others', async () => {
    const name = 'DIGITAL_OCEAN_ACCESS_TOKEN';
    const [row] = await grid.query('select value from openencoder_settings where name = $1', [name]);
    await grid.query('update openencoder_settings set value = $2 where name = $1', [
      name,
      'sealed by another key',
    ]);
    const { status, json } = await get('/api/settings', admin);
    expect(status).toBe(200);
    const told = new Map<string, { value: string; description: string }>(
      json.settings.map((one: { name: string }) => [one.name, one]),
    );
    expect(told.get(name)).toMatchObject({ value: MASK });
    expect(told.get(name)?.description).toContain('cannot be opened');
    expect(told.get('S3_SECRET_KEY')).toMatchObject({ value: MASK });
    expect(told.get('S3_SECRET_KEY')?.description).not.toContain('cannot be opened');
    expect((await get('/api/storage/list')).status).toBe(200);
    expect((await get('/api/machines')).status).not.toBe(409);
    expect((await save(await read())).status).toBe(200);
    expect(await grid.query('select value from openencoder_settings where name = $1', [name])).toEqual([
      { value: 'sealed by another key' },
    ]);
    await grid.query('update openencoder_settings set value = $2 where name = $1', [name, row?.['value']]);
  });
  it.each([
    {},
    { nothing: 'x' },
    { STORAGE_DRIVER: 'ftp' },
    { S3_PROVIDER: 'minio' },
    { S3_STREAMING: '' },
    { S3_ENDPOINT: 7 },
    { S3_ENDPOINT: 'x'.repeat(4097) },
  ])('refuses %j', async (body) => {
    expect((await save(body)).json).toEqual({ error: expect.any(String) });
  });
  it('20. storage/list tells one level of all pages; with the store stopped it is 502', async () => {
    await store.put('src/t.mp4', 'x'.repeat(123));
    await store.put('src/deep/er.mp4', 'x');
    await store.put('top.mp4', 'xy');
    const list = async (prefix: string): Promise<unknown> =>
      (await get(`/api/storage/list?prefix=${prefix}`)).json;
    expect(await list('')).toEqual({ data: { folders: ['src/'], files: [{ name: 'top.mp4', size: 2 }] } });
    expect(await list('src/')).toEqual({
      data: { folders: ['src/deep/'], files: [{ name: 'src/t.mp4', size: 123 }] },
    });
    expect(await list('none/')).toEqual({ data: { folders: [], files: [] } });
    await store.stop();
    const away = await get('/api/storage/list');
    expect([away.status, away.json]).toEqual([502, { message: expect.any(String), status: 502 }]);
  });
});

describe('the database away (acceptance checks of the contract)', () => {
  it('21. health says so within 2 s, lists are 503, and all is well again without a restart', async () => {
    const network = grid.network;
    network?.cut();
    const fromMs = performance.now();
    const away = await grid.call('GET', '/api/health');
    expect(performance.now() - fromMs).toBeLessThan(2_000);
    expect([away.status, away.json]).toEqual([200, { api: 'OK', db: 'NOTOK', redis: 'NOTOK', workers: 0 }]);
    const pools = await get('/api/worker/pools');
    expect([pools.status, pools.json.status]).toEqual([503, 503]);
    await network?.mend();
    const well = { api: 'OK', db: 'OK', redis: 'OK', workers: 0 };
    await expect
      .poll(async () => (await grid.call('GET', '/api/health')).json, { timeout: 20_000 })
      .toEqual(well);
    expect((await get('/api/worker/pools')).status).toBe(200);
  });
});
