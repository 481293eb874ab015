import type { Machines } from './context.ts';
import { requestEnd } from './ending.ts';
import { ProviderError, type MachineProvider, type Region, type Size } from './provider.ts';

export interface StartRequest {
  /** As the client says; `digitalocean` is what every dashboard says. */
  readonly provider: string;
  readonly size: string;
  readonly count: number;
  /** Empty: the provider's choice. */
  readonly region: string;
}

export interface Started {
  readonly id: number;
  readonly provider: string;
}

interface Place {
  readonly provider: MachineProvider;
  readonly region: Region;
  readonly size: Size;
}

const DASHBOARD = 'digitalocean';
const MAX_SHOWN_CHARS = 100;
/** Long enough for a cloud's slowest start. */
const TOKEN_S = 3600;

/** Starts machines. They are written down before the provider hears of them, and whatever it then did is found again. */
export async function startMachines(
  machines: Machines,
  request: StartRequest,
  enabled: readonly MachineProvider[],
): Promise<Started[]> {
  const { store, limits, clock, logger } = machines;
  const taken = new Set((await store.live()).map(({ scope }) => scope));
  const { provider, region, size } = await placeOf(request, enabled, taken);
  const { count } = request;
  const machine = {
    provider: provider.name,
    scope: provider.scope,
    region: region.slug,
    regionName: region.name,
    size: size.slug,
    priceHourly: size.priceHourly,
    priceMonthly: size.priceMonthly,
  };
  const intended = await store.intend({ machine, count, limits, nowMs: clock.wallMs() });
  if ('refused' in intended) {
    logger.warn({ ...machine, count, reason: intended.refused }, 'the cost guard refused machines');
    throw new ProviderError('capacity', intended.refused);
  }
  const { ids } = intended;
  const joinTokens = await tokensFor(machines, provider, ids);
  try {
    const started = await provider.create({ region: region.slug, size: size.slug, ids, joinTokens });
    const without = await store.confirm(ids, started);
    if (without.length > 0)
      throw new ProviderError('failed', `${provider.name} started ${started.length} of ${count} machines`);
  } catch (error) {
    await giveUp(machines, ids, error);
    throw error;
  }
  logger.info({ ...machine, machines: ids }, 'machines were started');
  return ids.map((id) => ({ id, provider: provider.name }));
}

/** Secrets of fresh join tokens, as the provider needs them; their ids are written down. */
async function tokensFor(
  { grid, store }: Machines,
  provider: MachineProvider,
  ids: readonly number[],
): Promise<string[]> {
  const make = async (uses: number) =>
    grid.enrolment.createJoinToken({ uses, expiresS: TOKEN_S, createdBy: `machines of ${provider.name}` });
  if (provider.tokens === 'shared') {
    const { tokenId, secret } = await make(ids.length);
    await store.setTokens(ids.map((id) => ({ id, tokenId })));
    return [secret];
  }
  const tokens = await Promise.all(ids.map(() => make(1)));
  await store.setTokens(ids.map((id, i) => ({ id, tokenId: tokens[i]?.tokenId ?? '' })));
  return tokens.map(({ secret }) => secret);
}

/** Of an order that failed nothing may go on: what was started all the same is ended as soon as it is found. */
async function giveUp(machines: Machines, ids: readonly number[], error: unknown): Promise<void> {
  const { store, clock } = machines;
  const rows = (await store.live()).filter(({ id }) => ids.includes(id));
  const reason = `its start failed: ${error instanceof Error ? error.message : String(error)}`;
  await requestEnd(machines, rows, reason);
  const nothingStarted = error instanceof ProviderError && error.problem !== 'failed';
  if (nothingStarted) for (const { id } of rows) await store.ended(id, reason, clock.wallMs());
}

/** By region, else by provider, else where there is one; every contradiction is `invalid`. */
async function placeOf(
  request: StartRequest,
  enabled: readonly MachineProvider[],
  taken: ReadonlySet<string>,
): Promise<Place> {
  const provider =
    request.region === '' ? await namedOf(request, enabled, taken) : await providerOf(request, enabled);
  const [regions, sizes] = [await provider.regions(), await provider.sizes()];
  const size = sizes.find(({ slug }) => slug === request.size);
  if (size === undefined)
    throw new ProviderError('invalid', `size is ${shown(request.size)}: ${provider.name} has none of it`);
  const region =
    request.region === '' ? bestOf(regions, size) : regions.find(({ slug }) => slug === request.region);
  if (region === undefined)
    throw new ProviderError('capacity', `${provider.name} has no region with ${size.slug} now`);
  if (!region.available || !size.available || !region.sizes.includes(size.slug))
    throw new ProviderError('capacity', `${size.slug} is not available in ${region.slug} now`);
  return { provider, region, size };
}

/** A client's text as far as it helps to see it. */
function shown(text: string): string {
  return JSON.stringify(text.slice(0, MAX_SHOWN_CHARS));
}

function bestOf(regions: readonly Region[], { slug }: Size): Region | undefined {
  return regions.find(({ available, sizes }) => available && sizes.includes(slug));
}

/** Of several of one name one without a machine: a host of our own has place for one. `taken`: scopes that have some. */
async function namedOf(
  { provider: name, size }: StartRequest,
  enabled: readonly MachineProvider[],
  taken: ReadonlySet<string>,
): Promise<MachineProvider> {
  const named = enabled.filter((one) => one.name === name);
  const best = named.find(({ scope }) => !taken.has(scope)) ?? named[0];
  if (best !== undefined) return best;
  if (name !== DASHBOARD)
    throw new ProviderError('invalid', `provider is ${shown(name)}: there is none of it here`);
  for (const one of enabled) if ((await one.sizes()).some(({ slug }) => slug === size)) return one;
  throw new ProviderError('invalid', `size is ${shown(size)}: no provider has it`);
}

async function providerOf(
  { provider: name, region }: StartRequest,
  enabled: readonly MachineProvider[],
): Promise<MachineProvider> {
  for (const one of enabled) {
    if (!(await one.regions()).some(({ slug }) => slug === region)) continue;
    if (name === DASHBOARD || name === one.name) return one;
    const why = `the region ${region} is one of ${one.name}`;
    throw new ProviderError('invalid', `provider is ${shown(name)}: ${why}`);
  }
  throw new ProviderError('invalid', `region is ${shown(region)}: no provider has it`);
}
