import { join } from 'node:path';
import type { Pool } from 'pg';
import type { Clock } from '../shared/clock.ts';
import type { IdSource } from '../shared/ids.ts';
import type { Logger } from '../shared/logger.ts';
import { startAll, stopAll, type Service } from '../shared/service.ts';
import { NO_TRACES, type Tracer } from '../shared/trace.ts';
import { VERSION } from '../shared/version.ts';
import { SCOPES } from './domain/account.ts';
import type { Grid } from './grid/face.ts';
import { createGrid, type RunningGrid } from './grid/grid.ts';
import { DEFAULT_TIMES, type GridSettings } from './grid/settings.ts';
import { createHttpApp } from './http/app.ts';
import { dashboard } from './http/dashboard.ts';
import { createMetrics, type HttpMetrics } from './http/metrics.ts';
import { httpServers } from './http-servers.ts';
import type { ObjectStore } from './objects/object-store.ts';
import { dialectDetails, openDialects } from './open-dialects.ts';
import { openObjects } from './open-objects.ts';
import { openTls } from './open-tls.ts';
import { GuardedHttp } from './outbound/guarded-http.ts';
import { DEFAULT_RPC_LIMITS } from './rpc/limits.ts';
import { createRpcServer } from './rpc/server.ts';
import { createServices } from './rpc/services.ts';
import { createProcessFigures } from './process-figures.ts';
import { openSecretKeys } from './secret-keys.ts';
import { localUrl, type CoordinatorSettings } from './settings.ts';
import { postgresAgentStore } from './store/postgres/agent-store.ts';
import { postgresEnrolmentStore } from './store/postgres/enrolment-store.ts';
import { postgresEventStore } from './store/postgres/event-store.ts';
import { postgresGaugeStore } from './store/postgres/gauge-store.ts';
import { postgresGarbageStore } from './store/postgres/garbage-store.ts';
import { postgresJobStore } from './store/postgres/job-store.ts';
import { postgresLeaseStore } from './store/postgres/lease-store.ts';
import { postgresLogStore } from './store/postgres/log-store.ts';
import { migrate } from './store/postgres/migrate.ts';
import { openPool } from './store/postgres/pool.ts';
import { postgresStatsStore } from './store/postgres/stats-store.ts';
import { postgresTokenStore } from './store/postgres/token-store.ts';
import { postgresUploadStore } from './store/postgres/upload-store.ts';
import { postgresUserStore } from './store/postgres/user-store.ts';
import { postgresWebhookStore } from './store/postgres/webhook-store.ts';
import { postgresWakeSource } from './store/postgres/wake-source.ts';
import type { JobStore } from './store/job-store.ts';
import type { Db } from './store/transaction.ts';

export interface CoordinatorParts {
  readonly settings: CoordinatorSettings;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly logger: Logger;
  /** Other times and limits than the usual ones. */
  readonly times?: Partial<GridSettings>;
  /** Default: none. */
  readonly tracer?: Tracer;
}

/** A running coordinator and where it listens. */
export interface Coordinator {
  readonly httpPort: number;
  readonly grpcPort: number;
  /** Ports of dialects that have one of their own, by name. */
  readonly dialectPorts: Readonly<Record<string, number>>;
  stop(): Promise<void>;
}

const POOL_SIZE = 16;
const DASHBOARD = join(import.meta.dirname, 'dashboard', 'dist');

function gridSettings({ settings, ids, times }: CoordinatorParts): GridSettings {
  const { bucket, leaseTtlMs, maxWaitMs, minSandbox, maxFetchBytes } = settings;
  const ttl = leaseTtlMs === undefined ? {} : { leaseTtlMs };
  const wait = maxWaitMs === undefined ? {} : { maxWaitMs };
  return {
    ...DEFAULT_TIMES,
    coordinatorId: ids.uuid(),
    version: VERSION,
    bucket,
    minSandbox,
    ...ttl,
    ...wait,
    ...(maxFetchBytes === undefined ? {} : { maxFetchBytes }),
    ...times,
  };
}

/** Tokens that the operator configured exist before the first request. */
async function ensureTokens({ accounts, enrolment }: Grid, settings: CoordinatorSettings): Promise<void> {
  await enrolment.ensureJoinToken(settings.joinToken);
  if (settings.adminToken) {
    await accounts.ensureToken({
      ownerId: 'admin',
      name: 'admin',
      scopes: SCOPES,
      secret: settings.adminToken,
    });
  }
}

function gridStores(db: Db) {
  return {
    leases: postgresLeaseStore(db),
    agents: postgresAgentStore(db),
    events: postgresEventStore(db),
    stats: postgresStatsStore(db),
    logs: postgresLogStore(db),
    uploads: postgresUploadStore(db),
    garbage: postgresGarbageStore(db),
    tokens: postgresTokenStore(db),
    enrolments: postgresEnrolmentStore(db),
    users: postgresUserStore(db),
    webhooks: postgresWebhookStore(db),
  };
}

