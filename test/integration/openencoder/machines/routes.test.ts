import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { agentVariables, boot, until } from '../../../support/machines.ts';
import { DigitalOceanDouble, DO_TOKEN } from '../../../support/digitalocean-double.ts';
import {
  ADMIN_PASSWORD,
  JWT_KEY,
  startOpenencoderGrid,
  type Answer,
  type OpenencoderGrid,
} from '../../../support/openencoder-grid.ts';

const NOT_CONFIGURED = { message: 'machines not configured', status: 401 };
const ORDER = { provider: 'digitalocean', region: 'nyc3', size: 's-1vcpu-1gb', count: 2 };
const PATHS = ['', '/regions', '/sizes', '/vpc', '/pricing', '/providers'];

let service: DigitalOceanDouble;
let grid: OpenencoderGrid;
let [admin, operator, guest] = ['', '', ''];
beforeAll(async () => {
  service = await DigitalOceanDouble.start();
  grid = await startOpenencoderGrid({
    environment: {
      CLIPGRID_OPENENCODER_LOCAL: 'off',
      CLIPGRID_OPENENCODER_DO_URL: service.url,
      CLIPGRID_OPENENCODER_MAX_MACHINES: '12',
    },
  });
  admin = await grid.admin();
  operator = await grid.member('op', 'operator', admin);
  guest = await grid.member('guest1', 'guest', admin);
});
afterAll(async () => {
  await grid.close();
  await service.close();
});
let tokens = 0;
beforeEach(async () => {
  await grid.query('delete from openencoder_machines');
  service.reset();
  // Another token each time: what one was told of is no answer for the next.
  service.token = `${DO_TOKEN}${tokens++}`;
  await configure({ DIGITAL_OCEAN_ENABLED: 'enabled', DIGITAL_OCEAN_ACCESS_TOKEN: service.token });
  return () => expect(service.problems.splice(0)).toEqual([]);
});

async function configure(values: Readonly<Record<string, string>>): Promise<void> {
  const body = { DIGITAL_OCEAN_REGION: '', DIGITAL_OCEAN_VPC: '', ...values };
  expect((await grid.call('PUT', '/api/settings', { token: admin, body })).status).toBe(200);
}
const call = (method: string, path: string, body?: unknown, token = operator): Promise<Answer> =>
  grid.call(method, `/api/machines${path}`, { token, ...(body === undefined ? {} : { body }) });
const told = ({ status, json }: Answer): unknown[] => [status, json];

describe('who may', () => {
  test('a guest sees the price and nothing else; nobody without a token', async () => {
    for (const path of PATHS) {
      const answer = await call('GET', path, undefined, guest);
      if (path === '/pricing') expect(answer.status).toBe(200);
      else expect(told(answer)).toEqual([401, { message: 'unauthorized' }]);
    }
    for (const [method, path] of [
      ['POST', ''],
      ['DELETE', ''],
      ['DELETE', '/1'],
    ] as const)
      expect(told(await call(method, path, {}, guest))).toEqual([401, { message: 'unauthorized' }]);
    expect((await grid.call('GET', '/api/machines')).json).toEqual({
      code: 401,
      message: 'cookie token is empty',
    });
  });
});

