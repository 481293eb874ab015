import { join } from 'node:path';
import type { Row } from '../../bench/measurement.ts';
import { Processes } from '../../support/processes.ts';
import type { TcpProxy } from '../../support/tcp-proxy.ts';
import type { ChaosContext, Scenario } from '../scenario.ts';
import { through } from '../support/networks.ts';
import { ask, outageRows, submission, type Outage } from '../support/outage.ts';
import { ChaosPostgres } from '../support/postgres.ts';

interface Parts {
  readonly grid: Processes;
  readonly server: ChaosPostgres;
  readonly network: TcpProxy;
}

type Fault = Pick<Outage, 'name' | 'ms' | 'begin' | 'end' | 'alsoRight'>;

function faults({ server, network }: Parts, short: boolean): Fault[] {
  // In any form longer than agents trust a lease that nobody renews.
  const ms = short ? 12_000 : 30_000;
  const stopped: Fault = {
    name: 'PostgreSQL stopped',
    ms,
    begin: () => server.stop(),
    end: () => server.start(),
    alsoRight: [],
  };
  if (short) return [stopped];
  const killed: Fault = {
    ...stopped,
    name: 'PostgreSQL killed and started',
    ms: 0,
    begin: () => server.kill(),
    alsoRight: [201],
  };
  const silent: Fault = {
    name: 'PostgreSQL behind a black hole',
    ms,
    begin: () => network.swallow(),
    end: () => network.release(),
    // Asked near the end of it: what was swallowed arrives.
    alsoRight: [201],
  };
  return [stopped, killed, silent];
}

async function run(context: ChaosContext): Promise<Row[]> {
  const server = await ChaosPostgres.start(join(context.folder, 'postgres-away'));
  try {
    const own = await server.database();
    const { url, network } = await through(own.url);
    // Short: as low as it may be set, so that the outage is longer than agents trust their leases.
    const coordinatorEnv = context.short ? { CLIPGRID_LEASE_TTL_S: '8' } : {};
    const grid = await Processes.start({ agents: 2, database: { url, drop: own.drop }, coordinatorEnv });
    try {
      const rows: Row[] = [];
      for (const fault of faults({ grid, server, network }, context.short)) {
        context.say(`database-away: ${fault.name}`);
        const asking = (uploadId: string) => ask(`${grid.api.url}/jobs`, submission(uploadId));
        rows.push(...(await outageRows(grid, { ...fault, ask: asking })));
      }
      return rows;
    } finally {
      await grid.close();
      network.close();
    }
  } finally {
    await server.stop();
  }
}

export const databaseAway: Scenario = {
  name: 'database-away',
  about:
    'PostgreSQL is stopped, killed, or swallowed by a black hole, while two agents encode and users submit',
  run,
};
