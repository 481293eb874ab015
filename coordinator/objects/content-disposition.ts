const NOT_PLAIN = /[^\x20-\x7e]|["\\/%]/gu;
const NOT_ATTR_CHAR = /['()*]/g;

export type Disposition = 'attachment' | 'inline';

/**
 * A Content-Disposition header for a file name of any text: a quoted ASCII fallback for old clients, and the exact name in the
 * UTF-8 form of RFC 6266 and RFC 8187. Slashes become `_` in the fallback, so that no client takes it for a path.
 */
export function dispositionHeader(fileName: string, disposition: Disposition): string {
  const name = fileName.toWellFormed();
  const fallback = name.replace(NOT_PLAIN, '_');
  const exact = encodeURIComponent(name).replace(
    NOT_ATTR_CHAR,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `${disposition}; filename="${fallback}"; filename*=UTF-8''${exact}`;
}
