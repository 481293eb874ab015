import { OTEL_ENDPOINT, otlpEndpoint } from '../shared/otlp-endpoint.ts';
import { join, resolve } from 'node:path';
import { GridError, toGridError } from '../shared/errors.ts';
import { isSandboxStrength, SANDBOX_STRENGTHS, type SandboxStrength } from '../shared/sandbox-strength.ts';
import { AGENT_AUTH_MODES, isAgentAuth, type AgentAuth } from './domain/enrolment.ts';
import { parseNetworks } from './outbound/networks.ts';
import { readAnimeSettings, type AnimeSettings } from './dialects/anime/settings.ts';
import { DEFAULT_PORT, readFinalripSettings, type FinalripSettings } from './dialects/finalrip/settings.ts';
import * as openencoder from './dialects/openencoder/settings.ts';

/** Everything that an operator can set for a coordinator. */
export interface CoordinatorSettings {
  readonly databaseUrl: string;
  readonly host: string;
  readonly httpPort: number;
  readonly grpcPort: number;
  readonly dataDir: string;
  /** As browsers reach this coordinator; default from host and port. */
  readonly publicUrl?: string;
  /** As agents reach it. */
  readonly internalUrl?: string;
  readonly s3?: S3Settings;
  /** Absent: plain text. */
  readonly tls?: TlsSettings;
  readonly bucket: string;
  /** How long a lease holds without a renewal, in milliseconds; undefined: the grid's own default. */
  readonly leaseTtlMs?: number;
  /** How long a task may wait while nobody is there who can do it, in milliseconds; undefined: the grid's own default. */
  readonly maxWaitMs?: number;
  /** Agents whose sandbox is weaker are refused at their Hello. */
  readonly minSandbox: SandboxStrength;
  readonly auth: 'none' | 'token';
  /** An administrator's token to be made at the start. */
  readonly adminToken?: string;
  readonly agentAuth: AgentAuth;
  /** A join token for any number of machines, made at the start. */
  readonly joinToken?: string;
  /** What secrets in the database are encrypted with; none: a key of the data folder. */
  readonly secretKeys: readonly string[];
  readonly outbound: OutboundSettings;
  /** Of one source that is fetched from a URL; undefined: the grid's own default. */
  readonly maxFetchBytes?: number;
  readonly finalrip: FinalripSettings;
  /** Absent: not served. */
  readonly openencoder?: openencoder.OpenencoderSettings;
  readonly anime: AnimeSettings;
  readonly logLevel: string;
  /** Where traces go; absent: there are none. */
  readonly otlpEndpoint?: string;
}

/** Files, PEM. */
export interface TlsSettings {
  readonly certFile: string;
  readonly keyFile: string;
  /** gRPC then asks every client for a certificate of this CA. */
  readonly clientCaFile?: string;
}

export interface S3Settings {
  readonly internalUrl: string;
  readonly publicUrl: string;
  readonly region: string;
  readonly accessKey: string;
  readonly secretKey: string;
}

/** What may be asked of addresses that users name. */
export interface OutboundSettings {
  /** Networks that may be asked though they are not public. */
  readonly networks: readonly string[];
  /** Whether public addresses may be asked in plain HTTP. */
  readonly plainHttp: boolean;
}

/** A shorter one would not outlive one lost heartbeat. */
const LEASE_TTL = { name: 'CLIPGRID_LEASE_TTL_S', unit: 'seconds', least: 8, most: 3600 } as const;
const MAX_WAIT = { name: 'CLIPGRID_MAX_WAIT_H', unit: 'hours', least: 0.1, most: 8760 } as const;

const ANY_ADDRESS = new Set(['0.0.0.0', '::']);

/** Where programs on this machine reach the ports. */
export function localHost({ host }: Pick<CoordinatorSettings, 'host'>): string {
  return ANY_ADDRESS.has(host) ? '127.0.0.1' : host;
}

/** The main port as this machine reaches it; for URLs where no public one is set. */
export function localUrl(settings: Pick<CoordinatorSettings, 'host' | 'httpPort' | 'tls'>): string {
  return `${settings.tls ? 'https' : 'http'}://${localHost(settings)}:${settings.httpPort}`;
}

type Environment = Readonly<Record<string, string | undefined>>;

function refuse(name: string, value: string | undefined, rule: string): never {
  throw new GridError('invalid_argument', `${name} is ${JSON.stringify(value ?? '')}: ${rule}`, {
    details: { field: name, value },
  });
}

