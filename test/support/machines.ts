import { generateKeyPairSync } from 'node:crypto';
import type { Machines } from '../../coordinator/dialects/openencoder/machines/context.ts';
import type { CostLimits } from '../../coordinator/dialects/openencoder/machines/cost-guard.ts';
import { cloudInit } from '../../coordinator/dialects/openencoder/machines/cloud-init.ts';
import { DigitalOcean } from '../../coordinator/dialects/openencoder/machines/digitalocean/digitalocean.ts';
import { Keeper } from '../../coordinator/dialects/openencoder/machines/keeper.ts';
import { Listings } from '../../coordinator/dialects/openencoder/machines/listings.ts';
import type { MachineProvider } from '../../coordinator/dialects/openencoder/machines/provider.ts';
import { MachineStore } from '../../coordinator/dialects/openencoder/machines/store.ts';
import { proveAgent, publicKeyBytes } from '../../shared/agent-proof.ts';
import { systemClock } from '../../shared/clock.ts';
import { systemIds } from '../../shared/ids.ts';
import type { Logger } from '../../shared/logger.ts';
import { DO_IMAGE, DO_TOKEN, type DigitalOceanDouble, type Droplet } from './digitalocean-double.ts';
import { DynamicAgent } from './dynamic-agent.ts';
import { dynamicClient } from './grpc-client.ts';
import { ManualClock } from './manual-clock.ts';
import type { RunningGrid } from './running-grid.ts';

/** A clock that a test moves, and on which every wait is over at once. */
export class HastyClock extends ManualClock {
  readonly waits: number[] = [];
  override sleep(delayMs: number): Promise<void> {
    this.waits.push(delayMs);
    return Promise.resolve();
  }
}

/** What was logged, a line each. */
export function noteLogs(lines: string[]): Logger {
  const note = (fields: Readonly<Record<string, unknown>>, message: string): void =>
    void lines.push(`${message} ${JSON.stringify(fields)}`);
  return { debug: note, info: note, warn: note, error: note, child: () => noteLogs(lines) };
}

export interface MachinesOptions {
  readonly grid: RunningGrid;
  readonly providers: readonly MachineProvider[];
  readonly limits?: Partial<CostLimits>;
  readonly clock?: Machines['clock'];
  readonly drainMs?: number;
}

/** The machines of one coordinator over a running grid, without a web server. */
export function machinesOver({
  grid,
  providers,
  limits,
  clock = systemClock,
  drainMs = 60_000,
}: MachinesOptions) {
  const logs: string[] = [];
  const logger = noteLogs(logs);
  const store = new MachineStore(grid.db);
  const machines: Machines = {
    providers,
    store,
    listings: new Listings({ store, clock, logger }),
    grid: grid.grid,
    limits: { maxMachines: 10, ...limits },
    drainMs,
    clock,
    logger,
  };
  return { machines, store, logs, keeper: new Keeper(machines) };
}

/** DigitalOcean's client as the dialect wires it, for machines that join `grid`. */
export function digitalOceanFor(service: DigitalOceanDouble, grid: RunningGrid, clock: Machines['clock']) {
  return new DigitalOcean({
    account: () => Promise.resolve({ token: DO_TOKEN, enabled: true, region: '', vpc: '' }),
    baseUrl: service.url,
    image: DO_IMAGE,
    userData: (joinToken) => cloudInit({ coordinator: `127.0.0.1:${grid.rpc.port}`, joinToken }),
    clock,
    ids: systemIds(() => clock.wallMs()),
  });
}

/** The variables that a droplet's first start writes for its agent. */
export function agentVariables({ userData }: Droplet): Record<string, string> {
  const config = JSON.parse(userData.slice(userData.indexOf('\n'))) as {
    write_files: { path: string; content: string }[];
  };
  const file = config.write_files.find(({ path }) => path === '/etc/clipgrid/agent.env');
  const lines = (file?.content ?? '').split('\n').filter((line) => line !== '');
  return Object.fromEntries(lines.map((line) => line.split('=', 2) as [string, string]));
}

/** Does what a droplet does after its start: it joins with what its user data says. The agent is played by hand. */
export async function boot(droplet: Droplet): Promise<DynamicAgent> {
  const { CLIPGRID_COORDINATOR: address = '', CLIPGRID_JOIN_TOKEN: joinToken } = agentVariables(droplet);
  const port = Number(address.split(':')[1]);
  const { privateKey: key } = generateKeyPairSync('ed25519');
  const client = dynamicClient('clipgrid.v1.AgentService', port);
  try {
    const name = `openencoder-worker-${droplet.id}`;
    const request = { join_token: joinToken, public_key: publicKeyBytes(key), name };
    const agentId = (await client.call('Enrol', request))['agent_id'] as string;
    const agent = new DynamicAgent(port, { agentId });
    const { nonce } = await agent.next('challenge');
    agent.send({ hello: { ...agent.hello(), proof: proveAgent(key, agentId, nonce as Buffer) } });
    await agent.next('welcome');
    return agent;
  } finally {
    client.close();
  }
}

/** Asks again until it is so: states of other processes have no event here. */
export async function until<T>(what: string, ask: () => Promise<T | undefined | false>): Promise<T> {
  const limit = AbortSignal.timeout(60_000);
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (limit.aborted) throw new Error(`it did not come to be: ${what}`);
    await systemClock.sleep(50);
  }
}
