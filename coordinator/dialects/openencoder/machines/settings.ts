import { GridError } from '../../../../shared/errors.ts';
import type { AgentPackage } from './cloud-init.ts';
import type { CostLimits } from './cost-guard.ts';
import { parseSshHost, type SshHost } from './ssh/hosts.ts';

/** What the operator of the process sets for machines; what an administrator edits is in the database. */
export interface MachineSettings {
  readonly limits: CostLimits;
  /** How long a machine that is to end may finish what it works on. */
  readonly drainMs: number;
  /** host:port of gRPC as machines reach it; absent: made from the coordinator's own addresses. */
  readonly agentAddress?: string;
  /** Whose certificates agents trust: a file, or `system`; absent: plain text. */
  readonly agentCa?: string;
  readonly agentPackage?: AgentPackage;
  /** Why no agent could join, in words; absent: it can. */
  readonly missing?: string;
  readonly local: {
    readonly enabled: boolean;
    /** Of the whole machine. */
    readonly priceHourly: number;
    readonly environment: Readonly<Record<string, string>>;
  };
  readonly ssh: {
    readonly hosts: readonly SshHost[];
    readonly command: string;
    readonly environment: Readonly<Record<string, string>>;
  };
  readonly digitalOcean: { readonly baseUrl: string; readonly image: string };
}

const PREFIX = 'CLIPGRID_OPENENCODER_';
const MINUTE_MS = 60_000;
/** What agents on this machine need of our environment. None of them is a secret. */
const FOR_AGENTS = [
  'PATH',
  'HOME',
  'LANG',
  'TMPDIR',
  'NODE_COMPILE_CACHE',
  'CLIPGRID_CACHE',
  'CLIPGRID_VAPOURSYNTH',
  'CLIPGRID_SANDBOX_PROCESSES',
  'CLIPGRID_SANDBOX_DISK_GIB',
  'CLIPGRID_LOG',
  'CLIPGRID_UP',
];
const FOR_SSH = ['PATH', 'HOME', 'LANG', 'USER', 'SSH_AUTH_SOCK'];

type Environment = Readonly<Record<string, string | undefined>>;

function refuse(name: string, value: string, rule: string): never {
  throw new GridError('invalid_argument', `${PREFIX}${name} is ${JSON.stringify(value)}: ${rule}`, {
    details: { field: PREFIX + name, value },
  });
}

interface Range {
  readonly least: number;
  readonly most: number;
}

function number(env: Environment, name: string, { least, most }: Range): number | undefined {
  const text = env[PREFIX + name];
  if (text === undefined || text === '') return undefined;
  const value = Number(text);
  if (!Number.isFinite(value) || value < least || value > most)
    refuse(name, text, `give a number, ${least} to ${most}`);
  return value;
}

function limits(env: Environment): CostLimits {
  const maxMachines = number(env, 'MAX_MACHINES', { least: 0, most: 1000 }) ?? 10;
  if (!Number.isInteger(maxMachines)) refuse('MAX_MACHINES', String(maxMachines), 'give a whole number');
  const maxPriceHourly = number(env, 'MAX_HOURLY_PRICE', { least: 0, most: 1_000_000 });
  const idle = number(env, 'IDLE_MIN', { least: 0, most: 100_000 }) ?? 30;
  const hours = number(env, 'MAX_HOURS', { least: 0, most: 100_000 }) ?? 24;
  return {
    maxMachines,
    ...(maxPriceHourly === undefined ? {} : { maxPriceHourly }),
    ...(idle > 0 ? { idleMs: idle * MINUTE_MS } : {}),
    ...(hours > 0 ? { maxLifeMs: hours * 60 * MINUTE_MS } : {}),
  };
}

function hosts(env: Environment): SshHost[] {
  const texts = (env[`${PREFIX}SSH_HOSTS`] ?? '').split(',').map((text) => text.trim());
  const all = texts
    .filter((text) => text !== '')
    .map((text) => parseSshHost(text) ?? refuse('SSH_HOSTS', text, 'give HOST, USER@HOST or USER@HOST:PORT'));
  if (new Set(all.map(({ name }) => name)).size !== all.length)
    refuse('SSH_HOSTS', texts.join(','), 'give each host once');
  return all;
}

function text(
  env: Environment,
  name: string,
  { form, rule }: { form: RegExp; rule: string },
): string | undefined {
  const value = env[PREFIX + name];
  if (value === undefined || value === '') return undefined;
  return form.test(value) ? value : refuse(name, value, rule);
}

function agentPackage(env: Environment): AgentPackage | undefined {
  const form = /^https:\/\/[^\s#]+#sha256=[0-9a-f]{64}$/i;
  const rule = 'give https://HOST/clipgrid.tar.gz#sha256=HEX, so that machines run what you meant';
  const [url, sha256] = text(env, 'AGENT_PACKAGE', { form, rule })?.split('#sha256=') ?? [];
  return url === undefined || sha256 === undefined ? undefined : { url, sha256: sha256.toLowerCase() };
}

function baseUrl(env: Environment): string {
  const value = env[`${PREFIX}DO_URL`] || 'https://api.digitalocean.com';
  if (!/^https?:\/\//.test(value) || !URL.canParse(value)) refuse('DO_URL', value, 'give an http(s) URL');
  return value.replace(/\/+$/, '');
}

function picked(env: Environment, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.flatMap((name) => (env[name] ? [[name, env[name]]] : [])));
}

/** The machines' part of the environment; each mistake names its variable. */
export function readMachineSettings(env: Environment): MachineSettings {
  const local = env[`${PREFIX}LOCAL`] || 'on';
  if (local !== 'on' && local !== 'off') refuse('LOCAL', local, 'give on, or off');
  const addressForm = /^[\w.:[\]-]+:\d{1,5}(,[\w.:[\]-]+:\d{1,5})*$/;
  const agentAddress = text(env, 'AGENT_ADDRESS', { form: addressForm, rule: 'give HOST:PORT of gRPC' });
  const agentCa = env[`${PREFIX}AGENT_CA`] || undefined;
  const agents = agentPackage(env);
  const secure = Boolean(env['CLIPGRID_TLS_CERT']);
  const missing = `${PREFIX}AGENT_CA is not set: gRPC speaks TLS here, and agents must know whose certificates they trust`;
  return {
    limits: limits(env),
    drainMs: (number(env, 'DRAIN_S', { least: 0, most: 86_400 }) ?? 300) * 1000,
    ...(agentAddress === undefined ? {} : { agentAddress }),
    ...(agentCa === undefined ? {} : { agentCa }),
    ...(agents === undefined ? {} : { agentPackage: agents }),
    ...(secure && agentCa === undefined ? { missing } : {}),
    local: {
      enabled: local === 'on',
      priceHourly: number(env, 'LOCAL_PRICE', { least: 0, most: 10_000 }) ?? 0,
      environment: picked(env, FOR_AGENTS),
    },
    ssh: {
      hosts: hosts(env),
      command:
        text(env, 'SSH_COMMAND', { form: /^[\w./-]+$/, rule: 'give a program, or its path' }) ?? 'clipgrid',
      environment: picked(env, FOR_SSH),
    },
    digitalOcean: {
      baseUrl: baseUrl(env),
      image: text(env, 'DO_IMAGE', { form: /^[\w.-]{1,100}$/, rule: 'give a slug' }) ?? 'debian-13-x64',
    },
  };
}
