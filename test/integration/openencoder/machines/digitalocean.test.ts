import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  DigitalOcean,
  type DigitalOceanAccount,
} from '../../../../coordinator/dialects/openencoder/machines/digitalocean/digitalocean.ts';
import { ProviderError, type Order } from '../../../../coordinator/dialects/openencoder/machines/provider.ts';
import { systemIds } from '../../../../shared/ids.ts';
import { DigitalOceanDouble, DO_IMAGE, DO_TOKEN } from '../../../support/digitalocean-double.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

const ACCOUNT: DigitalOceanAccount = { token: DO_TOKEN, enabled: true, region: '', vpc: '' };
const TWO: Order = { region: 'nyc3', size: 's-1vcpu-1gb', ids: [1, 2], joinTokens: ['cgj_secret'] };

/** Every wait is over at once, and noted. */
class HastyClock extends ManualClock {
  readonly waits: number[] = [];
  override sleep(delayMs: number): Promise<void> {
    this.waits.push(delayMs);
    return Promise.resolve();
  }
}

let service: DigitalOceanDouble;
let account: DigitalOceanAccount;
let clock: HastyClock;
let provider: DigitalOcean;
beforeAll(async () => {
  service = await DigitalOceanDouble.start();
});
afterAll(() => service.close());
beforeEach(() => {
  service.reset();
  account = ACCOUNT;
  clock = new HastyClock();
  provider = new DigitalOcean({
    account: () => Promise.resolve(account),
    baseUrl: service.url,
    image: DO_IMAGE,
    userData: (joinToken) => `#cloud-config\n${JSON.stringify({ joinToken })}\n`,
    clock,
    ids: systemIds(() => clock.wallMs()),
  });
  return () => expect(service.problems.splice(0)).toEqual([]);
});

const problemOf = async (call: Promise<unknown>): Promise<string> => {
  const error: unknown = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ProviderError)) throw error;
  return `${error.problem}: ${error.message}`;
};

test.each(['dop_v1_secret\nsecond line', 'dop_v1_secret\u200b'])(
  'a token that no header can hold is refused, and told to nobody: %j',
  async (token) => {
    account = { ...ACCOUNT, token };
    const said = await problemOf(provider.create(TWO));
    expect(said).toMatch(/^unconfigured: /);
    expect(said).not.toContain('secret');
    expect(await provider.status()).toEqual({ enabled: false, reason: 'DigitalOcean refuses the token' });
  },
);

describe('the requests', () => {
  test('a POST starts all machines of an order, with the tags, the image and the user data', async () => {
    const ids = await provider.create(TWO);
    expect(ids).toEqual(service.droplets.map(({ id }) => String(id)));
    const post = service.requests.find(({ method }) => method === 'POST')!;
    expect(post.path).toBe('/v2/droplets');
    expect(post.headers.authorization).toBe(`Bearer ${DO_TOKEN}`);
    expect(post.body).toEqual({
      names: ['openencoder-worker', 'openencoder-worker'],
      region: 'nyc3',
      size: 's-1vcpu-1gb',
      image: DO_IMAGE,
      ssh_keys: null,
      backups: false,
      ipv6: true,
      private_networking: true,
      monitoring: true,
      user_data: '#cloud-config\n{"joinToken":"cgj_secret"}\n',
      tags: ['openencoder', 'openencoder-worker'],
    });
  });

  test('the network of the settings goes with it', async () => {
    account = { ...ACCOUNT, vpc: '760e09ef-dc84-11e8-981e-3cfdfeaae000' };
    await provider.create(TWO);
    const post = service.requests.find(({ method }) => method === 'POST')!;
    expect(post.body).toMatchObject({ vpc_uuid: account.vpc });
  });

  test('regions, sizes and networks, as they are told', async () => {
    expect(await provider.regions()).toEqual([
      { slug: 'nyc3', name: 'New York 3', available: true, sizes: ['s-1vcpu-1gb', 's-4vcpu-8gb'] },
      { slug: 'ams3', name: 'Amsterdam 3', available: true, sizes: ['s-1vcpu-1gb'] },
      { slug: 'nyc2', name: 'New York 2', available: false, sizes: [] },
    ]);
    expect(await provider.sizes()).toContainEqual({
      slug: 's-gone',
      available: false,
      priceHourly: 0.00744,
      priceMonthly: 5,
    });
    expect(await provider.networks()).toEqual([
      { id: '760e09ef-dc84-11e8-981e-3cfdfeaae000', name: 'render' },
    ]);
    // One question each, however many ask.
    expect(service.seen().toSorted()).toEqual([
      'GET /v2/regions?page=1&per_page=200',
      'GET /v2/sizes?page=1&per_page=200',
      'GET /v2/vpcs?page=1&per_page=200',
    ]);
    account = { ...ACCOUNT, region: 'ams3' };
    expect((await provider.regions()).map(({ slug }) => slug)).toEqual(['ams3']);
  });

  test('a list of machines is read to its last page, at the configured address', async () => {
    service.pageSize = 2;
    for (let i = 0; i < 5; i++) service.add();
    service.add({ tags: ['web'] });
    const machines = await provider.list();
    expect(machines.map(({ providerId }) => providerId)).toEqual(
      service.droplets.slice(0, 5).map(({ id }) => String(id)),
    );
    expect(machines[0]).toMatchObject({
      region: 'nyc3',
      regionName: 'New York 3',
      size: 's-1vcpu-1gb',
      priceHourly: 0.00893,
      priceMonthly: 6,
    });
    expect(service.seen()).toEqual(
      [1, 2, 3].map((page) => `GET /v2/droplets?tag_name=openencoder-worker&page=${page}&per_page=200`),
    );
  });

  test('one machine is ended by its id, all by their tag; one that is gone is fine', async () => {
    const [first, , third] = [service.add(), service.add(), service.add({ tags: ['web'] })];
    await provider.remove(String(first.id));
    await provider.remove(String(first.id));
    await provider.removeAll();
    expect(service.droplets).toEqual([third]);
    expect(service.seen('DELETE')).toEqual([
      `DELETE /v2/droplets/${first.id}`,
      `DELETE /v2/droplets/${first.id}`,
      'DELETE /v2/droplets?tag_name=openencoder-worker',
    ]);
  });
});

