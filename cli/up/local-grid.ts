import { mkdir, readFile, realpath, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../shared/clock.ts';
import { GridError, toGridError } from '../../shared/errors.ts';
import type { IdSource } from '../../shared/ids.ts';
import type { Logger } from '../../shared/logger.ts';
import { programFile } from '../../shared/program-file.ts';
import { stopAll } from '../../shared/service.ts';
import { AGENT_NODE_ARGS, COMPILE_CACHE, COORDINATOR_NODE_ARGS } from '../../scripts/setup/node-args.mjs';
import { lockFolder } from './folder-lock.ts';
import { endOrphans, endTools, MARK } from './leftovers.ts';
import { SupervisedChild } from './supervised-child.ts';
import { startDatabase } from './supervised-database.ts';

export interface LocalGridOptions {
  /** Everything that must survive is below it; made when missing. */
  readonly folder: string;
  readonly agents: number;
  /** Tasks at once of each agent; its own choice when absent. */
  readonly slots?: number;
  readonly httpPort: number;
  readonly grpcPort: number;
  /** 0: not served. */
  readonly finalripPort: number;
  /** Absent or 0: not served. */
  readonly openencoderPort?: number;
  /** Absent or 0: not served. */
  readonly animePort?: number;
  /** Where the paths of the HLS ladder's callers are. Absent: what the environment says. */
  readonly animeSource?: string;
  /** Of this process: settings for the coordinator and the agents come through. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly logger: Logger;
  /** Aborted: a start that is under way is given up. */
  readonly signal: AbortSignal;
  /** Told to whoever else wants the folder. */
  stopping(): boolean;
  onEvent(event: LocalGridEvent): void;
}

export type LocalGridEvent =
  | { readonly event: 'waiting'; readonly pid: number }
  | { readonly event: 'orphans_ended'; readonly pids: readonly number[] }
  | { readonly event: 'starting'; readonly name: string }
  | { readonly event: 'died'; readonly name: string; readonly reason: string; readonly again_ms: number };

/** A grid on this machine: PostgreSQL, a coordinator and agents, each a process that is started again when it dies. */
export interface LocalGrid {
  readonly folder: string;
  readonly url: string;
  /** For agents: host:port. */
  readonly agentAddress: string;
  /** File with an administrator's token, where the grid asks for one. */
  readonly tokenFile?: string;
  readonly token?: string;
  /** Agents finish what they hold (for a moment), then everything is stopped. */
  stop(): Promise<void>;
  /** Agents and coordinator are killed; a `stop` that waits ends. Nothing that was committed is lost. */
  kill(): void;
}

const ROOT = join(import.meta.dirname, '../..');
const LOOPBACK = new Set(['127.0.0.1', 'localhost', '::1']);
const ANY_ADDRESS = new Set(['0.0.0.0', '::']);
const COORDINATOR_GRACE_MS = 10_000;
const AGENT_GRACE_MS = 10_000;

/** Made once, readable by its owner only. */
async function keptSecret(file: string, ids: IdSource): Promise<string> {
  const known = (await readFile(file, 'utf8').catch(() => '')).trim();
  if (known !== '') return known;
  const fresh = ids.secret(24);
  await writeFile(file, `${fresh}\n`, { mode: 0o600 });
  return fresh;
}

async function openFolder(folder: string): Promise<string> {
  try {
    await mkdir(join(folder, 'logs'), { recursive: true, mode: 0o755 });
    return await realpath(folder);
  } catch (thrown) {
    const message = `the folder ${folder} cannot be used: ${toGridError(thrown).message}`;
    throw new GridError('invalid_argument', message, { cause: thrown });
  }
}

interface Access {
  readonly host: string;
  readonly token?: string;
  readonly tokenFile?: string;
  /** With which the agents of this grid join, where they must. */
  readonly joinToken?: string;
  /** What the Open Encoder API and the HLS ladder need, by their variables; empty where they are not served. */
  readonly dialects: Readonly<Record<string, string>>;
}

/** Its key, and the first password of its administrator. */
async function openencoderAccess(
  { environment, ids, openencoderPort = 0 }: LocalGridOptions,
  folder: string,
): Promise<Access['dialects']> {
  if (openencoderPort === 0) return {};
  const [key, password] = ['CLIPGRID_OPENENCODER_JWT_KEY', 'CLIPGRID_OPENENCODER_ADMIN_PASSWORD'];
  return {
    [key]: environment[key] || (await keptSecret(join(folder, 'openencoder-key'), ids)),
    [password]: environment[password] || (await keptSecret(openencoderPasswordFile(folder), ids)),
  };
}

/** Where the first password of the Open Encoder API's administrator is, unless it was given. */
export function openencoderPasswordFile(folder: string): string {
  return join(folder, 'openencoder-password');
}

/** Its token, and the folder of its sources. */
async function animeAccess(
  { environment, ids, animePort = 0, animeSource }: LocalGridOptions,
  folder: string,
): Promise<Access['dialects']> {
  if (animePort === 0) return {};
  const [own, theirs] = [environment['CLIPGRID_ANIME_TOKENS'], environment['AUTHORIZED_TOKENS']];
  const tokens = own || theirs || JSON.stringify([await keptSecret(animeTokenFile(folder), ids)]);
  if (animeSource === undefined) return { CLIPGRID_ANIME_TOKENS: tokens };
  const isFolder = await stat(animeSource).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isFolder) {
    const message = `--anime-source is ${JSON.stringify(animeSource)}: there is no such folder`;
    throw new GridError('invalid_argument', message, {
      details: { field: '--anime-source', value: animeSource },
    });
  }
  return { CLIPGRID_ANIME_TOKENS: tokens, CLIPGRID_ANIME_SRC: animeSource };
}

