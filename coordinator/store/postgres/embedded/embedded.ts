import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import pg from 'pg';
import type { Clock } from '../../../../shared/clock.ts';
import { GridError } from '../../../../shared/errors.ts';
import type { IdSource } from '../../../../shared/ids.ts';
import type { Logger } from '../../../../shared/logger.ts';
import { serverAccount } from './account.ts';
import { prepareBinaries } from './binaries.ts';
import { initialiseCluster, ROLE } from './initialise.ts';
import { layOut, type ClusterLayout } from './layout.ts';
import { findRunning, stopServer, type RunningServer } from './running.ts';
import { freePort, logTail, spawnServer, type Durability, type SpawnInput } from './spawn-server.ts';

export interface EmbeddedPostgresOptions {
  /** Absolute path; made when missing. Everything that must survive is in it. */
  readonly dataDir: string;
  /** A fixed port of the loopback address; any free one when absent. */
  readonly port?: number;
  /** Default `full`. */
  readonly durability?: Durability;
  readonly maxConnections?: number;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly logger: Logger;
}

export interface EmbeddedPostgres {
  /** With the generated password: never to be logged. */
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

const READY_LIMIT_MS = 60_000;
const PORT_TRIES = 5;
const POLL_MS = 15;

function urlOf(port: number, password: string): string {
  return `postgres://${ROLE}:${encodeURIComponent(password)}@127.0.0.1:${port}/postgres`;
}

/** The error code of a connection attempt; undefined when it succeeded. */
async function tryConnect(url: string): Promise<string | undefined> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.end();
    return undefined;
  } catch (error) {
    await client.end().catch(() => undefined);
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  }
}

interface Waiting {
  readonly url: string;
  readonly clock: Clock;
  /** Resolves to false when there is no longer anything to wait for. */
  readonly stillThere: () => Promise<boolean>;
}

/** 57P03: the server is there but still starting (or recovering after a crash). */
async function waitReady({ url, clock, stillThere }: Waiting): Promise<boolean> {
  const from = clock.monotonicMs();
  while (clock.monotonicMs() - from < READY_LIMIT_MS) {
    const failure = await tryConnect(url);
    if (failure === undefined) return true;
    if (failure !== 'ECONNREFUSED' && failure !== '57P03') return false;
    if (!(await stillThere())) return false;
    await clock.sleep(POLL_MS);
  }
  return false;
}

/** Uses a server whose parent was killed, or stops it when it cannot be used as it is. */
async function adopt(
  running: RunningServer,
  password: string,
  options: EmbeddedPostgresOptions,
): Promise<boolean> {
  const { clock, logger } = options;
  const wanted = options.port === undefined || options.port === running.port;
  const stillThere = async (): Promise<boolean> => Promise.resolve(true);
  const usable = wanted && (await waitReady({ url: urlOf(running.port, password), clock, stillThere }));
  logger.info(
    { pid: running.pid, port: running.port, usable },
    'found a PostgreSQL that outlived its parent',
  );
  if (!usable) await stopServer(running.pid, clock);
  return usable;
}

/** Undefined when the server ended or never answered; then it is gone. */
async function launch(input: SpawnInput, url: string, clock: Clock): Promise<number | undefined> {
  const child: ChildProcess = await spawnServer(input);
  const failed = once(child, 'error').then(() => undefined);
  failed.catch(() => undefined);
  const { pid } = child;
  if (pid === undefined) return undefined;
  const stillThere = async (): Promise<boolean> =>
    Promise.resolve(child.exitCode === null && child.signalCode === null);
  if (await waitReady({ url, clock, stillThere })) return pid;
  await stopServer(pid, clock);
  return undefined;
}

async function startNew(
  base: Omit<SpawnInput, 'port'>,
  password: string,
  options: EmbeddedPostgresOptions,
): Promise<RunningServer> {
  // A free port may be taken by another program before the server binds it, hence more than one try.
  const tries = options.port === undefined ? PORT_TRIES : 1;
  for (let attempt = 0; attempt < tries; attempt++) {
    const port = options.port ?? (await freePort());
    const pid = await launch({ ...base, port }, urlOf(port, password), options.clock);
    if (pid !== undefined) return { pid, port };
  }
  throw new GridError(
    'unavailable',
    `the embedded PostgreSQL did not start on ${options.dataDir}; it said:\n${await logTail(base.layout)}`,
  );
}

function handle(server: RunningServer, password: string, options: EmbeddedPostgresOptions): EmbeddedPostgres {
  let stopping: Promise<void> | undefined;
  return {
    url: urlOf(server.port, password),
    pid: server.pid,
    stop: () => (stopping ??= stopServer(server.pid, options.clock)),
  };
}

/**
 * Starts PostgreSQL on `dataDir`: makes the database the first time, and takes over a server that a killed parent
 * left behind. Resolves when it accepts connections. The server lives until `stop()`, whatever becomes of us.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const from = options.clock.monotonicMs();
  const account = await serverAccount();
  const binaries = await prepareBinaries(account);
  const layout: ClusterLayout = await layOut(options.dataDir, account);
  const password = await initialiseCluster({ binaries, account, layout, ids: options.ids });
  const running = await findRunning(layout.cluster);
  if (running && (await adopt(running, password, options))) return handle(running, password, options);
  const durability = options.durability ?? 'full';
  const maxConnections = options.maxConnections ?? 100;
  const base = { program: binaries.postgres, layout, account, durability, maxConnections };
  const server = await startNew(base, password, options);
  const tookMs = Math.round(options.clock.monotonicMs() - from);
  options.logger.info(
    { pid: server.pid, port: server.port, cluster: layout.cluster, tookMs },
    'PostgreSQL is ready',
  );
  return handle(server, password, options);
}
