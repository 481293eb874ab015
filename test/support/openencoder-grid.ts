import { createHmac } from 'node:crypto';
import { join } from 'node:path';
import { NO_VAPOURSYNTH } from './light-tools.ts';
import { freePort } from './ports.ts';
import { bareEnvironment } from './command-line.ts';
import { Program } from './program.ts';
import { startShippedGrid } from './shipped-grid.ts';
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
  readonly clips_total: number;
  readonly clips_done: number;
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

/** What tests ask of one server, and its people. */
export function openencoderClient(url: string) {
  const call = apiClient(url);

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

  return { call, login, admin, member };
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
  let network: TcpProxy | undefined;
  const toolsOf = (searchPath: string) => ({ PATH: searchPath, CLIPGRID_VAPOURSYNTH: NO_VAPOURSYNTH });
  const grid = await startShippedGrid({
    name: 'openencoder',
    agents: options.agents ?? 0,
    async environment({ database, searchPath }) {
      const databaseUrl = new URL(database.url);
      if (options.cutDatabase) {
        const { hostname, port } = databaseUrl;
        network = await TcpProxy.open({ host: hostname, port: Number(port) });
        databaseUrl.host = network.address;
      }
      return {
        // For machines on this host.
        ...toolsOf(searchPath),
        DATABASE_URL: databaseUrl.href,
        CLIPGRID_OPENENCODER_PORT: String(await freePort()),
        CLIPGRID_OPENENCODER_JWT_KEY: JWT_KEY,
        CLIPGRID_OPENENCODER_ADMIN_PASSWORD: FIRST_PASSWORD,
        CLIPGRID_SECRET_KEYS: 'k'.repeat(40),
        ...options.environment,
      };
    },
  });
  const { folder } = grid;
  const tools = toolsOf(grid.searchPath);
  const programs: Program[] = [];

  /** An agent that can be killed as machines die, in a process of its own. */
  async function addAgentProcess(name: string): Promise<Program> {
    const args = ['--coordinator', `127.0.0.1:${grid.grpcPort}`, '--name', name, '--slots', '1'];
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

  const url = grid.urlOf('openencoder');
  const client = openencoderClient(url);

  return {
    ...grid,
    url,
    /** Only with `cutDatabase`. */
    network,
    ...client,
    addAgentProcess,
    async close(): Promise<void> {
      await Promise.all(programs.map((program) => program.kill()));
      await grid.close();
      network?.close();
    },
  };
}

export type OpenencoderGrid = Awaited<ReturnType<typeof startOpenencoderGrid>>;
