import { GridError } from '../../../shared/errors.ts';
import { readMachineSettings, type MachineSettings } from './machines/settings.ts';

export interface OpenencoderSettings {
  /** 0: no port of its own. */
  readonly port: number;
  /** Of the grid's store: where copies of sources lie. */
  readonly bucket: string;
  /** The first signs tokens, all verify them. */
  readonly jwtKeys: readonly string[];
  /** Of `admin` at the first start; undefined: a random one, told once. */
  readonly adminPassword?: string;
  readonly loginsPerMinute: { readonly account: number; readonly address: number };
  /** Of one address. */
  readonly registrationsPerMinute: number;
  /** The original dashboard's built files; undefined: a page of our own that says what this is. */
  readonly dashboardFolder?: string;
  /** Pages of these origins may call the API. */
  readonly origins: readonly string[];
  readonly machines: MachineSettings;
}

export const DEFAULT_PORT = 8080;
const BUCKET = 'openencoder';
const MIN_KEY_CHARS = 16;
/** What the reference ships, and what people write instead. */
const WELL_KNOWN = /^(secretkey|secret|changeme|password|openencoder|test|key|default)*$/i;

type Environment = Readonly<Record<string, string | undefined>>;

function refuse(name: string, value: string, rule: string): never {
  throw new GridError('invalid_argument', `${name} is ${value}: ${rule}`, { details: { field: name } });
}

/** Keys with commas between. No message ever holds one. */
function keys(env: Environment, name: string): string[] {
  const all = (env[name] ?? '').split(',').map((key) => key.trim());
  const given = all.filter((key) => key !== '');
  if (given.some((key) => WELL_KNOWN.test(key)))
    refuse(name, 'a well-known word', 'anybody could sign with it');
  if (given.some((key) => key.length < MIN_KEY_CHARS))
    refuse(name, 'too short', `give at least ${MIN_KEY_CHARS} random characters`);
  return given;
}

function limit(env: Environment, name: string, fallback: number): number {
  const text = env[name];
  if (text === undefined || text === '') return fallback;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 1_000_000)
    refuse(name, JSON.stringify(text), 'give a number a minute, 1 to 1000000');
  return value;
}

/**
 * This dialect's part of the environment; each mistake names its variable. Undefined: it is not served, which is so unless
 * its port or its key is set. `port` is read by the caller.
 */
export function readOpenencoderSettings(env: Environment, port: number): OpenencoderSettings | undefined {
  const isAsked = Boolean(env['CLIPGRID_OPENENCODER_JWT_KEY'] || env['CLIPGRID_OPENENCODER_PORT']);
  if (!isAsked || env['CLIPGRID_OPENENCODER_PORT'] === '0') return undefined;
  const jwtKeys = keys(env, 'CLIPGRID_OPENENCODER_JWT_KEY');
  if (jwtKeys.length === 0)
    refuse(
      'CLIPGRID_OPENENCODER_JWT_KEY',
      'missing',
      `the Open Encoder API signs its tokens with it: give at least ${MIN_KEY_CHARS} random characters`,
    );
  const adminPassword = env['CLIPGRID_OPENENCODER_ADMIN_PASSWORD'];
  const dashboardFolder = env['CLIPGRID_OPENENCODER_DASHBOARD'];
  const origins = (env['CLIPGRID_OPENENCODER_ORIGINS'] ?? '').split(',').map((origin) => origin.trim());
  return {
    port,
    bucket: BUCKET,
    jwtKeys,
    ...(adminPassword ? { adminPassword } : {}),
    loginsPerMinute: {
      account: limit(env, 'CLIPGRID_OPENENCODER_LOGINS_PER_ACCOUNT', 5),
      address: limit(env, 'CLIPGRID_OPENENCODER_LOGINS_PER_ADDRESS', 60),
    },
    registrationsPerMinute: limit(env, 'CLIPGRID_OPENENCODER_REGISTRATIONS_PER_ADDRESS', 60),
    ...(dashboardFolder ? { dashboardFolder } : {}),
    origins: origins.filter((origin) => origin !== ''),
    machines: readMachineSettings(env),
  };
}