function port(env: Environment, name: string, fallback: number): number {
  const text = env[name];
  if (text === undefined || text === '') return fallback;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > 65_535) refuse(name, text, 'give a port, 0 to 65535');
  return value;
}

interface TimeRange {
  readonly name: string;
  readonly unit: 'seconds' | 'hours';
  readonly least: number;
  readonly most: number;
}

const UNIT_MS = { seconds: 1_000, hours: 3600_000 } as const;

/** Milliseconds; undefined when it is not set. */
function time(env: Environment, { name, unit, least, most }: TimeRange): number | undefined {
  const text = env[name];
  if (text === undefined || text === '') return undefined;
  const value = Number(text);
  const ok = Number.isFinite(value) && value >= least && value <= most;
  if (!ok) refuse(name, text, `give ${unit}, ${least} to ${most}`);
  return Math.round(value * UNIT_MS[unit]);
}

function url(env: Environment, name: string): string | undefined {
  const text = env[name];
  if (text === undefined || text === '') return undefined;
  if (!/^https?:\/\//.test(text) || !URL.canParse(text))
    refuse(name, text, 'give a URL such as https://grid.example');
  return text.replace(/\/+$/, '');
}

function s3(env: Environment): S3Settings | undefined {
  const internalUrl = url(env, 'CLIPGRID_S3_ENDPOINT');
  if (internalUrl === undefined) return undefined;
  const accessKey = env['CLIPGRID_S3_ACCESS_KEY'];
  const secretKey = env['CLIPGRID_S3_SECRET_KEY'];
  if (!accessKey || !secretKey) {
    refuse(
      'CLIPGRID_S3_ACCESS_KEY',
      accessKey,
      'an S3 endpoint needs CLIPGRID_S3_ACCESS_KEY and CLIPGRID_S3_SECRET_KEY',
    );
  }
  const publicUrl = url(env, 'CLIPGRID_S3_PUBLIC_ENDPOINT') ?? internalUrl;
  return { internalUrl, publicUrl, region: env['CLIPGRID_S3_REGION'] ?? 'us-east-1', accessKey, secretKey };
}

function tls(env: Environment): TlsSettings | undefined {
  const [certFile, keyFile] = [env['CLIPGRID_TLS_CERT'] || undefined, env['CLIPGRID_TLS_KEY'] || undefined];
  const clientCaFile = env['CLIPGRID_TLS_CLIENT_CA'] || undefined;
  if (certFile === undefined || keyFile === undefined) {
    const missing = certFile === undefined ? 'CLIPGRID_TLS_CERT' : 'CLIPGRID_TLS_KEY';
    if (certFile ?? keyFile ?? clientCaFile)
      refuse(missing, '', 'TLS needs a certificate and its key: make them with `clipgrid certs`');
    return undefined;
  }
  return { certFile, keyFile, ...(clientCaFile ? { clientCaFile } : {}) };
}

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '::1']);

function authMode(env: Environment, host: string): 'none' | 'token' {
  const text = env['CLIPGRID_AUTH'] ?? (LOOPBACK.has(host) ? 'none' : 'token');
  if (text !== 'none' && text !== 'token')
    refuse('CLIPGRID_AUTH', text, 'give token, or none to let everybody in');
  return text;
}

/** A grid that lets everybody administrate it would not be safer for asking its agents. */
function agentAuth(env: Environment, auth: CoordinatorSettings['auth']): AgentAuth {
  const text = env['CLIPGRID_AGENT_AUTH'] || (auth === 'none' ? 'open' : 'enrol');
  if (!isAgentAuth(text)) refuse('CLIPGRID_AGENT_AUTH', text, `give one of ${AGENT_AUTH_MODES.join(', ')}`);
  return text;
}

function minSandbox(env: Environment): SandboxStrength {
  const text = env['CLIPGRID_MIN_SANDBOX'] || 'none';
  if (!isSandboxStrength(text))
    refuse('CLIPGRID_MIN_SANDBOX', text, `give one of ${SANDBOX_STRENGTHS.join(', ')}`);
  return text;
}