describe('without a provider', () => {
  test('every route says so, after the role and the body', async () => {
    await configure({ DIGITAL_OCEAN_ENABLED: '' });
    for (const path of PATHS) expect(told(await call('GET', path))).toEqual([401, NOT_CONFIGURED]);
    expect(told(await call('GET', '/pricing', undefined, guest))).toEqual([401, NOT_CONFIGURED]);
    expect(told(await call('POST', '', ORDER))).toEqual([401, NOT_CONFIGURED]);
    expect(told(await call('DELETE', ''))).toEqual([401, NOT_CONFIGURED]);
    expect(told(await call('DELETE', '/1'))).toEqual([401, NOT_CONFIGURED]);
    expect(told(await call('DELETE', '/abc'))).toEqual([401, NOT_CONFIGURED]);
    for (const count of [0, 11, '1', 1.5, -1, undefined])
      expect(told(await call('POST', '', { ...ORDER, count }))).toEqual([400, { error: expect.any(String) }]);
    expect((await call('POST', '', undefined)).status).toBe(400);
    expect(service.requests).toEqual([]);
  });

  test('a token that the provider refuses counts as none', async () => {
    await configure({ DIGITAL_OCEAN_ACCESS_TOKEN: 'another' });
    for (const path of PATHS) expect(told(await call('GET', path))).toEqual([401, NOT_CONFIGURED]);
    expect(told(await call('POST', '', ORDER))).toEqual([401, NOT_CONFIGURED]);
  });

  test('one that is refused from now on, too', async () => {
    expect((await call('GET', '/regions')).status).toBe(200);
    service.token = 'another';
    expect(told(await call('POST', '', ORDER))).toEqual([401, NOT_CONFIGURED]);
    expect(await grid.query('select 1 from openencoder_machines where ended_at is null')).toEqual([]);
  });
});

describe('what there is', () => {
  test('regions, sizes and networks', async () => {
    expect(told(await call('GET', '/regions'))).toEqual([
      200,
      {
        regions: [
          { name: 'New York 3', slug: 'nyc3', sizes: ['s-1vcpu-1gb', 's-4vcpu-8gb'], available: true },
          { name: 'Amsterdam 3', slug: 'ams3', sizes: ['s-1vcpu-1gb'], available: true },
          { name: 'New York 2', slug: 'nyc2', sizes: [], available: false },
        ],
      },
    ]);
    expect(told(await call('GET', '/sizes'))).toEqual([
      200,
      {
        sizes: [
          { slug: 's-1vcpu-1gb', available: true, price_monthly: 6, price_hourly: 0.00893 },
          { slug: 's-4vcpu-8gb', available: true, price_monthly: 48, price_hourly: 0.07143 },
          { slug: 's-gone', available: false, price_monthly: 5, price_hourly: 0.00744 },
        ],
      },
    ]);
    expect(told(await call('GET', '/vpc'))).toEqual([
      200,
      { vpcs: [{ id: '760e09ef-dc84-11e8-981e-3cfdfeaae000', name: 'render' }] },
    ]);
    await configure({ DIGITAL_OCEAN_REGION: 'ams3' });
    const { regions } = (await call('GET', '/regions')).json as { regions: { slug: string }[] };
    expect(regions.map(({ slug }) => slug)).toEqual(['ams3']);
  });

  test('providers, and why one is not there', async () => {
    const { providers } = (await call('GET', '/providers')).json as { providers: unknown[] };
    expect(providers).toEqual([
      { name: 'local', enabled: false, reason: 'CLIPGRID_OPENENCODER_LOCAL is off' },
      {
        name: 'digitalocean',
        enabled: true,
        reason: expect.stringContaining('CLIPGRID_OPENENCODER_AGENT_ADDRESS'),
      },
    ]);
  });

  test('no machines, and no price, at first', async () => {
    expect(told(await call('GET', ''))).toEqual([200, { machines: [] }]);
    expect(told(await call('GET', '/pricing', undefined, guest))).toEqual([
      200,
      { pricing: { count: 0, price_hourly: 0, price_monthly: 0 } },
    ]);
  });
});

