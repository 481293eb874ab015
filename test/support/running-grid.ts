import { createReadStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { runAgent } from '../../agent/agent.ts';
import type { AgentAuth } from '../../coordinator/domain/enrolment.ts';
import type { JobSpec } from '../../coordinator/domain/job.ts';
import type { JobView } from '../../coordinator/grid/face.ts';
import { createGrid } from '../../coordinator/grid/grid.ts';
import { DEFAULT_TIMES, type GridSettings } from '../../coordinator/grid/settings.ts';
import { FolderHttp } from '../../coordinator/objects/folder-http.ts';
import { FolderStore } from '../../coordinator/objects/folder.ts';
import { GuardedHttp } from '../../coordinator/outbound/guarded-http.ts';
import { DEFAULT_RPC_LIMITS, type RpcLimits } from '../../coordinator/rpc/limits.ts';
import { createRpcServer } from '../../coordinator/rpc/server.ts';
import { createServices } from '../../coordinator/rpc/services.ts';
import { postgresAgentStore } from '../../coordinator/store/postgres/agent-store.ts';
import { postgresEnrolmentStore } from '../../coordinator/store/postgres/enrolment-store.ts';
import { postgresEventStore } from '../../coordinator/store/postgres/event-store.ts';
import { postgresGarbageStore } from '../../coordinator/store/postgres/garbage-store.ts';
import { postgresJobStore } from '../../coordinator/store/postgres/job-store.ts';
import { postgresLeaseStore } from '../../coordinator/store/postgres/lease-store.ts';
import { postgresLogStore } from '../../coordinator/store/postgres/log-store.ts';
import { openPool } from '../../coordinator/store/postgres/pool.ts';
import { postgresStatsStore } from '../../coordinator/store/postgres/stats-store.ts';
import { postgresTokenStore } from '../../coordinator/store/postgres/token-store.ts';
import { postgresUploadStore } from '../../coordinator/store/postgres/upload-store.ts';
import { postgresUserStore } from '../../coordinator/store/postgres/user-store.ts';
import { postgresWebhookStore } from '../../coordinator/store/postgres/webhook-store.ts';
import { postgresWakeSource } from '../../coordinator/store/postgres/wake-source.ts';
import type { WakeSource } from '../../coordinator/store/wake-source.ts';
import { systemClock } from '../../shared/clock.ts';
import { systemIds } from '../../shared/ids.ts';
import { createLogger } from '../../shared/logger.ts';
import { startAll, stopAll } from '../../shared/service.ts';
import { lightTools, NO_VAPOURSYNTH } from './light-tools.ts';
import { createTestDatabase } from './postgres.ts';

export interface RunningGridOptions {
  readonly agents?: number;
  /** What set-up wrote of VapourSynth for the agents to read; a path that is not there: a machine without it. */
  readonly vapourSynthFile?: string;
  /** Agents try no special hardware and have no VapourSynth, and so are there sooner. */
  readonly light?: boolean;
  readonly settings?: Partial<GridSettings>;
  /** Default: everybody is an administrator. */
  readonly auth?: 'none' | 'token';
  /** Default: as `auth`. */
  readonly agentAuth?: AgentAuth;
  readonly limits?: Partial<RpcLimits>;
  /** In place of asking the database and the objects. */
  readonly ready?: () => Promise<void>;
  /** In place of listening to the database. */
  readonly wakeSource?: WakeSource;
  /** A level other than silent shows what happens. */
  readonly log?: string;
}

const ENDED = new Set(['succeeded', 'failed', 'cancelled']);

/** A whole grid in this process: real PostgreSQL, folder store with its HTTP, gRPC server, and real agents. */
export async function startRunningGrid(options: RunningGridOptions = {}) {
  const clock = systemClock;
  const ids = systemIds(() => clock.wallMs());
  const logger = createLogger(options.log ?? 'silent');
  const folder = await mkdtemp(join(tmpdir(), 'clipgrid-grid-'));
  const database = await createTestDatabase();
  const { db, pool } = openPool({ connectionString: database.url, max: 10, onError: () => undefined });

  let folderHttp: FolderHttp | undefined;
  const web = createServer((request, response) => folderHttp?.handle(request, response));
  web.requestTimeout = 0;
  await new Promise<void>((done) => web.listen(0, '127.0.0.1', done));
  const objectsUrl = `http://127.0.0.1:${(web.address() as AddressInfo).port}/objects`;
  const objects = await FolderStore.open({
    folder: join(folder, 'objects'),
    secret: 'a secret that is only for tests',
    publicUrl: objectsUrl,
    internalUrl: objectsUrl,
    clock,
    ids,
  });
  folderHttp = new FolderHttp({ store: objects, clock, logger });
  const settings: GridSettings = {
    ...DEFAULT_TIMES,
    coordinatorId: ids.uuid(),
    version: 'test',
    bucket: 'clipgrid',
    ...options.settings,
  };
  await objects.ensureBucket(settings.bucket);
  const grid = createGrid({
    leases: postgresLeaseStore(db),
    jobs: postgresJobStore(db),
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
    outbound: new GuardedHttp({ clock, networks: ['127.0.0.0/8'], plainHttp: false }),
    secretKeys: ['a key for secrets that is only for tests'],
    objects,
    wakeSource:
      options.wakeSource ?? postgresWakeSource({ connectionString: database.url, clock, ids, logger }),
    clock,
    ids,
    logger,
    settings,
  });
  const limits: RpcLimits = { ...DEFAULT_RPC_LIMITS, ...options.limits };
  const auth = { mode: options.auth ?? 'none', accounts: grid.face.accounts } as const;
  const ready = async (): Promise<void> => {
    await pool.query('select 1');
    await objects.health();
  };
  const rpc = createRpcServer({
    gateway: grid.gateway,
    auth,
    agentAuth: options.agentAuth ?? (options.auth === 'token' ? 'token' : 'open'),
    enrolment: grid.face.enrolment,
    ids,
    limits,
    clock,
    logger,
    host: '127.0.0.1',
    port: 0,
    maxMessageBytes: settings.maxMessageBytes,
    services: createServices({
      grid: grid.face,
      // A test's own words, as a dialect would say them.
      dialectDetails: async ({ dialect }) => (dialect === 'grid' ? {} : { told: 'by the dialect' }),
      auth,
      clock,
      logger,
      limits,
      ready: options.ready ?? ready,
    }),
  });
  const services = [...grid.services, rpc];
  await startAll(services);

  const vapourSynthFile = options.vapourSynthFile ?? resolve('.cache/vapoursynth/clipgrid.json');
  const tools = options.light
    ? { searchPath: lightTools(folder), vapourSynthFile: NO_VAPOURSYNTH }
    : { searchPath: process.env['PATH'] ?? '', vapourSynthFile };
  const agents: { leave: AbortController; quit: AbortController; done: Promise<void> }[] = [];
  function addAgent(slots = 1) {
    const number = agents.length;
    const leave = new AbortController();
    const quit = new AbortController();
    const config = {
      coordinator: `127.0.0.1:${rpc.port}`,
      name: `agent-${number}`,
      slots,
      dataDir: join(folder, `agent-${number}`),
      ...tools,
      drainDeadlineMs: 1_000,
      version: 'test',
    };
    const done = runAgent({ config, clock, ids, logger, leave: leave.signal, quit: quit.signal });
    const agent = { leave, quit, done };
    agents.push(agent);
    return agent;
  }
  for (let i = 0; i < (options.agents ?? 2); i++) addAgent();

  /** Puts a local file into the store, as an upload would. */
  async function putSource(path: string): Promise<JobSpec['source']> {
    const key = `sources/${ids.uuid()}`;
    await objects.write({ bucket: settings.bucket, key }, createReadStream(path), {
      contentType: 'video/x-matroska',
      createOnly: true,
    });
    return { bucket: settings.bucket, key, sizeBytes: (await stat(path)).size };
  }

  /** Resolves when the job has ended, whichever way. */
  async function ended(jobId: string): Promise<JobView> {
    const signal = AbortSignal.timeout(120_000);
    const job = await grid.face.jobs.get(jobId);
    if (ENDED.has(job.state)) return job;
    for await (const event of grid.face.events.watch({ jobId, afterSequence: 0 }, signal)) {
      if (event.type !== 'job.state' || !ENDED.has(String(event.data['state']))) continue;
      const now = await grid.face.jobs.get(jobId);
      if (ENDED.has(now.state)) return now;
    }
    throw new Error(`job ${jobId} did not end: ${JSON.stringify(await grid.face.jobs.tasks(jobId))}`);
  }

  return {
    folder,
    db,
    pool,
    database,
    objects,
    objectsUrl,
    grid: grid.face,
    rpc,
    settings,
    agents,
    addAgent,
    putSource,
    ended,
    async close() {
      for (const agent of agents) agent.quit.abort();
      await Promise.allSettled(agents.map((agent) => agent.done));
      await stopAll(services);
      web.closeAllConnections();
      await new Promise((done) => web.close(done));
      await pool.end();
      await database.drop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export type RunningGrid = Awaited<ReturnType<typeof startRunningGrid>>;
