import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../shared/clock.ts';
import type { Logger } from '../../shared/logger.ts';

export interface DiskCacheOptions {
  /** The cache's own folder. */
  readonly folder: string;
  /** What all files together may take. */
  readonly limitBytes: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

const HASH_BYTES = 32;
/** Of what waits to be written: with a disk that is slower than the network the rest is not kept (L9). */
const MAX_WAITING_BYTES = 32 * 1024 * 1024;
const NAME = /^[0-9a-f]{64}$/;

function hashOf(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}

/**
 * Ranges of immutable objects on the disk, over restarts: bounded in bytes, the least recently used go first. A file that
 * was cut off or changed is no hit. What goes wrong with the disk costs a download, never a task.
 */
export class DiskCache {
  readonly #options: DiskCacheOptions;
  /** From the least to the most recently used. */
  readonly #sizes = new Map<string, number>();
  #bytes = 0;
  #writing: Promise<void> = Promise.resolve();
  #waitingBytes = 0;

  private constructor(options: DiskCacheOptions) {
    this.#options = options;
  }

  static async open(options: DiskCacheOptions): Promise<DiskCache> {
    const cache = new DiskCache(options);
    await mkdir(options.folder, { recursive: true, mode: 0o700 });
    const names = await readdir(options.folder);
    const files = await Promise.all(
      names.map(async (name) => ({
        name,
        found: await stat(join(options.folder, name)).catch(() => undefined),
      })),
    );
    const known = files.filter((file) => NAME.test(file.name));
    for (const { name, found } of known.toSorted((a, b) => (a.found?.mtimeMs ?? 0) - (b.found?.mtimeMs ?? 0)))
      cache.#note(name, found?.size ?? 0);
    // What a killed agent was about to write.
    const others = files.filter((file) => !NAME.test(file.name));
    await Promise.all(
      others.map(({ name }) => rm(join(options.folder, name), { force: true, recursive: true })),
    );
    await cache.#makeRoom(0);
    return cache;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The bytes of `key`: kept ones, else what `fetchBytes` gives, which are then kept. */
  async get(key: string, fetchBytes: () => Promise<Buffer>): Promise<Buffer> {
    const name = createHash('sha256').update(key).digest('hex');
    const kept = await this.#read(name);
    if (kept) return kept;
    const bytes = await fetchBytes();
    this.#keepLater(name, bytes);
    return bytes;
  }

  /** One after another: the bound holds, and no reader waits for a disk. */
  #keepLater(name: string, bytes: Buffer): void {
    if (this.#waitingBytes > 0 && this.#waitingBytes + bytes.length > MAX_WAITING_BYTES) return;
    this.#waitingBytes += bytes.length;
    this.#writing = this.#writing
      .then(() => this.#keep(name, bytes))
      .then(() => void (this.#waitingBytes -= bytes.length));
  }

  /** Resolves when all that was to be kept is. */
  async settled(): Promise<void> {
    await this.#writing;
  }

  #note(name: string, size: number): void {
    this.#bytes += size - (this.#sizes.get(name) ?? 0);
    this.#sizes.delete(name);
    this.#sizes.set(name, size);
  }

  async #drop(name: string): Promise<void> {
    this.#bytes -= this.#sizes.get(name) ?? 0;
    this.#sizes.delete(name);
    await rm(join(this.#options.folder, name), { force: true });
  }

  async #read(name: string): Promise<Buffer | undefined> {
    const size = this.#sizes.get(name);
    if (size === undefined) return undefined;
    const path = join(this.#options.folder, name);
    const file = await readFile(path).catch(() => undefined);
    const bytes = file?.subarray(HASH_BYTES);
    if (file === undefined || bytes === undefined || !hashOf(bytes).equals(file.subarray(0, HASH_BYTES))) {
      await this.#drop(name).catch(() => undefined);
      return undefined;
    }
    this.#note(name, size);
    const now = new Date(this.#options.clock.wallMs());
    await utimes(path, now, now).catch(() => undefined);
    return bytes;
  }

  async #makeRoom(bytes: number): Promise<void> {
    for (const name of this.#sizes.keys()) {
      if (this.#bytes + bytes <= this.#options.limitBytes) return;
      await this.#drop(name);
    }
  }

  async #keep(name: string, bytes: Buffer): Promise<void> {
    const { folder, limitBytes, logger } = this.#options;
    const size = bytes.length + HASH_BYTES;
    if (size > limitBytes || this.#sizes.has(name)) return;
    const fresh = join(folder, `${name}.new`);
    try {
      await this.#makeRoom(size);
      await writeFile(fresh, Buffer.concat([hashOf(bytes), bytes]), { mode: 0o600 });
      await rename(fresh, join(folder, name));
      this.#note(name, size);
    } catch (error) {
      logger.warn({ error: String(error) }, 'a part of a source could not be kept');
      await rm(fresh, { force: true }).catch(() => undefined);
    }
  }
}
