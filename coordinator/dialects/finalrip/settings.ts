import { GridError } from '../../../shared/errors.ts';
import type { Scope } from '../../domain/account.ts';

/** A token that the operator configures: its owner sees tasks of his own only. */
export interface NamedToken {
  readonly ownerId: string;
  readonly scopes: readonly Scope[];
  readonly secret: string;
}

export interface FinalripSettings {
  /** 0: no port of its own. */
  readonly port: number;
  /** `none` lets everybody in; never a default. */
  readonly auth: 'none' | 'token';
  readonly tokens: readonly NamedToken[];
  /** Bucket of the main owner; further owners get one each. */
  readonly bucket: string;
  /** Type of `create_at` in answers (contract 2.9). */
  readonly createAt: 'text' | 'integer';
}

/** Owner of everything under the one shared token, and where there is no authentication. */
export const MAIN_OWNER = 'finalrip';
export const DEFAULT_PORT = 8848;

type Environment = Readonly<Record<string, string | undefined>>;

function refuse(name: string, value: string | undefined, rule: string): never {
  throw new GridError('invalid_argument', `${name} is ${JSON.stringify(value ?? '')}: ${rule}`, {
    details: { field: name, value },
  });
}

const NAMED = /^([\w.-]{1,64})(?::(read|submit))?=(\S+)$/;

/** `alice=SECRET,bob:read=SECRET`. Neither the text nor a secret is ever part of a message. */
function namedTokens(text: string): NamedToken[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => {
      const [, ownerId, scope, secret] = NAMED.exec(part) ?? [];
      if (ownerId === undefined || secret === undefined) {
        refuse(
          'CLIPGRID_FINALRIP_TOKENS',
          '...',
          'give NAME=SECRET or NAME:read=SECRET, with commas between',
        );
      }
      return { ownerId, secret, scopes: scope === 'read' ? ['read'] : ['read', 'submit'] };
    });
}

function tokens(env: Environment): NamedToken[] {
  const shared = env['CLIPGRID_FINALRIP_TOKEN'];
  const all: NamedToken[] = [
    ...(shared ? [{ ownerId: MAIN_OWNER, scopes: ['read', 'submit'] as const, secret: shared }] : []),
    ...namedTokens(env['CLIPGRID_FINALRIP_TOKENS'] ?? ''),
  ];
  const secrets = [...all.map((token) => token.secret), env['CLIPGRID_ADMIN_TOKEN'] ?? ''];
  if (new Set(secrets).size !== secrets.length) {
    refuse('CLIPGRID_FINALRIP_TOKENS', '...', 'two tokens have the same secret: each needs one of its own');
  }
  if (new Set(all.map((token) => token.ownerId)).size !== all.length) {
    refuse(
      'CLIPGRID_FINALRIP_TOKENS',
      '...',
      `each name may be given once; ${MAIN_OWNER} is the shared token`,
    );
  }
  return all;
}

/** This dialect's part of the environment; each mistake names its variable. `port` is read by the caller. */
export function readFinalripSettings(env: Environment, port: number): FinalripSettings {
  const auth = env['CLIPGRID_FINALRIP_AUTH'] ?? (env['CLIPGRID_AUTH'] === 'none' ? 'none' : 'token');
  if (auth !== 'none' && auth !== 'token')
    refuse('CLIPGRID_FINALRIP_AUTH', auth, 'give token, or none to let everybody in');
  const createAt = env['CLIPGRID_FINALRIP_CREATE_AT'] ?? 'text';
  if (createAt !== 'text' && createAt !== 'integer')
    refuse('CLIPGRID_FINALRIP_CREATE_AT', createAt, 'give text or integer');
  const bucket = env['CLIPGRID_FINALRIP_BUCKET'] ?? 'finalrip';
  if (!/^[a-z0-9][a-z0-9-]{1,43}[a-z0-9]$/.test(bucket))
    refuse('CLIPGRID_FINALRIP_BUCKET', bucket, 'give 3 to 45 lower-case letters, digits and inner hyphens');
  return { port, auth, tokens: tokens(env), bucket, createAt };
}
