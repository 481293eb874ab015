import { mkdir, readdir, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import {
  startEmbeddedPostgres,
  type EmbeddedPostgres,
} from '../../coordinator/store/postgres/embedded/embedded.ts';
import { migrate } from '../../coordinator/store/postgres/migrate.ts';
import { findRunning, isAlive, stopServer } from '../../coordinator/store/postgres/embedded/running.ts';
import { systemClock } from '../../shared/clock.ts';
import { systemIds } from '../../shared/ids.ts';
import { createLogger } from '../../shared/logger.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Of the role that may make databases. */
    postgresUrl: string;
  }
}

export const TEMPLATE = 'clipgrid_template';
const PREFIX = 'clipgrid-test-pg-';

/** Removes servers of test runs that were killed; the folder's name carries the id of the run's process. */
async function sweep(root: string): Promise<void> {
  for (const name of await readdir(root)) {
    if (!name.startsWith(PREFIX) || (await isAlive(Number(name.slice(PREFIX.length))))) continue;
    const running = await findRunning(join(root, name, 'cluster'));
    if (running) await stopServer(running.pid, systemClock);
    await rm(join(root, name), { recursive: true, force: true });
  }
}

async function makeTemplate(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(`CREATE DATABASE ${TEMPLATE}`);
  await client.end();
  const target = new URL(url);
  target.pathname = `/${TEMPLATE}`;
  await migrate(target.href);
}

let server: EmbeddedPostgres | undefined;
let dataDir: string | undefined;

/** Vitest's global set-up: one server for the whole run, with a migrated database to copy. */
export async function setup(project: TestProject): Promise<void> {
  const root = await realpath(tmpdir());
  await sweep(root);
  dataDir = join(root, `${PREFIX}${process.pid}`);
  await mkdir(dataDir, { recursive: true });
  server = await startEmbeddedPostgres({
    dataDir,
    durability: 'test',
    maxConnections: 300,
    clock: systemClock,
    ids: systemIds(() => Date.now()),
    logger: createLogger('warn'),
  });
  await makeTemplate(server.url);
  project.provide('postgresUrl', server.url);
}

export async function teardown(): Promise<void> {
  await server?.stop();
  if (dataDir) await rm(dataDir, { recursive: true, force: true });
}