/** Where the token of the HLS ladder is, unless some were given. */
export function animeTokenFile(folder: string): string {
  return join(folder, 'anime-token');
}

async function accessOf(options: LocalGridOptions, folder: string): Promise<Access> {
  const { environment, ids } = options;
  const dialects = {
    ...(await openencoderAccess(options, folder)),
    ...(await animeAccess(options, folder)),
  };
  const host = environment['CLIPGRID_HOST'] || '127.0.0.1';
  const auth = environment['CLIPGRID_AUTH'] || (LOOPBACK.has(host) ? 'none' : 'token');
  if (auth === 'none') return { host, dialects };
  const tokenFile = join(folder, 'admin-token');
  return {
    host,
    dialects,
    tokenFile,
    token: environment['CLIPGRID_ADMIN_TOKEN'] || (await keptSecret(tokenFile, ids)),
    joinToken: environment['CLIPGRID_JOIN_TOKEN'] || (await keptSecret(join(folder, 'join-token'), ids)),
  };
}

/** Where others on this machine connect to. */
function reachableHost({ host }: Access): string {
  return ANY_ADDRESS.has(host) ? '127.0.0.1' : host;
}

/** Starts a grid on a folder: what an earlier one left there, running or not, is taken over or ended first. */
export async function startLocalGrid(options: LocalGridOptions): Promise<LocalGrid> {
  const { clock, signal, onEvent } = options;
  const folder = await openFolder(options.folder);
  const lock = await lockFolder({
    folder,
    clock,
    signal,
    holder: () => ({ pid: process.pid, stopping: options.stopping() }),
    onWait: ({ pid }) => onEvent({ event: 'waiting', pid }),
  });
  const parts: Parts = { folder, stops: [() => lock.release()], children: [] };
  try {
    const access = await accessOf(options, folder);
    await startParts({ ...options, ...parts, access });
    const { token, tokenFile } = access;
    return {
      folder,
      url: `${options.environment['CLIPGRID_TLS_CERT'] ? 'https' : 'http'}://${reachableHost(access)}:${options.httpPort}`,
      agentAddress: `${reachableHost(access)}:${options.grpcPort}`,
      ...(token === undefined ? {} : { token }),
      ...(tokenFile === undefined ? {} : { tokenFile }),
      stop: () => stopParts(parts),
      kill: () => parts.children.forEach((child) => child.kill()),
    };
  } catch (thrown) {
    await stopParts(parts);
    throw signal.aborted ? new GridError('cancelled', 'interrupted') : thrown;
  }
}

interface Parts {
  readonly folder: string;
  /** In the order of the start; called in reverse. */
  readonly stops: (() => Promise<void>)[];
  readonly children: SupervisedChild[];
}

async function stopParts({ stops }: Parts): Promise<void> {
  await stopAll(stops.map((stop) => ({ name: '', start: () => Promise.resolve(), stop })));
}

type Start = LocalGridOptions & Parts & { readonly access: Access };

