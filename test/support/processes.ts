import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { AGENT_NODE_ARGS, COORDINATOR_NODE_ARGS } from '../../scripts/setup/node-args.mjs';
import { FinalripClient } from './finalrip-client.ts';
import type { JobWatch } from './job-watch.ts';
import { freePorts } from './ports.ts';
import type { TestDatabase } from './postgres.ts';
import { Program } from './program.ts';
import { RestClient } from './rest-client.ts';
import type { TestS3 } from './s3.ts';

export interface ProcessesOptions {
  /** Default 1. More than one needs `s3`: a folder of objects belongs to one process. */
  readonly coordinators?: number;
  readonly agents?: number;
  /** Of each agent; default 1. */
  readonly slots?: number;
  readonly s3?: TestS3;
  /** Default: one of the test run's server. It is dropped at the end. */
  readonly database?: TestDatabase;
  readonly coordinatorEnv?: Readonly<Record<string, string>>;
  readonly agentEnv?: Readonly<Record<string, string>>;
}

export interface AgentOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** HOST:PORT, or several with commas between; default all coordinators. */
  readonly coordinator?: string;
  /** See `ProgramSpec`; made from the agent's own folder, which may not be there yet. */
  by?(folder: string): readonly string[];
}

/** A coordinator as a process, with the addresses that it keeps over restarts. */
export interface CoordinatorProcess {
  readonly program: Program;
  readonly api: RestClient;
  /** host:port of gRPC. */
  readonly rpc: string;
  /** A client of its FinalRip port. */
  readonly finalrip: FinalripClient;
}

const FINALRIP_TOKEN = 'a token for tests';

/** What a program needs of this machine's environment; nothing that a developer has set for clipgrid. */
function bareEnvironment(): Record<string, string> {
  const names = ['PATH', 'HOME', 'TMPDIR', 'LANG'];
  return Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}

function s3Environment(s3: TestS3): Record<string, string> {
  return {
    CLIPGRID_S3_ENDPOINT: s3.url,
    CLIPGRID_S3_REGION: s3.region,
    CLIPGRID_S3_ACCESS_KEY: s3.accessKey,
    CLIPGRID_S3_SECRET_KEY: s3.secretKey,
  };
}

/** Vitest's part is asked for only where there is vitest. */
async function ownDatabase(): Promise<TestDatabase> {
  const { createTestDatabase } = await import('./postgres.ts');
  return createTestDatabase();
}

/** A grid of real processes over a database of its own. Close it in `afterAll`, whatever happened. */
export class Processes {
  readonly folder: string;
  readonly database: TestDatabase;
  readonly sql: pg.Pool;
  readonly coordinators: CoordinatorProcess[] = [];
  readonly agents: Program[] = [];
  readonly #options: ProcessesOptions;

  private constructor(folder: string, database: TestDatabase, options: ProcessesOptions) {
    this.folder = folder;
    this.database = database;
    this.#options = options;
    this.sql = new pg.Pool({ connectionString: database.url, max: 4 });
    this.sql.on('error', () => undefined);
  }

  static async start(options: ProcessesOptions = {}): Promise<Processes> {
    const folder = await mkdtemp(join(tmpdir(), 'clipgrid-processes-'));
    const grid = new Processes(folder, options.database ?? (await ownDatabase()), options);
    try {
      for (let i = 0; i < (options.coordinators ?? 1); i++) await grid.addCoordinator();
      await Promise.all(Array.from({ length: options.agents ?? 2 }, () => grid.addAgent()));
    } catch (error) {
      await grid.close();
      throw error;
    }
    return grid;
  }

  /** The first coordinator. */
  get coordinator(): CoordinatorProcess {
    return this.coordinators[0]!;
  }

  get api(): RestClient {
    return this.coordinator.api;
  }

