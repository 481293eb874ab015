import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { runAgent } from '../../agent/agent.ts';
import { startCoordinator } from '../../coordinator/coordinator.ts';
import { readSettings } from '../../coordinator/settings.ts';
import { systemClock } from '../../shared/clock.ts';
import { systemIds } from '../../shared/ids.ts';
import { createLogger } from '../../shared/logger.ts';
import { lightTools, NO_VAPOURSYNTH } from './light-tools.ts';
import { freePorts } from './ports.ts';
import { createTestDatabase, type TestDatabase } from './postgres.ts';

export type Environment = Readonly<Record<string, string>>;

/** What a grid's settings may be made of. */
export interface Ground {
  readonly folder: string;
  readonly database: TestDatabase;
  /** Search path of its agents. */
  readonly searchPath: string;
}

export interface ShippedGridOptions {
  /** In the name of its folder. */
  readonly name: string;
  /** As in the environment of `clipgrid coordinator`, over a database, a folder and free ports of its own. */
  environment(ground: Ground): Environment | Promise<Environment>;
  readonly agents: number;
  /** Of the agents; default: none, for jobs without scripts. */
  readonly vapourSynthFile?: string;
  /** A level other than silent shows what happens. */
  readonly log?: string;
}

/** A coordinator as it is shipped, wired from its settings, and real agents; all in this process. */
export async function startShippedGrid(options: ShippedGridOptions) {
  const { name, vapourSynthFile = NO_VAPOURSYNTH } = options;
  const clock = systemClock;
  const ids = systemIds(() => clock.wallMs());
  const logger = createLogger(options.log ?? process.env['TEST_LOG'] ?? 'silent');
  const folder = await mkdtemp(join(tmpdir(), `clipgrid-${name}-`));
  const database = await createTestDatabase();
  const searchPath = lightTools(folder);
  const [http, grpc] = await freePorts(2);
  const environment = {
    DATABASE_URL: database.url,
    CLIPGRID_HTTP_PORT: String(http),
    CLIPGRID_GRPC_PORT: String(grpc),
    CLIPGRID_FINALRIP_PORT: '0',
    CLIPGRID_DATA: join(folder, 'data'),
    ...(await options.environment({ folder, database, searchPath })),
  };
  const start = (changed: Environment = {}) =>
    startCoordinator({ settings: readSettings({ ...environment, ...changed }), clock, ids, logger });
  let coordinator = await start();
  const agents: { quit: AbortController; done: Promise<void> }[] = [];

  /** `tools`: a folder whose programs come before those of the machine. */
  function addAgent({ tools }: { tools?: string } = {}): { kill(): Promise<void> } {
    const quit = new AbortController();
    const agentName = `agent-${agents.length}`;
    const config = {
      coordinator: `127.0.0.1:${coordinator.grpcPort}`,
      name: agentName,
      slots: 1,
      dataDir: join(folder, agentName),
      searchPath: tools === undefined ? searchPath : `${tools}:${searchPath}`,
      vapourSynthFile,
      drainDeadlineMs: 1_000,
      version: 'test',
    };
    const leave = new AbortController().signal;
    const done = runAgent({ config, clock, ids, logger, leave, quit: quit.signal });
    agents.push({ quit, done });
    return {
      async kill() {
        quit.abort();
        await done.catch(() => undefined);
      },
    };
  }
  for (let i = 0; i < options.agents; i++) addAgent();

  return {
    folder,
    database,
    clock,
    searchPath,
    mainUrl: `http://127.0.0.1:${coordinator.httpPort}`,
    grpcPort: coordinator.grpcPort,
    urlOf: (dialect: string): string => `http://127.0.0.1:${coordinator.dialectPorts[dialect]}`,
    addAgent,
    /** Into the database, behind the API's back. */
    async query(text: string, values: readonly unknown[] = []): Promise<Record<string, unknown>[]> {
      const connection = new pg.Client({ connectionString: database.url });
      await connection.connect();
      try {
        return (await connection.query<Record<string, unknown>>(text, [...values])).rows;
      } finally {
        await connection.end();
      }
    },
    /** Stops the coordinator and starts another with these settings besides; agents come back by themselves. */
    async restart(changed?: Environment): Promise<void> {
      await coordinator.stop();
      coordinator = await start(changed);
    },
    async close(): Promise<void> {
      for (const agent of agents) agent.quit.abort();
      await Promise.allSettled(agents.map((agent) => agent.done));
      await coordinator.stop();
      await database.drop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
