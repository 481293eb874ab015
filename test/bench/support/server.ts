import { randomBytes } from 'node:crypto';
import pg from 'pg';
import {
  startEmbeddedPostgres,
  type EmbeddedPostgres,
} from '../../../coordinator/store/postgres/embedded/embedded.ts';
import { migrate } from '../../../coordinator/store/postgres/migrate.ts';
import { systemClock } from '../../../shared/clock.ts';
import { systemIds } from '../../../shared/ids.ts';
import { createLogger } from '../../../shared/logger.ts';

/** The PostgreSQL of one run: the embedded server as `clipgrid up` starts it, with nothing of its durability left out. */
export interface BenchServer {
  readonly version: string;
  /** Of the server's first process; all others are its children. */
  readonly pid: number;
  /** A fresh, migrated database. */
  database(): Promise<string>;
  stop(): Promise<void>;
}

const MAX_CONNECTIONS = 100;

async function ask<Row extends pg.QueryResultRow>(url: string, statement: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(statement)).rows;
  } finally {
    await client.end();
  }
}

/** Starts it in a folder; the server keeps the time of each commit, from which dispatch is measured. */
export async function startBenchServer(dataDir: string): Promise<BenchServer> {
  const options = {
    dataDir,
    durability: 'full',
    maxConnections: MAX_CONNECTIONS,
    clock: systemClock,
    ids: systemIds(() => Date.now()),
    logger: createLogger('warn'),
  } as const;
  const first: EmbeddedPostgres = await startEmbeddedPostgres(options);
  await ask(first.url, 'alter system set track_commit_timestamp = on');
  await first.stop();
  const server = await startEmbeddedPostgres(options);
  const [row] = await ask<{ server_version: string }>(server.url, 'show server_version');
  return {
    version: row?.server_version ?? '',
    pid: server.pid,
    async database() {
      const name = `bench_${randomBytes(6).toString('hex')}`;
      await ask(server.url, `create database ${name}`);
      const url = new URL(server.url);
      url.pathname = `/${name}`;
      await migrate(url.href);
      return url.href;
    },
    stop: () => server.stop(),
  };
}