describe('starting and ending', () => {
  const start = async (order: object = ORDER) => {
    const answer = await call('POST', '', order);
    expect(answer.status).toBe(200);
    return (answer.json as { machine: { id: number; provider: string }[] }).machine;
  };
  const list = async () => (await call('GET', '')).json as { machines: Record<string, unknown>[] };

  test('machines are told as the reference tells them, with our ids, and with what they cost', async () => {
    const started = await start();
    expect(started).toEqual([
      { id: expect.any(Number), provider: 'digitalocean' },
      { id: started[0]!.id + 1, provider: 'digitalocean' },
    ]);
    const { machines } = await list();
    expect(machines).toEqual(
      started.map(({ id }) => ({
        id,
        name: 'openencoder-worker',
        status: 'new',
        size_slug: 's-1vcpu-1gb',
        created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
        region: 'New York 3',
        tags: ['openencoder', 'openencoder-worker'],
        provider: 'digitalocean',
      })),
    );
    expect((await call('GET', '/pricing', undefined, guest)).json).toEqual({
      pricing: { count: 2, price_hourly: 0.01786, price_monthly: 12 },
    });
  });

  test('the user data holds a join token, and no secret of the database, the store or this API', async () => {
    await configure({ S3_ACCESS_KEY: 'the-access-key', S3_SECRET_KEY: 'the-secret-of-the-store' });
    await start({ ...ORDER, count: 1 });
    const { userData } = service.droplets[0]!;
    expect(userData).toContain('CLIPGRID_JOIN_TOKEN=cgj_');
    const [{ database } = { database: '' }] = await grid.query('select current_database() as database');
    const secrets = [database as string, 'postgres', 'the-access-key', 'the-secret-of-the-store', JWT_KEY];
    for (const secret of [...secrets, service.token, ADMIN_PASSWORD, 'k'.repeat(40)])
      expect(userData).not.toContain(secret);
  });

  test('a machine, its pool and the health agree; ended, both are gone', async () => {
    const [machine] = await start({ ...ORDER, count: 1 });
    const variables = agentVariables(service.droplets[0]!);
    expect(Object.keys(variables)).toEqual(['CLIPGRID_COORDINATOR', 'CLIPGRID_JOIN_TOKEN']);
    const agent = await boot(service.droplets[0]!);
    expect((await list()).machines.map(({ status }) => status)).toEqual(['active']);
    const pools = await grid.call('GET', '/api/worker/pools', { token: guest });
    expect((pools.json as unknown[]).length).toBe(1);
    expect((await grid.call('GET', '/api/health')).json).toMatchObject({ workers: 1 });
    expect(told(await call('DELETE', `/${machine!.id}`))).toEqual([200, { machine }]);
    expect(service.droplets).toEqual([]);
    expect(await list()).toEqual({ machines: [] });
    expect((await grid.call('GET', '/api/worker/pools', { token: guest })).json).toEqual([]);
    expect((await grid.call('GET', '/api/health')).json).toMatchObject({ workers: 0 });
    agent.close();
  });

  test('all at once by their tag; also when there are none; the draft’s path does the same', async () => {
    await start();
    expect(told(await call('DELETE', ''))).toEqual([200, { deleted: true }]);
    expect(service.seen('DELETE')).toEqual(['DELETE /v2/droplets?tag_name=openencoder-worker']);
    expect(told(await call('DELETE', ''))).toEqual([200, { deleted: true }]);
    expect(told(await grid.call('DELETE', '/api/machine', { token: operator }))).toEqual([
      200,
      { deleted: true },
    ]);
    expect(await list()).toEqual({ machines: [] });
  });

  test('keys match in any case, unknown ones are ignored, and without a region the provider’s first with the size counts', async () => {
    await start({ Provider: 'digitalocean', SIZE: 's-4vcpu-8gb', Count: 1, extra: true });
    expect(service.droplets.map((one) => one.region['slug'])).toEqual(['nyc3']);
    await configure({ DIGITAL_OCEAN_REGION: 'ams3' });
    await start({ ...ORDER, region: '', count: 1 });
    expect(service.droplets.map((one) => one.region['slug'])).toEqual(['nyc3', 'ams3']);
  });

  test('the network of the settings goes with the order', async () => {
    await configure({ DIGITAL_OCEAN_VPC: '760e09ef-dc84-11e8-981e-3cfdfeaae000' });
    await start({ ...ORDER, count: 1 });
    const post = service.requests.find(({ method }) => method === 'POST');
    expect(post?.body).toMatchObject({ vpc_uuid: '760e09ef-dc84-11e8-981e-3cfdfeaae000' });
  });

  test('unknown ids are 404', async () => {
    for (const id of ['999999', '0', 'abc', '-1', '%00'])
      expect(told(await call('DELETE', `/${id}`))).toEqual([
        404,
        { message: 'Machine does not exist', status: 404 },
      ]);
  });

  test('unknown sizes, regions and providers are 400, and so is a provider that contradicts the region', async () => {
    for (const wrong of [
      { size: 'nope' },
      { region: 'mars1' },
      { provider: 'local' },
      { provider: 'aws', region: '' },
    ])
      expect(told(await call('POST', '', { ...ORDER, ...wrong }))).toEqual([
        400,
        { error: expect.any(String) },
      ]);
    for (const missing of ['provider', 'size', 'count'])
      expect((await call('POST', '', { ...ORDER, [missing]: undefined })).status).toBe(400);
    expect((await call('POST', '', { ...ORDER, size: '' })).status).toBe(400);
    expect(service.seen('POST')).toEqual([]);
  });

  test('no capacity is 409: of the provider, of a size, of a region, and of the cost guard', async () => {
    service.fail('POST', { status: 422, message: 'this will exceed your droplet limit' });
    expect(told(await call('POST', '', ORDER))).toEqual([
      409,
      { message: 'this will exceed your droplet limit', status: 409 },
    ]);
    for (const taken of [{ size: 's-gone' }, { region: 'nyc2' }, { region: 'ams3', size: 's-4vcpu-8gb' }])
      expect((await call('POST', '', { ...ORDER, ...taken })).status).toBe(409);
    await start({ ...ORDER, count: 10 });
    const { status, json } = await call('POST', '', { ...ORDER, count: 3 });
    expect([status, (json as { message: string }).message]).toEqual([
      409,
      expect.stringContaining('the limit is 12'),
    ]);
    expect(service.droplets).toHaveLength(10);
  });

  test('other errors of the provider are 502 in its words, and never with its token', async () => {
    service.fail('POST', { status: 400, message: `the account of ${service.token} is locked` });
    expect(told(await call('POST', '', ORDER))).toEqual([
      502,
      { message: 'the account of *** is locked', status: 502 },
    ]);
    service.fail('GET /v2/regions', { status: 404, message: 'gone' });
    await configure({ DIGITAL_OCEAN_ACCESS_TOKEN: (service.token = `${DO_TOKEN}-502`) });
    expect(told(await call('GET', '/regions'))).toEqual([502, { message: 'gone', status: 502 }]);
  });

  test('so is a list that the provider does not give', async () => {
    await start({ ...ORDER, count: 1 });
    // Lists are shared for a moment by all who ask.
    await until('another list', async () => {
      service.fail('GET /v2/droplets', { status: 418, message: 'no list today' });
      return (await call('GET', '')).status !== 200;
    });
    expect(told(await call('GET', ''))).toEqual([502, { message: 'no list today', status: 502 }]);
    expect((await call('GET', '/pricing', undefined, guest)).status).toBe(502);
  });

  test('an end that the provider refuses is 502, and the same request may end it later', async () => {
    const [machine] = await start({ ...ORDER, count: 1 });
    service.fail('DELETE', { status: 422, message: 'a snapshot is being made' });
    expect(told(await call('DELETE', `/${machine!.id}`))).toEqual([
      502,
      { message: 'a snapshot is being made', status: 502 },
    ]);
    expect((await call('DELETE', `/${machine!.id}`)).status).toBe(200);
    expect(service.droplets).toEqual([]);
    expect((await call('DELETE', `/${machine!.id}`)).status).toBe(404);
  });
});
