import { hash } from 'node:crypto';
import { copyFile, link, mkdir, open, readdir, readFile, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { IdSource } from '../../shared/ids.ts';
import { fromDisk, removeFile } from './folder-files.ts';
import { KeyedLock } from '../../shared/keyed-lock.ts';
import { existingObject, missingObject } from './object-names.ts';
import type { ObjectRef, ObjectStat } from './object-store.ts';

/** The sidecar of an object. It, and not the bytes, is what makes the object exist. */
export interface ObjectEntry extends ObjectStat, ObjectRef {
  readonly md5: string;
  readonly sha256: string;
  /** Name of the file that holds the bytes; never reused. */
  readonly blob: string;
}

export type NewEntry = Omit<ObjectEntry, 'blob'>;

const ENTRY_SUFFIX = '.json';
/** What is published is usually asked for, and removed, soon after. */
const KNOWN_ENTRIES = 4_096;

/**
 * The published objects of a folder: `<root>/<sha256 of bucket>/<2 hex>/<sha256 of key>.json` names a blob beside it.
 *
 * Order of a publish: blob synced and renamed into place, entry synced as a temporary file, then one link (create-only)
 * or one rename makes it visible, then the old blob goes. A kill at any point leaves the old object or the new one, and
 * at worst a blob without an entry, which `sweep` removes.
 *
 * One process uses the folder, so it may remember the entries that it wrote.
 */
export class FolderIndex {
  readonly #root: string;
  readonly #temp: string;
  readonly #ids: IdSource;
  readonly #locks = new KeyedLock();
  /** By path, the oldest first. Changed under the lock of the path only. */
  readonly #known = new Map<string, ObjectEntry>();

  constructor(options: { root: string; temp: string; ids: IdSource }) {
    this.#root = options.root;
    this.#temp = options.temp;
    this.#ids = options.ids;
  }

  async makeBucket(bucket: string): Promise<void> {
    await mkdir(this.#bucketFolder(bucket), { recursive: true, mode: 0o700 });
  }

  async find(ref: ObjectRef): Promise<ObjectEntry | undefined> {
    return this.#read(this.#place(ref).entry);
  }

  blobPath(entry: ObjectEntry): string {
    return join(this.#place(entry).folder, entry.blob);
  }

  /** Moves `path` into the store as the object `entry` describes. */
  async publish(entry: NewEntry, path: string, createOnly: boolean): Promise<void> {
    await this.#locked(entry, createOnly, (blob) => rename(path, blob));
  }

  /** Makes `entry` an object with the bytes of `from`, without copying them where links are possible. */
  async publishLink(entry: NewEntry, from: ObjectEntry): Promise<void> {
    await this.#locked(entry, false, (blob) => linkOrCopy(this.blobPath(from), blob));
  }

  /** Removing what is absent is no error. */
  async remove(ref: ObjectRef): Promise<void> {
    const place = this.#place(ref);
    await this.#locks.run(place.entry, async () => {
      const old = await this.#read(place.entry);
      if (old === undefined) return;
      this.#known.delete(place.entry);
      await removeFile(place.entry);
      await removeFile(join(place.folder, old.blob));
    });
  }

  /** All entries of a bucket. Reads every sidecar: fine for the thousands of one machine, not for millions. */
  async *entries(bucket: string): AsyncGenerator<ObjectEntry> {
    const folder = this.#bucketFolder(bucket);
    for (const shard of await namesIn(folder)) {
      for (const name of await namesIn(join(folder, shard))) {
        if (!name.endsWith(ENTRY_SUFFIX)) continue;
        const entry = await readEntry(join(folder, shard, name));
        if (entry !== undefined) yield entry;
      }
    }
  }

  /** Removes blobs that no entry names, left by a process that was killed. Run before the store is used. */
  async sweep(): Promise<void> {
    for (const bucket of await namesIn(this.#root)) {
      for (const shard of await namesIn(join(this.#root, bucket))) {
        await sweepShard(join(this.#root, bucket, shard));
      }
    }
  }

  async #locked(entry: NewEntry, createOnly: boolean, place: (blob: string) => Promise<void>): Promise<void> {
    const { folder, entry: entryPath, keyHash } = this.#place(entry);
    await this.#locks.run(entryPath, async () => {
      // Of an object that may not exist yet, the link that makes it visible finds out whether it does.
      const old = createOnly ? this.#known.get(entryPath) : await this.#read(entryPath);
      if (createOnly && old !== undefined) throw existingObject(entry);
      const named: ObjectEntry = { ...entry, blob: `${keyHash}.${this.#ids.randomUuid()}` };
      const blob = `${folder}/${named.blob}`;
      try {
        await inFolder(folder, () => place(blob));
        await this.#writeEntry(named, entryPath, createOnly);
      } catch (error) {
        await removeFile(blob);
        throw fromDisk(error);
      }
      this.#remember(entryPath, named);
      await syncFolder(folder);
      if (old !== undefined) await removeFile(join(folder, old.blob));
    });
  }

  async #writeEntry(entry: ObjectEntry, path: string, createOnly: boolean): Promise<void> {
    const temp = `${this.#temp}/${this.#ids.randomUuid()}`;
    try {
      const handle = await open(temp, 'wx', 0o600);
      try {
        await handle.writeFile(JSON.stringify(entry));
        await handle.sync();
      } finally {
        await handle.close();
      }
      if (createOnly) {
        await link(temp, path);
        // It is published: what is left of the temporary name is removed by `sweep`.
        await removeFile(temp).catch(() => undefined);
      } else {
        await rename(temp, path);
      }
    } catch (error) {
      await removeFile(temp);
      throw (error as NodeJS.ErrnoException).code === 'EEXIST' ? existingObject(entry) : error;
    }
  }

  async #read(path: string): Promise<ObjectEntry | undefined> {
    return this.#known.get(path) ?? readEntry(path);
  }

  #remember(path: string, entry: ObjectEntry): void {
    this.#known.delete(path);
    this.#known.set(path, entry);
    if (this.#known.size <= KNOWN_ENTRIES) return;
    const [oldest] = this.#known.keys();
    if (oldest !== undefined) this.#known.delete(oldest);
  }

  #bucketFolder(bucket: string): string {
    return `${this.#root}/${sha256Hex(bucket)}`;
  }

  #place(ref: ObjectRef): { folder: string; entry: string; keyHash: string } {
    const keyHash = sha256Hex(ref.key);
    const folder = `${this.#bucketFolder(ref.bucket)}/${keyHash.slice(0, 2)}`;
    return { folder, entry: `${folder}/${keyHash}${ENTRY_SUFFIX}`, keyHash };
  }
}

