/** Any address, as tools print them. */
const ADDRESS = /\b([a-z][a-z0-9+.-]{1,20}:\/\/)(?:[^\s/?#@'"<>]*@)?([^\s/?#'"<>]*)([^\s'"<>]*)/gi;
/** Of an address that has lost its host, or of headers. */
const SECRET = /\b(x-amz-[a-z-]+|signature|token|authorization|password|secret)=[^\s&'"<>]+/gi;
const LOOPBACK = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?$/i;
const HINT = /:\/\/|=/;

function shownAddress(scheme = '', host = '', rest = ''): string {
  if (LOOPBACK.test(host)) return `${scheme}${host}/...`;
  const path = rest.replace(/[?#].*$/, '');
  return `${scheme}${host}${path}${path.length < rest.length ? '?...' : ''}`;
}

/**
 * A line that a tool printed, without what opens doors: of addresses neither user and password nor the query, where the
 * signatures are; of loopback ones, whose paths hold a secret, not even the path. NUL, which PostgreSQL's text holds not,
 * becomes U+FFFD, so that lengths stay.
 */
export function scrubLine(line: string): string {
  const text = line.includes('\0') ? line.replaceAll('\0', '\uFFFD') : line;
  if (!HINT.test(text)) return text;
  return text
    .replace(ADDRESS, (...[, scheme, host, rest]: string[]) => shownAddress(scheme, host, rest))
    .replace(SECRET, '$1=...');
}
