/** The key of a place as people write it: scheme and authority are dropped, and slashes before the rest (contract 3.3). */
export function keyOf(place: string): string {
  return place.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/]*/i, '').replace(/^\/+/, '');
}

/** Keys under which a source may lie, the likeliest first: as it is written, then with its escapes taken out. */
export function sourceKeys(source: string): string[] {
  const literal = keyOf(source);
  try {
    return [...new Set([literal, decodeURIComponent(literal)])];
  } catch {
    return [literal];
  }
}

/** Whether a key has parts that a store may take for steps out of its bucket. */
export function leadsOut(key: string): boolean {
  return key.split('/').some((part) => part === '.' || part === '..');
}

/** The name of the grid's job: the last part of the source's key. */
export function nameOf(source: string): string {
  return keyOf(source).split('/').at(-1)?.slice(0, 200) || 'source';
}

/** Logs that one pass leaves for the next; no part of a result. */
const PASS_LOG = /^(ffmpeg2pass-\d+\.log(\.mbtree)?|x265_2pass\.log(\.cutree)?)$/;

/** Whether a file that a command left is part of its result. */
export function isResultFile(name: string): boolean {
  return !PASS_LOG.test(name);
}