function sha256Hex(text: string): string {
  return hash('sha256', text);
}

async function readEntry(path: string): Promise<ObjectEntry | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as ObjectEntry;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

async function sweepShard(folder: string): Promise<void> {
  for (const name of await namesIn(folder)) {
    if (name.endsWith(ENTRY_SUFFIX)) continue;
    const keyHash = name.slice(0, name.indexOf('.'));
    const entry = await readEntry(join(folder, keyHash + ENTRY_SUFFIX));
    if (entry?.blob !== name) await unlink(join(folder, name));
  }
}

/** Does what needs `folder`, which is made at its first use. */
async function inFolder(folder: string, fn: () => Promise<void>): Promise<void> {
  try {
    await fn();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await fn();
  }
}

// A name is only on the disk once its folder is.
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== 'EPERM' && code !== 'EMLINK' && code !== 'ENOTSUP') throw error;
    await copyFile(from, to);
  }
}

/** Opens the bytes of an object for reading; retried, since a writer may replace the object between the two steps. */
export async function openBlob(
  index: FolderIndex,
  ref: ObjectRef,
): Promise<{ entry: ObjectEntry; handle: Awaited<ReturnType<typeof open>> }> {
  for (let attempt = 0; attempt < 5; attempt++) {
    const entry = await index.find(ref);
    if (entry === undefined) break;
    try {
      const handle = await open(index.blobPath(entry), 'r');
      return { entry, handle };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  throw missingObject(ref);
}
