import { createHash } from 'node:crypto';
import { mkdir, open, readdir, rm, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { GridError } from '../../shared/errors.ts';
import type { IdSource } from '../../shared/ids.ts';

/** A file being written, front to back. */
export interface SequentialFile {
  write(chunk: Uint8Array): Promise<void>;
  /** Resolves when the bytes are on the disk. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** Creates a file that must not exist. Injected, so that a test can have a disk that is full. */
export type OpenNewFile = (path: string) => Promise<SequentialFile>;

export const openNewFile: OpenNewFile = async (path) => {
  const handle = await open(path, 'wx', 0o600);
  return {
    // writeFile of a handle goes on at the current position, and until all bytes are written
    write: (chunk) => handle.writeFile(chunk),
    sync: () => handle.sync(),
    close: () => handle.close(),
  };
};

/** What must hold of received bytes; the check is made while they arrive and at their end. */
export interface Expected {
  readonly sizeBytes?: number;
  readonly maxBytes?: number;
  readonly md5?: string;
  readonly sha256?: string;
}

/** A complete, synced temporary file. */
export interface Received {
  readonly path: string;
  readonly sizeBytes: number;
  readonly md5: string;
  readonly sha256: string;
}

export interface TempFilesOptions {
  readonly folder: string;
  readonly ids: IdSource;
  readonly openFile: OpenNewFile;
  /** Called now and then while a large body streams through: its chunks are garbage by then. */
  collectGarbage(): void;
}

/** Temporary files of one folder. What is still there when the process starts belongs to nobody. */
export class TempFiles {
  readonly #options: TempFilesOptions;

  constructor(options: TempFilesOptions) {
    this.#options = options;
  }

  /** Removes what a killed process left. Only one process may use the folder. */
  async sweep(): Promise<void> {
    const { folder } = this.#options;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    for (const name of await readdir(folder)) await rm(join(folder, name), { force: true });
  }

  /** Streams `body` to a temporary file while hashing it. On any error nothing is left behind. */
  async receive(body: AsyncIterable<Uint8Array>, expected: Expected = {}): Promise<Received> {
    const path = join(this.#options.folder, this.#options.ids.randomUuid());
    try {
      const file = await this.#options.openFile(path);
      try {
        const tidy = tidyBody(body, () => this.#options.collectGarbage());
        const digests = await pump(tidy, file, expected.sizeBytes ?? expected.maxBytes);
        checkExpected(digests, expected);
        await file.sync();
        return { path, ...digests };
      } finally {
        await file.close();
      }
    } catch (error) {
      await removeFile(path);
      throw fromDisk(error);
    }
  }

  /** Removes a received file that is not wanted after all. */
  async discard(received: Received): Promise<void> {
    await removeFile(received.path).catch(() => undefined);
  }
}

type Digests = Omit<Received, 'path'>;

/** How much of a body may lie around as garbage. */
const TIDY_BYTES = 16 * 1024 * 1024;

async function* tidyBody(body: AsyncIterable<Uint8Array>, tidy: () => void): AsyncGenerator<Uint8Array> {
  let untidy = 0;
  for await (const chunk of body) {
    untidy += chunk.byteLength;
    if (untidy >= TIDY_BYTES) {
      tidy();
      untidy = 0;
    }
    yield chunk;
  }
}

async function pump(
  body: AsyncIterable<Uint8Array>,
  file: SequentialFile,
  limit: number | undefined,
): Promise<Digests> {
  const md5 = createHash('md5');
  const sha256 = createHash('sha256');
  let sizeBytes = 0;
  for await (const chunk of body) {
    sizeBytes += chunk.byteLength;
    if (limit !== undefined && sizeBytes > limit) {
      throw new GridError('too_large', `the upload is larger than the ${limit} bytes that were announced`);
    }
    md5.update(chunk);
    sha256.update(chunk);
    await file.write(chunk);
  }
  return { sizeBytes, md5: md5.digest('hex'), sha256: sha256.digest('hex') };
}

function checkExpected(got: Digests, expected: Expected): void {
  if (expected.sizeBytes !== undefined && got.sizeBytes !== expected.sizeBytes) {
    throw new GridError(
      'invalid_argument',
      `the upload ended after ${got.sizeBytes} of ${expected.sizeBytes} bytes; nothing was stored, send it again`,
    );
  }
  for (const name of ['md5', 'sha256'] as const) {
    const wanted = expected[name];
    if (wanted === undefined || wanted === got[name]) continue;
    throw new GridError(
      'digest_mismatch',
      `the ${name} of the upload is ${got[name]}, but ${wanted} was announced; nothing was stored`,
    );
  }
}

/** Removing what is absent is no error. */
export async function removeFile(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

/** Gives an error of the file system the code that its reader needs. */
export function fromDisk(error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new GridError(
      'disk_full',
      'the disk of the object folder is full; nothing was stored. Free some space, then try again',
      { cause: error, retryable: true },
    );
  }
  return error;
}