interface GridParts {
  readonly db: Db;
  readonly jobs: JobStore;
  readonly objects: ObjectStore;
  readonly metrics: HttpMetrics;
  readonly secretKeys: readonly string[];
}

function openGrid(parts: CoordinatorParts, own: GridParts): RunningGrid {
  const { db, jobs, objects, metrics, secretKeys } = own;
  const { settings, clock, ids, logger } = parts;
  return createGrid({
    ...gridStores(db),
    jobs,
    objects,
    secretKeys,
    outbound: new GuardedHttp({ clock, ...settings.outbound }),
    wakeSource: postgresWakeSource({ connectionString: settings.databaseUrl, clock, ids, logger }),
    clock,
    ids,
    logger,
    settings: gridSettings(parts),
    tracer: parts.tracer ?? NO_TRACES,
    observer: metrics.observer,
  });
}

/** Metrics, and what looks at this process for them. `running`: once somebody asks. */
function openMetrics(
  { db, pool, jobs }: { db: Db; pool: Pool; jobs: JobStore },
  running: () => RunningGrid,
): { metrics: HttpMetrics; figures: Service } {
  const figures = createProcessFigures(pool, () => running().sessions());
  const gauges = postgresGaugeStore(db);
  const metrics = createMetrics(() => ({
    agents: running().face.agents,
    jobCounts: () => jobs.countByState(),
    gauges: () => gauges.gauges(),
    process: () => figures.read(),
  }));
  return { metrics, figures };
}

/** Where browsers find films and images: they are told signed URLs. */
function objectOrigins(settings: CoordinatorSettings): string[] {
  return [new URL(settings.s3?.publicUrl ?? settings.publicUrl ?? localUrl(settings)).origin];
}

/** Wires one coordinator process and starts it: database, objects, grid, gRPC, HTTP. */
export async function startCoordinator(parts: CoordinatorParts): Promise<Coordinator> {
  const { settings, clock, ids, logger } = parts;
  const tls = settings.tls && openTls(settings.tls);
  await migrate(settings.databaseUrl);
  const onError = (error: Error): void =>
    logger.warn({ error: error.message }, 'a database connection was lost');
  const { db, pool } = openPool({ connectionString: settings.databaseUrl, max: POOL_SIZE, onError });
  const { objects, folderHttp } = await openObjects(settings, parts);
  const jobs = postgresJobStore(db);
  const { metrics, figures } = openMetrics({ db, pool, jobs }, () => running);
  const secretKeys = await openSecretKeys(settings, ids);
  const running = openGrid(parts, { db, jobs, objects, metrics, secretKeys });
  const grid = running.face;
  await ensureTokens(grid, settings);
  const ready = async (): Promise<void> => {
    await pool.query('select 1');
    await objects.health();
  };
  const { auth, host } = settings;
  const dialects = await openDialects({ ...parts, grid, db, objects });
  const shown = { grid, dialectDetails: dialectDetails(dialects), clock, ids, logger };
  const app = createHttpApp({
    ...shown,
    auth,
    agentsPort: () => rpc.port,
    metrics,
    tracer: parts.tracer ?? NO_TRACES,
    ready,
    mounts: dialects.map((dialect) => dialect.mount),
    dashboard: dashboard({ folder: DASHBOARD, objectOrigins: objectOrigins(settings) }),
    ...(folderHttp ? { objects: folderHttp.handle } : {}),
  });
  const { main, own } = httpServers({
    ...parts,
    app,
    host,
    port: settings.httpPort,
    dialects,
    ...(tls ? { tls } : {}),
  });
  const rpcAuth = { mode: auth, accounts: grid.accounts };
  const rpc = createRpcServer({
    gateway: running.gateway,
    auth: rpcAuth,
    agentAuth: settings.agentAuth,
    enrolment: grid.enrolment,
    ...(tls ? { tls } : {}),
    clock,
    ids,
    logger,
    host,
    port: settings.grpcPort,
    services: createServices({ ...shown, auth: rpcAuth, limits: DEFAULT_RPC_LIMITS, ready }),
    maxMessageBytes: DEFAULT_TIMES.maxMessageBytes,
  });
  const database: Service = { name: 'database', start: () => Promise.resolve(), stop: () => pool.end() };

  const dialectServices = dialects.flatMap((dialect) => dialect.services);
  const services = [figures, database, ...running.services, ...dialectServices, rpc, main, ...own];
  await startAll(services);
  const dialectPorts = Object.fromEntries(own.map(({ name, port }) => [name, port]));
  return { httpPort: main.port, grpcPort: rpc.port, dialectPorts, stop: () => stopAll(services) };
}
