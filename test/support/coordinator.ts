import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCoordinator } from '../../coordinator/coordinator.ts';
import type { AgentAuth } from '../../coordinator/domain/enrolment.ts';
import { readAnimeSettings } from '../../coordinator/dialects/anime/settings.ts';
import type { GridSettings } from '../../coordinator/grid/settings.ts';
import { openPool } from '../../coordinator/store/postgres/pool.ts';
import { systemClock, type Clock } from '../../shared/clock.ts';
import { systemIds } from '../../shared/ids.ts';
import { createLogger, type Logger } from '../../shared/logger.ts';
import type { Tracer } from '../../shared/trace.ts';
import type { SandboxStrength } from '../../shared/sandbox-strength.ts';
import { freePort } from './ports.ts';
import { createTestDatabase } from './postgres.ts';

export const ADMIN_TOKEN = 'an-admin-token-for-tests-only';

export interface TestCoordinatorOptions {
  /** Default: none. */
  readonly auth?: 'none' | 'token';
  /** Default: none. */
  readonly finalripAuth?: 'none' | 'token';
  /** Default: as `auth`. */
  readonly agentAuth?: AgentAuth;
  /** Default: none. */
  readonly minSandbox?: SandboxStrength;
  readonly times?: Partial<GridSettings>;
  readonly clock?: Clock;
  /** In place of the file's own database. */
  readonly databaseUrl?: string;
  readonly logger?: Logger;
  readonly tracer?: Tracer;
}

/** A coordinator as `clipgrid coordinator` starts it, in this process, over a database and a folder of its own. */
export async function startTestCoordinator(options: TestCoordinatorOptions = {}) {
  const clock = options.clock ?? systemClock;
  const ids = systemIds(() => clock.wallMs());
  const folder = await mkdtemp(join(tmpdir(), 'clipgrid-coordinator-'));
  const database = await createTestDatabase();
  const [httpPort, finalripPort] = [await freePort(), await freePort()];
  const coordinator = await startCoordinator({
    settings: {
      databaseUrl: options.databaseUrl ?? database.url,
      host: '127.0.0.1',
      httpPort,
      grpcPort: 0,
      secretKeys: [],
      outbound: { networks: ['127.0.0.0/8'], plainHttp: false },
      finalrip: {
        port: finalripPort,
        auth: options.finalripAuth ?? 'none',
        tokens: [],
        bucket: 'finalrip',
        createAt: 'text',
      },
      anime: readAnimeSettings({}, () => 0),
      dataDir: folder,
      bucket: 'clipgrid',
      minSandbox: options.minSandbox ?? 'none',
      auth: options.auth ?? 'none',
      adminToken: ADMIN_TOKEN,
      agentAuth: options.agentAuth ?? (options.auth === 'token' ? 'token' : 'open'),
      logLevel: 'silent',
    },
    clock,
    ids,
    logger: options.logger ?? createLogger(process.env['TEST_LOG'] ?? 'silent'),
    ...(options.tracer ? { tracer: options.tracer } : {}),
    ...(options.times ? { times: options.times } : {}),
  });
  const { pool } = openPool({ connectionString: database.url, max: 3, onError: () => undefined });
  return {
    host: `http://127.0.0.1:${httpPort}`,
    url: `http://127.0.0.1:${httpPort}/api/v1`,
    httpPort,
    grpcPort: coordinator.grpcPort,
    finalripPort,
    folder,
    databaseUrl: database.url,
    /** For what a test must look up or put into the database itself. */
    pool,
    async close() {
      await coordinator.stop();
      await pool.end();
      await database.drop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export type TestCoordinator = Awaited<ReturnType<typeof startTestCoordinator>>;
