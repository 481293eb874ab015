import { GridError } from '../../../shared/errors.ts';
import { keyProblem } from './keys.ts';

/** Where sources are: a folder of the coordinator's machine, or a part of a bucket of its object store. */
export type SourceRoot =
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'bucket'; readonly bucket: string; readonly prefix: string };

/** The site's catalogue, told of each finished rendition (contract 3.6). */
export interface CatalogueSettings {
  /** Without a slash at the end. */
  readonly url: string;
  readonly user: string;
  readonly password: string;
}

export interface AnimeSettings {
  /** 0: no port of its own. */
  readonly port: number;
  /** Each of them is everybody; none: nobody is let in. */
  readonly tokens: readonly string[];
  readonly edition: 'first' | 'last';
  /** Absent: no source is ever found. */
  readonly sourceRoot?: SourceRoot;
  /** Rendition keys, in the order of answers. */
  readonly ladder: readonly string[];
  readonly upscale: 'lanczos' | 'never';
  /** Quantiser that `_uspp` renditions give their filter. */
  readonly qp: number;
  /** Before the path of each playlist entry: empty, or with a slash at its front and none at its end. */
  readonly publicPrefix: string;
  readonly mediaAuth: 'none' | 'token';
  /** Bucket for copies of sources. */
  readonly bucket: string;
  readonly catalogue?: CatalogueSettings;
}

/** Owner of all jobs of this dialect: its tokens are all the same user. */
export const ANIME_OWNER = 'anime';
export const ANIME_PORT = 5000;
export const DEFAULT_LADDER = ['1080p', '720p', '480p', '360p'] as const;

type Environment = Readonly<Record<string, string | undefined>>;

function refuse(name: string, value: string | undefined, rule: string): never {
  throw new GridError('invalid_argument', `${name} is ${JSON.stringify(value ?? '')}: ${rule}`, {
    details: { field: name, value },
  });
}

/** The first of the names that is set, and what it is; names of the reference come last. */
function first(env: Environment, ...names: string[]): readonly [name: string, value: string] {
  const name = names.find((candidate) => env[candidate]) ?? names[0] ?? '';
  return [name, env[name] ?? ''];
}

/** A JSON list of strings. Neither the text nor a token is ever part of a message. */
function tokens(env: Environment): readonly string[] {
  const [name, text] = first(env, 'CLIPGRID_ANIME_TOKENS', 'AUTHORIZED_TOKENS');
  if (text === '') return [];
  const rule = 'give a JSON list of strings that are not empty, such as ["12345678"]';
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch {
    refuse(name, '...', rule);
  }
  if (!Array.isArray(list)) refuse(name, '...', rule);
  return list.map((token: unknown) =>
    typeof token === 'string' && token.trim() !== '' ? token.trim() : refuse(name, '...', rule),
  );
}

/** `bucket:NAME/PREFIX`, or a folder's path. */
function sourceRoot(env: Environment): SourceRoot | undefined {
  const [name, text] = first(env, 'CLIPGRID_ANIME_SRC', 'ANIME_SRC_ROOT_DIR');
  if (text === '') return undefined;
  if (!text.startsWith('bucket:')) return { kind: 'folder', path: text };
  const [, bucket, prefix] = /^bucket:([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/.exec(text) ?? [];
  if (bucket === undefined) refuse(name, text, 'give a folder, or bucket:NAME/PREFIX');
  return { kind: 'bucket', bucket, prefix: (prefix ?? '').replace(/^\/+|\/+$/g, '') };
}

function ladder(env: Environment): readonly string[] {
  const name = 'CLIPGRID_ANIME_LADDER';
  const text = env[name];
  if (!text) return DEFAULT_LADDER;
  const keys = text.split(',').map((key) => key.trim());
  const wrong = keys.map(keyProblem).find((problem) => problem !== undefined);
  if (wrong !== undefined) refuse(name, text, wrong);
  if (new Set(keys).size !== keys.length) refuse(name, text, 'give each rendition once');
  return keys;
}

function oneOf<T extends string>(env: Environment, name: string, values: readonly [T, ...T[]]): T {
  const text = env[name] || values[0];
  return values.find((value) => value === text) ?? refuse(name, text, `give one of ${values.join(', ')}`);
}

function qp(env: Environment): number {
  const name = 'CLIPGRID_ANIME_USPP_QP';
  const value = Number(env[name] || 8);
  if (!Number.isInteger(value) || value < 1 || value > 63)
    refuse(name, env[name], 'give a quantiser, 1 to 63');
  return value;
}

function publicPrefix(env: Environment): string {
  const name = 'CLIPGRID_ANIME_PUBLIC_PREFIX';
  const text = env[name] ?? '';
  if (text !== '' && !/^(\/|https?:\/\/)[\w.~:/%-]*$/.test(text))
    refuse(name, text, 'give a path such as /media, or a URL');
  return text.replace(/\/+$/, '');
}

const OFF = new Set(['', '0', 'false', 'False', 'no']);

function catalogue(env: Environment): CatalogueSettings | undefined {
  if (OFF.has(env['CCNS_ANIME_BACKEND_ACTIVE'] ?? '')) return undefined;
  const url = env['CCNS_ANIME_BACKEND_URL'] ?? '';
  if (!/^https?:\/\//.test(url) || !URL.canParse(url))
    refuse(
      'CCNS_ANIME_BACKEND_URL',
      url,
      'give the URL of the catalogue, or set CCNS_ANIME_BACKEND_ACTIVE to 0',
    );
  return {
    url: url.replace(/\/+$/, ''),
    user: env['CCNS_ANIME_BACKEND_USER'] ?? '',
    password: env['CCNS_ANIME_BACKEND_PASSWORD'] ?? '',
  };
}

/**
 * This dialect's part of the environment, with the reference's names as aliases; each mistake names its variable.
 * `port`: reads a variable as a port, or gives the fallback. Without a token nobody could use a port of its own, so there is none.
 */
export function readAnimeSettings(
  env: Environment,
  port: (name: string, fallback: number) => number,
): AnimeSettings {
  const secrets = tokens(env);
  const root = sourceRoot(env);
  const site = catalogue(env);
  const bucket = env['CLIPGRID_ANIME_BUCKET'] || 'anime';
  if (!/^[a-z0-9][a-z0-9-]{1,43}[a-z0-9]$/.test(bucket))
    refuse('CLIPGRID_ANIME_BUCKET', bucket, 'give 3 to 45 lower-case letters, digits and inner hyphens');
  if (root?.kind === 'bucket' && root.bucket === bucket)
    refuse(
      'CLIPGRID_ANIME_BUCKET',
      bucket,
      'sources lie in it, and what it has is removed: give another one',
    );
  return {
    port: port('CLIPGRID_ANIME_PORT', secrets.length > 0 ? ANIME_PORT : 0),
    tokens: secrets,
    edition: oneOf(env, 'CLIPGRID_ANIME_EDITION', ['last', 'first']),
    ...(root ? { sourceRoot: root } : {}),
    ladder: ladder(env),
    upscale: oneOf(env, 'CLIPGRID_ANIME_UPSCALE', ['lanczos', 'never']),
    qp: qp(env),
    publicPrefix: publicPrefix(env),
    mediaAuth: oneOf(env, 'CLIPGRID_ANIME_MEDIA_AUTH', ['none', 'token']),
    bucket,
    ...(site ? { catalogue: site } : {}),
  };
}