describe('when it fails', () => {
  test('429 and 5xx are asked again, after what Retry-After says', async () => {
    const [one] = [service.add()];
    service.fail(
      'GET /v2/droplets',
      { status: 429, retryAfter: '7' },
      { status: 503, retryAfter: '2' },
      { status: 500 },
    );
    expect((await provider.list()).map(({ providerId }) => providerId)).toEqual([String(one.id)]);
    expect(clock.waits.slice(0, 2)).toEqual([7_000, 2_000]);
    expect(clock.waits[2]).toBeLessThanOrEqual(5_000);
    service.fail('DELETE', { status: 502 }, { status: 0, cut: true });
    await provider.remove(String(one.id));
    expect(service.droplets).toEqual([]);
  });

  test('after four answers it is given up, with the provider’s words; so is a wait of minutes', async () => {
    service.fail(
      'GET /v2/droplets',
      ...Array.from({ length: 9 }, () => ({ status: 500, message: 'out of order' })),
    );
    expect(await problemOf(provider.list())).toBe('failed: out of order');
    expect(service.seen()).toHaveLength(4);
    service.reset();
    service.fail('GET /v2/droplets', { status: 429, message: 'API rate limit exceeded', retryAfter: '3000' });
    expect(await problemOf(provider.list())).toBe('failed: API rate limit exceeded');
    expect(service.seen()).toHaveLength(1);
  });

  test('machines that a failed POST started all the same are found and not started twice', async () => {
    const before = service.add();
    service.fail('POST /v2/droplets', { status: 500, after: true });
    const ids = await provider.create(TWO);
    expect(ids).toEqual(service.droplets.filter(({ id }) => id !== before.id).map(({ id }) => String(id)));
    expect(ids).toHaveLength(2);
    expect(service.seen('POST')).toHaveLength(1);
  });

  test('so are those of a connection that broke; where none were started they are asked for again', async () => {
    service.fail('POST /v2/droplets', { status: 0, cut: true });
    expect(await provider.create(TWO)).toHaveLength(2);
    expect(service.seen('POST')).toHaveLength(2);
    expect(service.droplets).toHaveLength(2);
    service.fail('POST /v2/droplets', { status: 0, cut: true, after: true });
    expect(await provider.create(TWO)).toHaveLength(2);
    expect(service.droplets).toHaveLength(4);
  });

  test('a refused token is a provider that is not configured', async () => {
    service.token = 'another';
    expect(await problemOf(provider.list())).toMatch(/^unconfigured: /);
    expect(await provider.status()).toEqual({ enabled: false, reason: 'DigitalOcean refuses the token' });
    expect(service.seen('GET /v2/droplets')).toHaveLength(1);
  });

  test('without a token, or switched off, nothing is asked', async () => {
    account = { ...ACCOUNT, token: '' };
    expect((await provider.status()).enabled).toBe(false);
    account = { ...ACCOUNT, enabled: false };
    expect((await provider.status()).enabled).toBe(false);
    expect(await problemOf(provider.list())).toMatch(/^unconfigured: /);
    expect(service.requests).toEqual([]);
  });

  test('no capacity, and sizes that it does not know, are told apart', async () => {
    const limit = 'creating this/these droplet(s) will exceed your droplet limit';
    service.fail('POST', { status: 422, message: limit });
    expect(await problemOf(provider.create(TWO))).toBe(`capacity: ${limit}`);
    expect(await problemOf(provider.create({ ...TWO, region: 'ams3', size: 's-4vcpu-8gb' }))).toMatch(
      /^capacity: Size is not available/,
    );
    expect(await problemOf(provider.create({ ...TWO, size: 'nope' }))).toMatch(/^invalid: /);
    service.fail('POST', { status: 422, message: 'Your account is locked' });
    expect(await problemOf(provider.create(TWO))).toBe('failed: Your account is locked');
  });

  test('the token is in no error, whatever the provider says', async () => {
    service.fail('GET', { status: 400, message: `bad token ${DO_TOKEN}` });
    expect(await problemOf(provider.list())).toBe('failed: bad token ***');
    await service.close();
    const refused = await problemOf(provider.list());
    expect(refused).toMatch(/^failed: DigitalOcean does not answer: /);
    expect(refused).not.toContain(DO_TOKEN);
    service = await DigitalOceanDouble.start();
  });
});
