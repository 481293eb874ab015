import { bind, readObject } from '../body.ts';
import { failure, invalid } from '../errors.ts';
import { idOf } from '../paging.ts';
import { ok, type Answer, type Request, type Route } from '../routes.ts';
import { configured, type Machines } from './context.ts';
import { endAll, finishEnding, readStanding, requestEnd, type Standing } from './ending.ts';
import { ProviderError, type MachineProvider } from './provider.ts';
import { startMachines, type StartRequest } from './starting.ts';
import { machineView, networkView, pricingView, regionView, sizeView } from './views.ts';

const MAX_COUNT = 10;
/** Pages ask every few seconds, and there may be many of them. */
const LISTED_MS = 2_000;
const SHAPE = {
  name: 'machine',
  fields: [
    { name: 'provider', type: 'text', required: true },
    { name: 'size', type: 'text', required: true },
    { name: 'count', type: 'integer', required: true },
    { name: 'region', type: 'text' },
  ],
} as const;

/** What a provider's failure is to a client. */
async function told(answer: () => Promise<Answer>): Promise<Answer> {
  try {
    return await answer();
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    switch (error.problem) {
      case 'unconfigured':
        throw failure(401, 'machines not configured');
      case 'invalid':
        throw invalid(error.message);
      case 'capacity':
        throw failure(409, error.message);
      case 'failed':
        throw failure(502, error.message);
    }
  }
}

/** All providers' answers; one that refuses our token does not count, unless it is the only one. */
async function fromAll<T>(
  machines: Machines,
  ask: (provider: MachineProvider) => Promise<readonly T[]>,
): Promise<T[]> {
  const answers: T[][] = [];
  let refused: ProviderError | undefined;
  for (const provider of await configured(machines)) {
    try {
      answers.push([...(await ask(provider))]);
    } catch (error) {
      if (!(error instanceof ProviderError) || error.problem !== 'unconfigured') throw error;
      refused = error;
    }
  }
  if (answers.length === 0 && refused) throw refused;
  return answers.flat();
}

/** Machines that a provider really started, and their agents, as of now. */
async function standing(machines: Machines): Promise<Standing> {
  const scopes = new Set((await machines.store.live()).map(({ scope }) => scope));
  await fromAll(machines, async (provider) => {
    // A host of our own that is away, and has no machine, hides none.
    if (provider.tokens === 'shared' || scopes.has(provider.scope))
      await machines.listings.refresh(provider, LISTED_MS);
    return [];
  });
  const { rows, agents } = await readStanding(machines);
  return { rows: rows.filter(({ providerId }) => providerId !== undefined), agents };
}

async function readOrder({ ctx }: Request): Promise<StartRequest> {
  const values = bind(await readObject(ctx), SHAPE);
  const count = values.integer('count');
  if (count < 1 || count > MAX_COUNT) throw invalid(`count is ${count}: give 1 to ${MAX_COUNT}`);
  return {
    provider: values.text('provider'),
    size: values.text('size'),
    region: values.text('region'),
    count,
  };
}

async function providersOf(machines: Machines) {
  await configured(machines);
  const names = new Map<string, { name: string; enabled: boolean; reason: string }>();
  for (const provider of machines.providers) {
    const { enabled, reason } = await provider.status();
    const before = names.get(provider.name);
    names.set(provider.name, {
      name: provider.name,
      enabled: enabled || (before?.enabled ?? false),
      reason: before?.reason || reason,
    });
  }
  return [...names.values()];
}

async function endOne(machines: Machines, text: string): Promise<Answer> {
  await configured(machines);
  const id = idOf(text);
  const row = (await readStanding(machines)).rows.find((one) => one.id === id);
  if (row === undefined) throw failure(404, 'Machine does not exist');
  await requestEnd(machines, [row], 'a user ended it');
  await finishEnding(machines, new Set([row.id]));
  return ok({ machine: { id: row.id, provider: row.provider } });
}

async function endEach(machines: Machines): Promise<Answer> {
  await endAll(machines, await configured(machines));
  return ok({ deleted: true });
}

/** Contract 2.12. Roles and bodies are checked before anything is asked of a provider. */
export function machineRoutes(machines: Machines): Route[] {
  const route = (
    method: Route['method'],
    path: string,
    handle: (request: Request) => Promise<Answer>,
  ): Route => ({ method, path, who: 'operator', handle: (request) => told(() => handle(request)) });
  const list = async (): Promise<Answer> => {
    const { rows, agents } = await standing(machines);
    return ok({ machines: rows.map((row) => machineView(row, agents)) });
  };
  const sizes = async (): Promise<Answer> => {
    const all = (await fromAll(machines, (one) => one.sizes())).map(sizeView);
    return ok({ sizes: [...new Map(all.map((size) => [size.slug, size])).values()] });
  };
  return [
    route('GET', '/machines', list),
    route('POST', '/machines', async (request) => {
      const order = await readOrder(request);
      return ok({ machine: await startMachines(machines, order, await configured(machines)) });
    }),
    route('DELETE', '/machines', () => endEach(machines)),
    // As the draft of the reference's documentation has it.
    route('DELETE', '/machine', () => endEach(machines)),
    route('DELETE', '/machines/:id', ({ id }) => endOne(machines, id)),
    route('GET', '/machines/regions', async () =>
      ok({ regions: (await fromAll(machines, (one) => one.regions())).map(regionView) }),
    ),
    route('GET', '/machines/sizes', sizes),
    route('GET', '/machines/vpc', async () =>
      ok({ vpcs: (await fromAll(machines, (one) => one.networks())).map(networkView) }),
    ),
    route('GET', '/machines/providers', async () => ok({ providers: await providersOf(machines) })),
    {
      ...route('GET', '/machines/pricing', async () =>
        ok({ pricing: pricingView((await standing(machines)).rows) }),
      ),
      who: 'guest',
    },
  ];
}
