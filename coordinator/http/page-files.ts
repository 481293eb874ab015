import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { promisify } from 'node:util';
import { gzip as gzipCallback } from 'node:zlib';

const gzip = promisify(gzipCallback);

/** One built file of the page, as it is sent. */
export interface PageFile {
  readonly type: string;
  readonly bytes: Buffer;
  /** Smaller than `bytes`; absent where that would not help. */
  readonly gzipped?: Buffer;
  /** Of the bytes, without quotes. */
  readonly hash: string;
  /** Its name changes with its content. */
  readonly immutable: boolean;
}

/** By path, e.g. `/index.html`. */
export type PageFiles = ReadonlyMap<string, PageFile>;

/** What the build writes. Another kind of file is not served. */
const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
  json: 'application/json',
  woff2: 'font/woff2',
};

/** Less is not worth a header. */
const WORTH_BYTES = 256;

/** All built files below `folder`, compressed once; undefined when there is no page there. */
export async function readPageFiles(folder: string): Promise<PageFiles | undefined> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const files = new Map<string, PageFile>();
  for (const path of paths) {
    const type = TYPES[posix.extname(path).slice(1)];
    const name = path.slice(folder.length).replaceAll('\\', '/');
    if (type !== undefined) files.set(name, await readPageFile(path, { type, name }));
  }
  return files.has('/index.html') ? files : undefined;
}

async function readPageFile(path: string, { type, name }: { type: string; name: string }): Promise<PageFile> {
  const bytes = await readFile(path);
  const packed = type.startsWith('font/') ? bytes : await gzip(bytes, { level: 9 });
  return {
    type,
    bytes,
    ...(bytes.length - packed.length > WORTH_BYTES ? { gzipped: packed } : {}),
    hash: createHash('sha256').update(bytes).digest('base64url').slice(0, 22),
    immutable: name.startsWith('/assets/'),
  };
}
