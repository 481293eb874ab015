import { mkdir, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { Clock } from '../../shared/clock.ts';
import { GridError } from '../../shared/errors.ts';
import type { IdSource } from '../../shared/ids.ts';
import { openNewFile, TempFiles, type Expected, type OpenNewFile, type Received } from './folder-files.ts';
import { FolderIndex, openBlob, type ObjectEntry } from './folder-index.ts';
import { FolderUploads, MAX_PARTS } from './folder-multipart.ts';
import { checkBucket, checkRef, existingObject, missingObject } from './object-names.ts';
import type * as api from './object-store.ts';
import { UrlSigner, type UrlClaims } from './signed-token.ts';

export interface FolderStoreOptions {
  /** Absolute path; used by one process at a time. */
  readonly folder: string;
  readonly secret: string;
  /** Where `FolderHttp` is reached, with its path, without a slash at the end: `https://grid.example/objects`. */
  readonly publicUrl: string;
  readonly internalUrl: string;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly openFile?: OpenNewFile;
  /** See `youngCollector`; absent: V8 decides. */
  readonly collectGarbage?: () => void;
}

/** What a signed PUT asks for. */
export interface ReceiveOptions extends Expected {
  readonly contentType: string;
  readonly createOnly: boolean;
}

// Below this the next upload is likely to fail, and PostgreSQL often shares the disk.
const MIN_FREE_BYTES = 64 * 1024 * 1024;
const LOOK_FIRST_BYTES = 64 * 1024;

/** Objects in a folder of this machine; their URLs are served by `FolderHttp`. */
export class FolderStore implements api.ObjectStore {
  readonly createOnly = true;
  readonly signer: UrlSigner;
  readonly #options: FolderStoreOptions;
  readonly #temp: TempFiles;
  readonly #index: FolderIndex;
  readonly #uploads: FolderUploads;

  private constructor(options: FolderStoreOptions) {
    this.#options = options;
    const { ids } = options;
    const folder = join(options.folder, 'tmp');
    this.signer = new UrlSigner(options.secret);
    this.#temp = new TempFiles({
      folder,
      ids,
      openFile: options.openFile ?? openNewFile,
      collectGarbage: options.collectGarbage ?? ((): void => undefined),
    });
    this.#index = new FolderIndex({ root: join(options.folder, 'objects'), temp: folder, ids });
    this.#uploads = new FolderUploads({ folder: join(options.folder, 'uploads'), temp: this.#temp, ids });
  }

  /** Opens the folder, making it where absent, and removes what a killed process left unfinished. */
  static async open(options: FolderStoreOptions): Promise<FolderStore> {
    const store = new FolderStore(options);
    await mkdir(options.folder, { recursive: true, mode: 0o700 });
    await store.#temp.sweep();
    await store.#index.sweep();
    return store;
  }

  async ensureBucket(bucket: string): Promise<void> {
    checkBucket(bucket);
    await this.#index.makeBucket(bucket);
  }

  async stat(ref: api.ObjectRef): Promise<api.ObjectStat | undefined> {
    checkRef(ref);
    const entry = await this.#index.find(ref);
    return entry && toStat(entry);
  }

  async signGet(ref: api.ObjectRef, options: api.SignGetOptions): Promise<string> {
    checkRef(ref);
    const { audience: _audience, expiresS: _expiresS, ...claims } = options;
    return this.#url(options, { ...claims, method: 'GET', ...pick(ref) });
  }

  async signPut(ref: api.ObjectRef, options: api.SignPutOptions): Promise<api.SignedRequest> {
    checkRef(ref);
    const { audience: _audience, expiresS: _expiresS, ...claims } = options;
    return { url: this.#url(options, { ...claims, method: 'PUT', ...pick(ref) }), headers: {} };
  }

  async read(ref: api.ObjectRef, range?: api.ByteRange): Promise<Readable> {
    checkRef(ref);
    const { stream } = await this.open(ref, () => range);
    return stream;
  }

  /** Opens the object and then asks which bytes of it are wanted, so that size and bytes belong together. */
  async open(
    ref: api.ObjectRef,
    choose: (stat: ObjectEntry) => api.ByteRange | undefined,
  ): Promise<{ entry: ObjectEntry; stream: Readable }> {
    const { entry, handle } = await openBlob(this.#index, ref);
    const range = choose(entry) ?? { start: 0 };
    const end = Math.min(range.endInclusive ?? entry.sizeBytes - 1, entry.sizeBytes - 1);
    if (entry.sizeBytes === 0 || range.start > end) {
      await handle.close();
      if (entry.sizeBytes === 0 && range.start === 0) return { entry, stream: Readable.from([]) };
      throw new GridError(
        'invalid_argument',
        `bytes ${range.start}-${end} are outside of the object's ${entry.sizeBytes} bytes`,
      );
    }
    return { entry, stream: handle.createReadStream({ start: range.start, end, highWaterMark: 256 * 1024 }) };
  }

  async write(
    ref: api.ObjectRef,
    body: Readable | Uint8Array,
    options: api.WriteOptions,
  ): Promise<api.ObjectStat> {
    return this.receive(ref, body instanceof Uint8Array ? Readable.from([body]) : body, options);
  }

  /** Streams, hashes, checks and publishes; the object appears whole or not at all. */
  async receive(
    ref: api.ObjectRef,
    body: AsyncIterable<Uint8Array>,
    options: ReceiveOptions,
  ): Promise<api.ObjectStat> {
    checkRef(ref);
    // A small body is sooner received than asked whether it may come; the publish refuses it, too.
    const large = (options.sizeBytes ?? Infinity) > LOOK_FIRST_BYTES;
    if (options.createOnly && large && (await this.#index.find(ref)) !== undefined) throw existingObject(ref);
    const received = await this.#temp.receive(body, options);
    try {
      return await this.#publish(ref, received, options);
    } catch (error) {
      await this.#temp.discard(received);
      throw error;
    }
  }

  async copy(from: api.ObjectRef, to: api.ObjectRef): Promise<void> {
    checkRef(from);
    checkRef(to);
    const entry = await this.#index.find(from);
    if (entry === undefined) throw missingObject(from);
    await this.#index.publishLink(
      { ...toStat(entry), md5: entry.md5, sha256: entry.sha256, ...pick(to), modifiedMs: this.#now() },
      entry,
    );
  }

  async remove(refs: readonly api.ObjectRef[]): Promise<void> {
    for (const ref of refs) {
      checkRef(ref);
      await this.#index.remove(ref);
    }
  }

  async *list(bucket: string, prefix: string): AsyncGenerator<api.ListedObject> {
    checkBucket(bucket);
    for await (const { key, sizeBytes, modifiedMs } of this.#index.entries(bucket)) {
      if (key.startsWith(prefix)) yield { key, sizeBytes, modifiedMs };
    }
  }

  async startMultipart(ref: api.ObjectRef, contentType: string): Promise<api.MultipartRef> {
    checkRef(ref);
    const uploadId = await this.#uploads.start({ ...pick(ref), contentType });
    return { ...pick(ref), uploadId };
  }

  async signPart(upload: api.MultipartRef, options: api.SignPartOptions): Promise<api.SignedRequest> {
    const { part } = options;
    if (!Number.isInteger(part) || part < 1 || part > MAX_PARTS) {
      throw new GridError('invalid_argument', `part number ${part} is not between 1 and ${MAX_PARTS}`);
    }
    await this.#uploads.record(upload);
    const { uploadId } = upload;
    return { url: this.#url(options, { method: 'PART', ...pick(upload), uploadId, part }), headers: {} };
  }

  /** Takes the bytes of one part; answers their md5. */
  async receivePart(
    upload: api.MultipartRef,
    part: number,
    body: AsyncIterable<Uint8Array>,
  ): Promise<{ md5: string }> {
    await this.#uploads.record(upload);
    const received = await this.#temp.receive(body);
    try {
      await this.#uploads.addPart(upload, part, received);
      return { md5: received.md5 };
    } catch (error) {
      await this.#temp.discard(received);
      throw error;
    }
  }

  listParts(upload: api.MultipartRef): Promise<api.UploadedPart[]> {
    return this.#uploads.parts(upload);
  }

  async completeMultipart(
    upload: api.MultipartRef,
    parts: readonly api.UploadedPart[],
  ): Promise<api.ObjectStat> {
    const published: api.ObjectStat[] = [];
    await this.#uploads.complete(upload, parts, async ({ contentType }, whole) => {
      published.push(await this.#publish(upload, whole, { contentType, createOnly: false }));
    });
    const [stat] = published;
    if (stat === undefined) throw missingObject(upload);
    return stat;
  }

  abortMultipart(upload: api.MultipartRef): Promise<void> {
    return this.#uploads.abort(upload);
  }

  async health(): Promise<void> {
    const { bavail, bsize } = await statfs(this.#options.folder).catch((cause: unknown) => {
      throw new GridError('unavailable', `the object folder ${this.#options.folder} cannot be used`, {
        cause,
      });
    });
    const free = bavail * bsize;
    if (free < MIN_FREE_BYTES) {
      throw new GridError(
        'disk_full',
        `the object folder ${this.#options.folder} has ${free} bytes left; at least ${MIN_FREE_BYTES} are needed`,
      );
    }
  }

  async #publish(ref: api.ObjectRef, received: Received, options: ReceiveOptions): Promise<api.ObjectStat> {
    const { sizeBytes, md5, sha256 } = received;
    const { contentType, createOnly } = options;
    const entry = { ...pick(ref), sizeBytes, md5, sha256, contentType, modifiedMs: this.#now() };
    await this.#index.publish(entry, received.path, createOnly);
    return toStat(entry);
  }

  #now(): number {
    return this.#options.clock.wallMs();
  }

  #url(options: { expiresS: number; audience: api.Audience }, claims: Omit<UrlClaims, 'expiresAtS'>): string {
    const base = options.audience === 'public' ? this.#options.publicUrl : this.#options.internalUrl;
    const expiresAtS = Math.ceil(this.#now() / 1000 + options.expiresS);
    return `${base}/${this.signer.sign({ ...claims, expiresAtS })}`;
  }
}

function pick(ref: api.ObjectRef): { bucket: string; key: string } {
  return { bucket: ref.bucket, key: ref.key };
}

function toStat(entry: Omit<ObjectEntry, 'blob'>): api.ObjectStat {
  const { sizeBytes, md5, sha256, contentType, modifiedMs } = entry;
  return { sizeBytes, md5, sha256, contentType, modifiedMs };
}
