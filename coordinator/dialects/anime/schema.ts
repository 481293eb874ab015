import { keyProblem, MAX_LADDER } from './keys.ts';
import { AnimeError, MESSAGES } from './messages.ts';
import { cleanFolder, cleanPath, episodeCode } from './paths.ts';
import type { AnimeSettings } from './settings.ts';

/** What a create call asks for, checked. */
export interface CreateRequest {
  /** Of a URL its scheme, host and port: paths and queries may hold secrets. */
  readonly srcPath: string;
  /** The source is fetched from there. */
  readonly srcUrl?: string;
  readonly dstPath: string;
  /** Set when the catalogue is to be told. */
  readonly episode?: { readonly animeId: string; readonly code: string };
  readonly ladder: readonly string[];
  readonly upscale: AnimeSettings['upscale'];
  readonly callbackUrl?: string;
  /** Pictures along the film are wanted, too. */
  readonly thumbnails?: boolean;
}

type Rules = Pick<AnimeSettings, 'edition' | 'catalogue' | 'ladder' | 'upscale'>;
type Fields = Readonly<Record<string, unknown>>;

const MAX_URL = 2048;

/** The body's value. What is no JSON is 406, in the words of each edition; only the first asks for the content type. */
export function parseBody(
  text: string | undefined,
  isJsonType: boolean,
  edition: AnimeSettings['edition'],
): unknown {
  const failure = new AnimeError(406, edition === 'first' ? MESSAGES.jsonNeeded : MESSAGES.jsonError);
  if (text === undefined || (edition === 'first' && !isJsonType)) throw failure;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw failure;
  }
  if (value === null) throw failure;
  return value;
}

function sourcePath(fields: Fields, edition: AnimeSettings['edition']): string {
  const { src_path: value } = fields;
  if (typeof value !== 'string') throw new AnimeError(400, MESSAGES.source);
  const path = cleanPath(value);
  if (path === undefined) throw new AnimeError(400, MESSAGES.forbidden);
  if (edition === 'first' && !value.endsWith('.mp4')) throw new AnimeError(501, MESSAGES.onlyMp4);
  return path;
}

function isHttpUrl(value: unknown): value is string {
  return (
    typeof value === 'string' && value.length <= MAX_URL && /^https?:\/\//.test(value) && URL.canParse(value)
  );
}

/** A path, or a URL instead of it. */
function sourceOf(
  fields: Fields,
  edition: AnimeSettings['edition'],
): Pick<CreateRequest, 'srcPath' | 'srcUrl'> {
  const { src_path: path, src_url: url } = fields;
  if (url === undefined || url === null) return { srcPath: sourcePath(fields, edition) };
  if (path !== undefined && path !== null)
    throw new AnimeError(400, 'src_path and src_url are both given: give one of them');
  if (!isHttpUrl(url)) throw new AnimeError(400, 'src_url must be an http or https URL');
  const { origin, username, password } = new URL(url);
  if (username !== '' || password !== '')
    throw new AnimeError(400, 'src_url has a user name or password, which is not sent: leave it out');
  return { srcPath: origin, srcUrl: url };
}

/** The episode, when the catalogue is on and both ids are given; the first edition knew none. */
function episodeOf(fields: Fields, { edition, catalogue }: Rules): CreateRequest['episode'] {
  const { anime_id: animeId, episode_count: episode } = fields;
  const given = (animeId ?? undefined) !== undefined && (episode ?? undefined) !== undefined;
  if (edition === 'first' || catalogue === undefined || !given) return undefined;
  if (typeof animeId !== 'string') throw new AnimeError(400, MESSAGES.animeId);
  if (typeof episode !== 'string') throw new AnimeError(400, MESSAGES.episodeCount);
  return { animeId, code: episodeCode(episode) };
}

function folderOf(fields: Fields, episode: CreateRequest['episode']): string {
  const value = episode ? `${episode.animeId}/${episode.code}` : fields['dst_path'];
  if (typeof value !== 'string') throw new AnimeError(400, MESSAGES.destination);
  const path = cleanFolder(value);
  if (path === undefined) throw new AnimeError(400, MESSAGES.forbidden);
  return path;
}

function ladderOf(fields: Fields, rules: Rules): readonly string[] {
  const { ladder } = fields;
  if (ladder === undefined || ladder === null) return rules.ladder;
  const keys = Array.isArray(ladder) ? (ladder as unknown[]) : [];
  const names = keys.filter((key) => typeof key === 'string');
  if (names.length === 0 || names.length !== keys.length || keys.length > MAX_LADDER)
    throw new AnimeError(400, `ladder must be a list of 1 to ${MAX_LADDER} renditions such as "720p"`);
  for (const problem of names.map(keyProblem)) {
    if (problem !== undefined) throw new AnimeError(400, `ladder: ${problem}`);
  }
  if (new Set(names).size !== names.length) throw new AnimeError(400, 'ladder: give each rendition once');
  return names;
}

function upscaleOf(fields: Fields, rules: Rules): AnimeSettings['upscale'] {
  const { upscale } = fields;
  if (upscale === undefined || upscale === null) return rules.upscale;
  if (upscale === 'lanczos' || upscale === 'never') return upscale;
  throw new AnimeError(400, 'upscale must be "lanczos" or "never"');
}

function callbackOf(fields: Fields): string | undefined {
  const { callback_url: url } = fields;
  if (url === undefined || url === null) return undefined;
  if (!isHttpUrl(url)) throw new AnimeError(400, 'callback_url must be an http or https URL');
  return url;
}

function thumbnailsOf({ thumbnails }: Fields): boolean {
  if (thumbnails === undefined || thumbnails === null || thumbnails === false) return false;
  if (thumbnails === true) return true;
  throw new AnimeError(400, 'thumbnails must be true or false');
}

/** The contract's checks (2.2), in its order: the first that fails answers. Those of our own keys come last. */
export function checkCreate(body: unknown, rules: Rules): CreateRequest {
  const isObject = typeof body === 'object' && body !== null && !Array.isArray(body);
  const fields: Fields = isObject ? (body as Fields) : {};
  const source = sourceOf(fields, rules.edition);
  const episode = episodeOf(fields, rules);
  const dstPath = folderOf(fields, episode);
  const ladder = ladderOf(fields, rules);
  const upscale = upscaleOf(fields, rules);
  const callbackUrl = callbackOf(fields);
  const thumbnails = thumbnailsOf(fields);
  return {
    ...source,
    dstPath,
    ...(episode ? { episode } : {}),
    ladder,
    upscale,
    ...(callbackUrl === undefined ? {} : { callbackUrl }),
    ...(thumbnails ? { thumbnails } : {}),
  };
}
