import { randomBytes } from 'node:crypto';
import pg from 'pg';
import {
  startEmbeddedPostgres,
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
} from '../../../coordinator/store/postgres/embedded/embedded.ts';
import { isAlive } from '../../../coordinator/store/postgres/embedded/running.ts';
import { migrate } from '../../../coordinator/store/postgres/migrate.ts';
import { systemClock } from '../../../shared/clock.ts';
import { systemIds } from '../../../shared/ids.ts';
import { createLogger } from '../../../shared/logger.ts';
import { freePort } from '../../support/ports.ts';
import type { TestDatabase } from '../../support/postgres.ts';
import { answered } from './time.ts';

/** A PostgreSQL that can be stopped, killed and started again where it was. Nothing of its durability is left out. */
export class ChaosPostgres {
  readonly #options: EmbeddedPostgresOptions;
  #server: EmbeddedPostgres;

  private constructor(options: EmbeddedPostgresOptions, server: EmbeddedPostgres) {
    this.#options = options;
    this.#server = server;
  }

  /** `dataDir`: absolute path. */
  static async start(dataDir: string): Promise<ChaosPostgres> {
    const options = {
      dataDir,
      port: await freePort(),
      durability: 'full',
      clock: systemClock,
      ids: systemIds(() => Date.now()),
      logger: createLogger('error'),
    } as const;
    return new ChaosPostgres(options, await startEmbeddedPostgres(options));
  }

  async #ask<Row extends pg.QueryResultRow>(statement: string): Promise<Row[]> {
    const client = new pg.Client({ connectionString: this.#server.url });
    await client.connect();
    try {
      return (await client.query<Row>(statement)).rows;
    } finally {
      await client.end();
    }
  }

  async version(): Promise<string> {
    const [row] = await this.#ask<{ server_version: string }>('show server_version');
    return row?.server_version ?? '';
  }

  /** A fresh, migrated database. */
  async database(): Promise<TestDatabase> {
    const name = `chaos_${randomBytes(6).toString('hex')}`;
    await this.#ask(`create database ${name}`);
    const url = new URL(this.#server.url);
    url.pathname = `/${name}`;
    await migrate(url.href);
    return {
      url: url.href,
      drop: async () => void (await this.#ask(`drop database if exists ${name} with (force)`)),
    };
  }

  /** Ends it in order, as a restart of the machine's service does. */
  stop(): Promise<void> {
    return this.#server.stop();
  }

  /** `kill -9` of its first process; all others follow it. */
  async kill(): Promise<void> {
    const { pid } = this.#server;
    process.kill(pid, 'SIGKILL');
    await answered('PostgreSQL is gone', async () => ((await isAlive(pid)) ? undefined : true));
  }

  /** Starts it again after `stop` or `kill`. */
  async start(): Promise<void> {
    this.#server = await answered('PostgreSQL is back', () =>
      // The children of a killed server may hold its memory for a moment.
      startEmbeddedPostgres(this.#options).catch(() => undefined),
    );
  }
}