async function startParts(start: Start): Promise<void> {
  const { folder, clock, ids, logger, signal, stops, children, onEvent } = start;
  const step = (name: string): void => {
    if (signal.aborted) throw new GridError('cancelled', 'interrupted');
    onEvent({ event: 'starting', name });
  };
  const orphans = await endOrphans(folder, clock);
  if (orphans.length > 0) onEvent({ event: 'orphans_ended', pids: orphans });
  // Agents that the coordinator started outlive it.
  stops.push(async () => void (await endOrphans(folder, clock)));
  step('PostgreSQL');
  const dataDir = join(folder, 'postgres');
  const database = await startDatabase({ dataDir, clock, ids, logger, onDied: diedEvent(start) });
  stops.push(() => database.stop());
  step('the coordinator');
  const coordinator = coordinatorChild(start, database.url);
  children.push(coordinator);
  stops.push(() => coordinator.stop());
  await coordinator.start();
  step(start.agents === 1 ? 'one agent' : `${start.agents} agents`);
  const agents = Array.from({ length: start.agents }, (_, i) => agentChild(start, `agent-${i + 1}`));
  children.push(...agents);
  stops.push(async () => void (await Promise.all(agents.map((agent) => agent.stop()))));
  await Promise.all(agents.map((agent) => agent.start()));
}

function diedEvent({ onEvent }: Start): (death: { name: string; reason: string; againMs: number }) => void {
  return ({ name, reason, againMs }) => onEvent({ event: 'died', name, reason, again_ms: againMs });
}

function coordinatorChild(start: Start, databaseUrl: string): SupervisedChild {
  const { folder, clock, ids } = start;
  return new SupervisedChild({
    name: 'the coordinator',
    argv: [...COORDINATOR_NODE_ARGS, programFile(join(ROOT, 'coordinator/main'))],
    environment: { ...childEnvironment(start), ...start.access.dialects, DATABASE_URL: databaseUrl },
    logFile: join(folder, 'logs/coordinator.log'),
    clock,
    ids,
    saysReady: true,
    graceMs: COORDINATOR_GRACE_MS,
    onDied: diedEvent(start),
  });
}

function agentChild(start: Start, name: string): SupervisedChild {
  const { folder, slots, clock, ids, environment } = start;
  const address = `${reachableHost(start.access)}:${start.grpcPort}`;
  const argv = ['--coordinator', address, '--name', name, '--data', join(folder, name)];
  if (slots !== undefined) argv.push('--slots', String(slots));
  return new SupervisedChild({
    name,
    argv: [...AGENT_NODE_ARGS, programFile(join(ROOT, 'agent/main')), ...argv],
    environment: { ...childEnvironment(start), ...agentSecrets(start) },
    logFile: join(folder, 'logs', `${name}.log`),
    clock,
    ids,
    saysReady: false,
    graceMs: Number(environment['CLIPGRID_DRAIN_S'] ?? 10) * 1000 + AGENT_GRACE_MS,
    beforeStart: async () => void (await endTools(join(folder, name), clock)),
    onDied: diedEvent(start),
  });
}

/** An agent that is broken into gives away nothing but itself. */
function agentSecrets({ environment, access }: Start): Record<string, string | undefined> {
  const byToken = environment['CLIPGRID_AGENT_AUTH'] === 'token';
  return { CLIPGRID_ADMIN_TOKEN: undefined, CLIPGRID_TOKEN: byToken ? access.token : undefined };
}

function childEnvironment(start: Start): Record<string, string | undefined> {
  const { host, token, joinToken } = start.access;
  return {
    NODE_COMPILE_CACHE: COMPILE_CACHE,
    ...start.environment,
    [MARK]: start.folder,
    CLIPGRID_LAUNCHER: undefined,
    CLIPGRID_HOST: host,
    CLIPGRID_HTTP_PORT: String(start.httpPort),
    CLIPGRID_GRPC_PORT: String(start.grpcPort),
    CLIPGRID_FINALRIP_PORT: String(start.finalripPort),
    CLIPGRID_OPENENCODER_PORT: String(start.openencoderPort ?? 0),
    CLIPGRID_ANIME_PORT: String(start.animePort ?? 0),
    CLIPGRID_DATA: join(start.folder, 'data'),
    ...(token === undefined ? {} : { CLIPGRID_ADMIN_TOKEN: token }),
    ...(joinToken === undefined ? {} : { CLIPGRID_JOIN_TOKEN: joinToken }),
  };
}