function outbound(env: Environment): OutboundSettings {
  const name = 'CLIPGRID_OUTBOUND_NETWORKS';
  const texts = (env[name] ?? '').split(',').map((text) => text.trim());
  const networks = texts.filter((text) => text !== '');
  try {
    parseNetworks(networks);
  } catch (thrown) {
    refuse(name, env[name], toGridError(thrown).message);
  }
  const plain = env['CLIPGRID_OUTBOUND_HTTP'] || 'no';
  if (plain !== 'yes' && plain !== 'no') refuse('CLIPGRID_OUTBOUND_HTTP', plain, 'give yes or no');
  return { networks, plainHttp: plain === 'yes' };
}

function fetchBytes(env: Environment): number | undefined {
  const name = 'CLIPGRID_MAX_FETCH_GIB';
  const text = env[name];
  if (text === undefined || text === '') return undefined;
  const value = Number(text);
  if (!(value >= 0.001 && value <= 10_000)) refuse(name, text, 'give GiB, 0.001 to 10000');
  return Math.round(value * 1024 ** 3);
}

/** Neither the text nor a key is ever part of a message. */
function secretKeys(env: Environment): string[] {
  const name = 'CLIPGRID_SECRET_KEYS';
  const keys = (env[name] ?? '').split(',').map((key) => key.trim());
  const given = keys.filter((key) => key !== '');
  if (given.some((key) => key.length < 32))
    refuse(name, '...', 'each key needs at least 32 characters, with commas between: openssl rand -hex 32');
  return given;
}

/** Reads the settings from the environment; each mistake names its variable and value. */
export function readSettings(env: Environment): CoordinatorSettings {
  const databaseUrl = env['DATABASE_URL'];
  if (!databaseUrl || !/^postgres(ql)?:\/\//.test(databaseUrl)) {
    refuse(
      'DATABASE_URL',
      databaseUrl?.replace(/\/\/[^/@]*@/, '//***@'),
      'give postgres://user:password@host:port/database; `clipgrid up` brings its own',
    );
  }
  const host = env['CLIPGRID_HOST'] ?? '127.0.0.1';
  const publicUrl = url(env, 'CLIPGRID_PUBLIC_URL');
  const internalUrl = url(env, 'CLIPGRID_INTERNAL_URL') ?? publicUrl;
  const store = s3(env);
  const secure = tls(env);
  const auth = authMode(env, host);
  const ttlMs = time(env, LEASE_TTL);
  const maxWaitMs = time(env, MAX_WAIT);
  const openencoderPort = port(env, 'CLIPGRID_OPENENCODER_PORT', openencoder.DEFAULT_PORT);
  const openencoderSettings = openencoder.readOpenencoderSettings(env, openencoderPort);
  const maxFetchBytes = fetchBytes(env);
  const otlp = otlpEndpoint(
    ['CLIPGRID_OTLP_ENDPOINT', OTEL_ENDPOINT].map((name) => ({ name, text: env[name] })),
  );
  return {
    databaseUrl,
    host,
    httpPort: port(env, 'CLIPGRID_HTTP_PORT', 7000),
    grpcPort: port(env, 'CLIPGRID_GRPC_PORT', 7070),
    dataDir: resolve(env['CLIPGRID_DATA'] ?? join('.clipgrid', 'data')),
    ...(publicUrl ? { publicUrl } : {}),
    ...(internalUrl ? { internalUrl } : {}),
    ...(store ? { s3: store } : {}),
    ...(secure ? { tls: secure } : {}),
    ...(ttlMs ? { leaseTtlMs: ttlMs } : {}),
    ...(maxWaitMs ? { maxWaitMs } : {}),
    bucket: env['CLIPGRID_BUCKET'] ?? 'clipgrid',
    minSandbox: minSandbox(env),
    auth,
    ...(env['CLIPGRID_ADMIN_TOKEN'] ? { adminToken: env['CLIPGRID_ADMIN_TOKEN'] } : {}),
    agentAuth: agentAuth(env, auth),
    ...(env['CLIPGRID_JOIN_TOKEN'] ? { joinToken: env['CLIPGRID_JOIN_TOKEN'] } : {}),
    secretKeys: secretKeys(env),
    outbound: outbound(env),
    ...(maxFetchBytes ? { maxFetchBytes } : {}),
    finalrip: readFinalripSettings(env, port(env, 'CLIPGRID_FINALRIP_PORT', DEFAULT_PORT)),
    ...(openencoderSettings ? { openencoder: openencoderSettings } : {}),
    anime: readAnimeSettings(env, (name, fallback) => port(env, name, fallback)),
    ...(otlp ? { otlpEndpoint: otlp } : {}),
    logLevel: env['CLIPGRID_LOG'] ?? 'info',
  };
}
