/** Artifacts of this prefix are files that a command named. */
export const FILE_PREFIX = 'file/';
/** Files of one task. */
export const MAX_FILES = 4_000;
export const MAX_FILE_NAME_BYTES = 200;

/** Why a name cannot be that of a result's file; undefined: it can. Flat: it names no folder, wherever it is put. */
export function fileNameProblem(name: string): string | undefined {
  if (name === '' || name === '.' || name === '..') return 'it names no file';
  const bytes = Buffer.byteLength(name);
  if (bytes > MAX_FILE_NAME_BYTES) return `it has ${bytes} bytes, more than ${MAX_FILE_NAME_BYTES}`;
  if (/[/\\]/.test(name)) return 'it has a slash or a backslash';
  for (const char of name) {
    const code = char.codePointAt(0) ?? 0;
    if (code < 0x20 || (code >= 0x7f && code < 0xa0)) return 'it has control characters';
    // PostgreSQL's text holds no half characters, and no file system agrees on them.
    if (code >= 0xd800 && code < 0xe000) return 'it is no text';
  }
  return undefined;
}

/** The name of a file among artifacts. */
export function fileArtifact(name: string): string {
  return `${FILE_PREFIX}${name}`;
}

/** The file's name of an artifact; undefined for one that is no file. */
export function fileName({ name }: { readonly name: string }): string | undefined {
  return name.startsWith(FILE_PREFIX) ? name.slice(FILE_PREFIX.length) : undefined;
}
