import type { RenditionKey } from './keys.ts';

const MAX_PATH_BYTES = 1024;
// What the reference forbids, and what no path of ours holds.
// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const FORBIDDEN = /[*|"'\\\u0000-\u001f\u007f-\u009f]|\.\.\/|(?:^|\/)\.\.(?:\/|$)/;

/** API paths that a public folder would hide behind. */
const TAKEN = new Set(['anime/status']);

/** Without slashes at either end, doubled ones and `.`; undefined when the path is forbidden (contract 2.2). */
export function cleanPath(text: string): string | undefined {
  if (FORBIDDEN.test(text) || !text.isWellFormed() || Buffer.byteLength(text) > MAX_PATH_BYTES)
    return undefined;
  const path = text
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/');
  return path === '' ? undefined : path;
}

/** The same for a public folder. */
export function cleanFolder(text: string): string | undefined {
  const path = cleanPath(text);
  return path === undefined || TAKEN.has(path) ? undefined : path;
}

/** How the catalogue and paths write an episode: base64url of its UTF-8, with padding. */
export function episodeCode(episode: string): string {
  const code = Buffer.from(episode).toString('base64url');
  return code.padEnd(4 * Math.ceil(code.length / 4), '=');
}

export const MASTER_NAME = 'playlist.m3u8';

/** The reference's names always say `_uspp`; those of the filtered key say more, so that both fit in one folder (contract 3.4). */
function suffix({ lines, isFiltered }: RenditionKey): string {
  return `h264_${lines}p_uspp${isFiltered ? '_full' : ''}`;
}

export function playlistName(key: RenditionKey): string {
  return `playlist_${suffix(key)}.m3u8`;
}

export function segmentName(key: RenditionKey, index: number): string {
  return `output${String(index).padStart(4, '0')}_${suffix(key)}.ts`;
}

/** The same as a pattern for all of them. */
export function segmentPattern(key: RenditionKey): string {
  return `output%04d_${suffix(key)}.ts`;
}

export const THUMBNAILS_NAME = 'thumbnails.vtt';
export const SHEET_PATTERN = 'thumbnails%03d.jpg';

/** The sheet of that number, as ffmpeg calls it. */
export function sheetName(index: number): string {
  return `thumbnails${String(index).padStart(3, '0')}.jpg`;
}

export function subtitlePlaylistName(track: number): string {
  return `playlist_subtitles_${track}.m3u8`;
}

export function subtitleName(track: number, ending: 'vtt' | 'ass'): string {
  return `subtitles_${track}.${ending}`;
}

/** `ending`: of lower-case letters. */
export function fontName(number: number, ending: string): string {
  return `font${String(number).padStart(3, '0')}.${ending}`;
}

const PUBLIC_NAME =
  /^(?:subtitles_\d{1,2}\.(?:vtt|ass)|font\d{3}\.(?:ttf|otf|ttc)|thumbnails\.vtt|thumbnails\d{3,5}\.jpg|playlist(?:_h264_\d{1,5}p_uspp(?:_full)?|_sound_\d{1,3}|_subtitles_\d{1,2})?\.m3u8|output\d{4,5}_h264_\d{1,5}p_uspp(?:_full)?\.ts|sound\d{4,5}_aac_\d{1,3}\.ts)$/;

/** Folder and name of a URL's path, decoded; undefined when it cannot be a published file. */
export function publishedFile(urlPath: string): { dstPath: string; name: string } | undefined {
  let path: string;
  try {
    path = decodeURIComponent(urlPath.slice(1));
  } catch {
    return undefined;
  }
  const slash = path.lastIndexOf('/');
  const name = path.slice(slash + 1);
  const dstPath = path.slice(0, Math.max(0, slash));
  if (dstPath === '' || !PUBLIC_NAME.test(name) || cleanFolder(dstPath) !== dstPath) return undefined;
  return { dstPath, name };
}

/** A path as it stands in a URL. */
export function encodePath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}
