import type { Clock } from '../../../../../shared/clock.ts';
import type { IdSource } from '../../../../../shared/ids.ts';
import {
  MACHINE_NAME,
  ProviderError,
  TAGS,
  WORKER_TAG,
  type MachineProvider,
  type Network,
  type Order,
  type ProviderMachine,
  type ProviderStatus,
  type Region,
  type Size,
} from '../provider.ts';
import { Kept } from '../kept.ts';
import { DigitalOceanClient } from './client.ts';
import { networkOf, machineOf, regionOf, sizeOf } from './shapes.ts';

/** What an administrator sets in the dashboard. */
export interface DigitalOceanAccount {
  /** Empty: none. */
  readonly token: string;
  readonly enabled: boolean;
  /** Slug; empty: all regions. */
  readonly region: string;
  /** Network of new machines; empty: the region's default. */
  readonly vpc: string;
}

export interface DigitalOceanOptions {
  /** As it is now: it may change at any time. */
  account(): Promise<DigitalOceanAccount>;
  /** Why no agent could join, in words. */
  readonly unready?: string;
  /** What an operator should know all the same. */
  readonly remark?: string;
  readonly baseUrl: string;
  readonly image: string;
  /** The `user_data` of a machine that joins with this token. */
  userData(joinToken: string): string;
  readonly clock: Clock;
  readonly ids: IdSource;
}

const LIST_EVERY_MS = 30_000;
const CATALOGUE_MS = 5 * 60_000;
/** What fails is not asked for again by every page that is open. */
const FAILURE_MS = 5_000;

interface Catalogue {
  readonly regions: readonly Region[];
  readonly sizes: readonly Size[];
  readonly networks: readonly Network[];
}

/** Machines of DigitalOcean, rented by the hour. */
export class DigitalOcean implements MachineProvider {
  readonly name = 'digitalocean';
  readonly scope = 'digitalocean';
  readonly tokens = 'shared';
  readonly listEveryMs = LIST_EVERY_MS;
  readonly #options: DigitalOceanOptions;
  readonly #catalogues: Kept<Catalogue>;

  constructor(options: DigitalOceanOptions) {
    this.#options = options;
    this.#catalogues = new Kept({ clock: options.clock, keepMs: CATALOGUE_MS, failureMs: FAILURE_MS });
  }

  async status(): Promise<ProviderStatus> {
    const { unready, remark = '' } = this.#options;
    const { enabled, token } = await this.#options.account();
    if (!enabled) return { enabled: false, reason: 'DIGITAL_OCEAN_ENABLED is not enabled' };
    if (token === '') return { enabled: false, reason: 'DIGITAL_OCEAN_ACCESS_TOKEN is not set' };
    if (unready !== undefined) return { enabled: false, reason: unready };
    try {
      await this.#catalogue();
      return { enabled: true, reason: remark };
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      const refused = error.problem === 'unconfigured';
      return { enabled: !refused, reason: refused ? 'DigitalOcean refuses the token' : error.message };
    }
  }

  async regions(): Promise<readonly Region[]> {
    const { region } = await this.#options.account();
    const { regions } = await this.#catalogue();
    return region === '' ? regions : regions.filter((one) => one.slug === region);
  }

  async sizes(): Promise<readonly Size[]> {
    return (await this.#catalogue()).sizes;
  }

  async networks(): Promise<readonly Network[]> {
    return (await this.#catalogue()).networks;
  }

  async create({ region, size, ids, joinTokens: [joinToken = ''] }: Order): Promise<string[]> {
    const { client, account } = await this.#open();
    const known = new Set((await this.#list(client)).map((machine) => machine.providerId));
    const fresh = async (): Promise<string[]> =>
      (await this.#list(client))
        .filter((one) => !known.has(one.providerId) && one.region === region && one.size === size)
        .map((one) => one.providerId);
    let found: string[] = [];
    const { json } = await client.call({
      method: 'POST',
      path: '/v2/droplets',
      body: {
        names: ids.map(() => MACHINE_NAME),
        region,
        size,
        image: this.#options.image,
        ssh_keys: null,
        backups: false,
        ipv6: true,
        private_networking: true,
        monitoring: true,
        user_data: this.#options.userData(joinToken),
        tags: TAGS,
        ...(account.vpc === '' ? {} : { vpc_uuid: account.vpc }),
      },
      // An error may follow machines that were started: they would be started twice.
      settled: async () => (found = await fresh()).length > 0,
    });
    const droplets = (json as { droplets?: readonly { id?: unknown }[] }).droplets ?? [];
    const started = droplets.map(({ id }) => String(id));
    return started.length > 0 ? started : found;
  }

  async list(): Promise<ProviderMachine[]> {
    return this.#list((await this.#open()).client);
  }

  async remove(providerId: string): Promise<void> {
    const { client } = await this.#open();
    await client.call({ method: 'DELETE', path: `/v2/droplets/${encodeURIComponent(providerId)}` });
  }

  async removeAll(): Promise<void> {
    const { client } = await this.#open();
    await client.call({ method: 'DELETE', path: `/v2/droplets?tag_name=${WORKER_TAG}` });
  }

  async #list(client: DigitalOceanClient): Promise<ProviderMachine[]> {
    return (await client.all(`/v2/droplets?tag_name=${WORKER_TAG}`, 'droplets')).map(machineOf);
  }

  async #open(): Promise<{ client: DigitalOceanClient; account: DigitalOceanAccount }> {
    const account = await this.#options.account();
    if (account.token === '' || !account.enabled)
      throw new ProviderError('unconfigured', 'DigitalOcean is not configured');
    return { client: new DigitalOceanClient({ ...this.#options, token: account.token }), account };
  }

  async #catalogue(): Promise<Catalogue> {
    const { client, account } = await this.#open();
    return this.#catalogues.get(account.token, async () => {
      const [regions, sizes, networks] = await Promise.all([
        client.all('/v2/regions', 'regions'),
        client.all('/v2/sizes', 'sizes'),
        client.all('/v2/vpcs', 'vpcs'),
      ]);
      return {
        regions: regions.map(regionOf),
        sizes: sizes.map(sizeOf),
        networks: networks.map(networkOf),
      };
    });
  }
}
