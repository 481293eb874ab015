import { createHmac } from 'node:crypto';
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
import { freePort } from './ports.ts';
import { bareEnvironment } from './command-line.ts';
import { createTestDatabase } from './postgres.ts';
import { Program } from './program.ts';
import { TcpProxy } from './tcp-proxy.ts';

export const JWT_KEY = 'a signing key for tests only';
export const FIRST_PASSWORD = 'password';
export const ADMIN_PASSWORD = 'another password';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON; undefined when it is none. */
  // eslint-disable-next-line typescript/no-explicit-any
  readonly json: any;
}

/** A job as tests look at it. */
export interface JobDocument {
  readonly id: number;
  readonly status: string;
  readonly progress: number;
  readonly speed: string | null;
  readonly fps: number;
  readonly probe: string;
  readonly options: string;
  readonly error: string | null;
  readonly error_log: string;
}

export interface Call {
  readonly token?: string | undefined;
  /** Sent as JSON; a text as it is. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Any token, signed by any key. */
export function forgeToken(
  claims: Readonly<Record<string, unknown>>,
  { key = JWT_KEY, alg = 'HS256' }: { key?: string; alg?: string } = {},
): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const text = `${part({ alg, typ: 'JWT' })}.${part(claims)}`;
  const digest = alg === 'HS512' ? 'sha512' : 'sha256';
  return `${text}.${createHmac(digest, key).update(text).digest('base64url')}`;
}

export function claimsOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<
    string,
    unknown
  >;
}

/** A client as scripts are written: fetch, no redirects. */
export function apiClient(url: string) {
  return async (method: string, path: string, { token, body, headers = {} }: Call = {}): Promise<Answer> => {
    const answer = await fetch(url + path, {
      method,
      redirect: 'manual',
      headers: { ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await answer.text();
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch {
      json = undefined;
    }
    return { status: answer.status, headers: answer.headers, text, json };
  };
}

export interface OpenencoderGridOptions {
  readonly agents?: number;
  /** Further settings, as in the environment of `clipgrid coordinator`. */
  readonly environment?: Readonly<Record<string, string>>;
  /** The network between the coordinator and its database is the test's to cut. */
  readonly cutDatabase?: boolean;
}

/** A coordinator as it is shipped, wired from its settings, with Open Encoder's port and real agents; all in this process. */
export async function startOpenencoderGrid(options: OpenencoderGridOptions = {}) {
  const clock = systemClock;
  const ids = systemIds(() => clock.wallMs());
  const logger = createLogger(process.env['TEST_LOG'] ?? 'silent');
  const folder = await mkdtemp(join(tmpdir(), 'clipgrid-openencoder-'));
  const database = await createTestDatabase();
  const databaseUrl = new URL(database.url);
  const network = options.cutDatabase
    ? await TcpProxy.open({ host: databaseUrl.hostname, port: Number(databaseUrl.port) })
    : undefined;
  if (network !== undefined) databaseUrl.host = network.address;
  const searchPath = lightTools(folder);
  const tools = { PATH: searchPath, CLIPGRID_VAPOURSYNTH: NO_VAPOURSYNTH };
  const environment = {
    // For machines on this host.
    ...tools,
    DATABASE_URL: databaseUrl.href,
    CLIPGRID_HTTP_PORT: String(await freePort()),
    CLIPGRID_GRPC_PORT: String(await freePort()),
    CLIPGRID_FINALRIP_PORT: '0',
    CLIPGRID_OPENENCODER_PORT: String(await freePort()),
    CLIPGRID_OPENENCODER_JWT_KEY: JWT_KEY,
    CLIPGRID_OPENENCODER_ADMIN_PASSWORD: FIRST_PASSWORD,
    CLIPGRID_SECRET_KEYS: 'k'.repeat(40),
    CLIPGRID_DATA: join(folder, 'data'),
    ...options.environment,
  };
  let coordinator = await startCoordinator({ settings: readSettings(environment), clock, ids, logger });
  const programs: Program[] = [];
  const agents: { quit: AbortController; done: Promise<void> }[] = [];

  function addAgent(): { kill(): Promise<void> } {
    const quit = new AbortController();
    const number = agents.length;
    const config = {
      coordinator: `127.0.0.1:${coordinator.grpcPort}`,
      name: `agent-${number}`,
      slots: 1,
      dataDir: join(folder, `agent-${number}`),
      searchPath,
      vapourSynthFile: NO_VAPOURSYNTH,
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
  for (let i = 0; i < (options.agents ?? 0); i++) addAgent();

  /** An agent that can be killed as machines die, in a process of its own. */
  async function addAgentProcess(name: string): Promise<Program> {
    const args = ['--coordinator', `127.0.0.1:${coordinator.grpcPort}`, '--name', name, '--slots', '1'];
    const program = new Program({
      name,
      args: ['agent/main.ts', ...args, '--data', join(folder, `agent-${name}`)],
      ready: 'connected',
      env: { ...bareEnvironment(), ...tools },
    });
    programs.push(program);
    await program.start();
    return program;
  }

  const url = `http://127.0.0.1:${coordinator.dialectPorts['openencoder']}`;
  const call = apiClient(url);

  async function query(text: string, values: readonly unknown[] = []): Promise<Record<string, unknown>[]> {
    const connection = new pg.Client({ connectionString: database.url });
    await connection.connect();
    try {
      return (await connection.query<Record<string, unknown>>(text, [...values])).rows;
    } finally {
      await connection.end();
    }
  }

  async function login(username: string, password: string): Promise<string> {
    const answer = await call('POST', '/api/login', {
      body: { username, password },
      headers: { 'content-type': 'application/json' },
    });
    if (answer.status !== 200) throw new Error(`login of ${username}: ${answer.status} ${answer.text}`);
    return (answer.json as { token: string }).token;
  }

  /** The administrator's token, after the reset of the first password. */
  async function admin(): Promise<string> {
    await call('POST', '/api/update-password', {
      body: { username: 'admin', current_password: FIRST_PASSWORD, new_password: ADMIN_PASSWORD },
    });
    return login('admin', ADMIN_PASSWORD);
  }

  /** Somebody new of that role, signed in. */
  async function member(username: string, role: 'guest' | 'operator', adminToken: string): Promise<string> {
    await call('POST', '/api/register', { body: { username, password: 'pw' } });
    const { json } = await call('GET', '/api/users?count=1000', { token: adminToken });
    const user = (json as { users: { id: number; username: string }[] }).users.find(
      (one) => one.username === username,
    );
    if (role !== 'guest')
      await call('PUT', `/api/users/${user?.id}`, { token: adminToken, body: { role, active: true } });
    return login(username, 'pw');
  }

  return {
    folder,
    url,
    /** Only with `cutDatabase`. */
    network,
    mainUrl: `http://127.0.0.1:${coordinator.httpPort}`,
    call,
    login,
    admin,
    member,
    addAgent,
    addAgentProcess,
    /** Stops the coordinator and starts another; agents come back by themselves. */
    async restart(): Promise<void> {
      await coordinator.stop();
      coordinator = await startCoordinator({ settings: readSettings(environment), clock, ids, logger });
    },
    /** Into the database, behind the API's back. */
    query,
    async close(): Promise<void> {
      for (const agent of agents) agent.quit.abort();
      await Promise.all(programs.map((program) => program.kill()));
      await Promise.allSettled(agents.map((agent) => agent.done));
      await coordinator.stop();
      network?.close();
      await database.drop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export type OpenencoderGrid = Awaited<ReturnType<typeof startOpenencoderGrid>>;