  /** One more coordinator, with its addresses, not started yet. */
  async prepareCoordinator(extraEnv: Readonly<Record<string, string>> = {}): Promise<CoordinatorProcess> {
    const [http, grpc, finalrip] = (await freePorts(3)) as [number, number, number];
    const { s3, coordinatorEnv } = this.#options;
    const program = new Program({
      name: `coordinator-${this.coordinators.length + 1}`,
      args: [...COORDINATOR_NODE_ARGS, 'coordinator/main.ts'],
      ready: 'listening',
      env: {
        ...bareEnvironment(),
        DATABASE_URL: this.database.url,
        CLIPGRID_HTTP_PORT: String(http),
        CLIPGRID_GRPC_PORT: String(grpc),
        CLIPGRID_FINALRIP_PORT: String(finalrip),
        CLIPGRID_FINALRIP_TOKEN: FINALRIP_TOKEN,
        CLIPGRID_DATA: join(this.folder, 'data'),
        ...(s3 ? s3Environment(s3) : {}),
        ...coordinatorEnv,
        ...extraEnv,
      },
    });
    const coordinator = {
      program,
      api: new RestClient(`http://127.0.0.1:${http}/api/v1`),
      rpc: `127.0.0.1:${grpc}`,
      finalrip: new FinalripClient({ url: `http://127.0.0.1:${finalrip}`, token: FINALRIP_TOKEN }),
    };
    this.coordinators.push(coordinator);
    return coordinator;
  }

  async addCoordinator(extraEnv: Readonly<Record<string, string>> = {}): Promise<CoordinatorProcess> {
    const coordinator = await this.prepareCoordinator(extraEnv);
    await coordinator.program.start();
    return coordinator;
  }

  /** Starts one more agent, of all coordinators that there are by now; resolves when it is connected. */
  async addAgent(options: AgentOptions = {}): Promise<Program> {
    const name = `agent-${this.agents.length + 1}`;
    const to = options.coordinator ?? this.coordinators.map((one) => one.rpc).join(',');
    const slots = String(this.#options.slots ?? 1);
    const program = new Program({
      name,
      args: [
        ...[...AGENT_NODE_ARGS, 'agent/main.ts', '--coordinator', to, '--name', name],
        ...['--slots', slots, '--data', join(this.folder, name)],
      ],
      ready: 'connected',
      ...(options.by === undefined ? {} : { by: options.by(join(this.folder, name)) }),
      env: { ...bareEnvironment(), ...this.#options.agentEnv, ...options.env },
    });
    this.agents.push(program);
    await program.start();
    return program;
  }

  get finalrip(): FinalripClient {
    return this.coordinator.finalrip;
  }

  /** Uploads a film to FinalRip's API and starts its task. */
  async startFinalrip(key: string, film: string, fields: FinalripStart): Promise<void> {
    await this.finalrip.pending(key, film);
    const answer = await this.finalrip.post('start', { video_key: key, ...fields });
    if (answer.body?.success !== true) throw new Error(`start ${key}: ${answer.text}`);
  }

  /** Watches the latest job of a FinalRip task by the own API, which shows events where FinalRip has none. */
  async watchFinalrip(key: string): Promise<JobWatch> {
    const { jobs } = await this.api.call<{ jobs: { job_id: string; name: string }[] }>('/jobs');
    const job = jobs.find((one) => one.name === key);
    if (job === undefined) throw new Error(`FinalRip's task ${key} has no job`);
    return this.api.watch(job.job_id);
  }

  /** The agent process of that name. */
  agent(name: string): Program {
    const program = this.agents.find((one) => one.name === name);
    if (program === undefined) throw new Error(`there is no agent ${name}`);
    return program;
  }

  /** Every attempt of a job that has ended, in the order of the clips and epochs. */
  async attempts(jobId: string): Promise<AttemptRow[]> {
    const { rows } = await this.sql.query<AttemptRow>(
      `select t.kind, t.clip_index, a.epoch, g.name as agent, a.outcome, a.granted_at, a.ended_at
       from attempts a join tasks t using (task_id) left join agents g on g.agent_id = a.agent_id
       where t.job_id = $1 order by t.kind, t.clip_index, a.epoch`,
      [jobId],
    );
    return rows;
  }

  /** Ends everything, agents first, at once. Never throws before all is gone. */
  async close(): Promise<void> {
    const programs = [...this.agents, ...this.coordinators.map((one) => one.program)];
    for (const { api } of this.coordinators) api.close();
    await Promise.all(programs.map((program) => program.kill()));
    await this.sql.end();
    await this.database.drop();
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

export interface FinalripStart {
  readonly script: string;
  readonly encode_param: string;
  readonly slice?: boolean;
}

export interface AttemptRow {
  readonly kind: string;
  readonly clip_index: number;
  readonly epoch: number;
  readonly agent: string | null;
  readonly outcome: string;
  readonly granted_at: Date;
  readonly ended_at: Date;
}
