import { createReadStream } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GridError } from '../../shared/errors.ts';
import { isUuid, type IdSource } from '../../shared/ids.ts';
import { fromDisk, type Received, type TempFiles } from './folder-files.ts';
import { KeyedLock } from '../../shared/keyed-lock.ts';
import type { MultipartRef, ObjectRef, UploadedPart } from './object-store.ts';

export interface UploadRecord extends ObjectRef {
  readonly contentType: string;
}

/** The limit of S3, so that a client need not know which store it talks to. */
export const MAX_PARTS = 10_000;

const PART_NAME = /^(\d{1,5})-([0-9a-f]{32})-(\d+)$/;

/** Uploads in parts: `<folder>/<upload id>/upload.json` and one file `<number>-<md5>-<size>` a part. */
export class FolderUploads {
  readonly #folder: string;
  readonly #temp: TempFiles;
  readonly #ids: IdSource;
  readonly #locks = new KeyedLock();

  constructor(options: { folder: string; temp: TempFiles; ids: IdSource }) {
    this.#folder = options.folder;
    this.#temp = options.temp;
    this.#ids = options.ids;
  }

  async start(record: UploadRecord): Promise<string> {
    const uploadId = this.#ids.randomUuid();
    try {
      await mkdir(join(this.#folder, uploadId), { recursive: true, mode: 0o700 });
      await writeFile(join(this.#folder, uploadId, 'upload.json'), JSON.stringify(record), { flush: true });
    } catch (error) {
      throw fromDisk(error);
    }
    return uploadId;
  }

  /** Throws `not_found` unless the upload is open and for that object. */
  async record(upload: MultipartRef): Promise<UploadRecord> {
    const text = isUuid(upload.uploadId)
      ? await readFile(join(this.#folder, upload.uploadId, 'upload.json'), 'utf8').catch(() => undefined)
      : undefined;
    const record = text === undefined ? undefined : (JSON.parse(text) as UploadRecord);
    if (record?.bucket === upload.bucket && record.key === upload.key) return record;
    throw new GridError(
      'not_found',
      `there is no open upload ${JSON.stringify(upload.uploadId)} for this object; it was completed or aborted`,
    );
  }

  /** Puts a received file in place as a part; the same number sent before is replaced. */
  async addPart(upload: MultipartRef, part: number, received: Received): Promise<void> {
    await this.#locks.run(upload.uploadId, async () => {
      await this.record(upload);
      const folder = join(this.#folder, upload.uploadId);
      const name = `${part}-${received.md5}-${received.sizeBytes}`;
      await rename(received.path, join(folder, name));
      for (const other of await readdir(folder)) {
        if (other.startsWith(`${part}-`) && other !== name) await rm(join(folder, other), { force: true });
      }
    });
  }

  async parts(upload: MultipartRef): Promise<UploadedPart[]> {
    await this.record(upload);
    const parts: UploadedPart[] = [];
    for (const name of await readdir(join(this.#folder, upload.uploadId))) {
      const [, part, etag, sizeBytes] = PART_NAME.exec(name) ?? [];
      if (part === undefined || etag === undefined) continue;
      parts.push({ part: Number(part), etag, sizeBytes: Number(sizeBytes) });
    }
    return parts.sort((a, b) => a.part - b.part);
  }

  /** Joins the parts into one temporary file and hands it to `publish`; the upload is gone once that succeeded. */
  async complete(
    upload: MultipartRef,
    wanted: readonly UploadedPart[],
    publish: (record: UploadRecord, whole: Received) => Promise<void>,
  ): Promise<void> {
    await this.#locks.run(upload.uploadId, async () => {
      const record = await this.record(upload);
      const paths = await this.#pathsOf(upload, wanted);
      const whole = await this.#temp.receive(concatenate(paths));
      try {
        await publish(record, whole);
      } catch (error) {
        await this.#temp.discard(whole);
        throw error;
      }
      await rm(join(this.#folder, upload.uploadId), { recursive: true, force: true });
    });
  }

  async abort(upload: MultipartRef): Promise<void> {
    if (!isUuid(upload.uploadId)) return;
    await this.#locks.run(upload.uploadId, () =>
      rm(join(this.#folder, upload.uploadId), { recursive: true, force: true }),
    );
  }

  async #pathsOf(upload: MultipartRef, wanted: readonly UploadedPart[]): Promise<string[]> {
    const present = new Map((await this.parts(upload)).map((part) => [part.part, part]));
    let last = 0;
    const paths: string[] = [];
    for (const { part, etag } of wanted) {
      const found = present.get(part);
      if (part <= last || found?.etag !== etag) {
        throw new GridError(
          'invalid_argument',
          `part ${part} of the upload is missing, out of order, or is not the part with etag ${JSON.stringify(etag)}; send it again`,
        );
      }
      last = part;
      paths.push(join(this.#folder, upload.uploadId, `${part}-${etag}-${found.sizeBytes}`));
    }
    if (paths.length === 0) throw new GridError('invalid_argument', 'an upload needs at least one part');
    return paths;
  }
}

async function* concatenate(paths: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const path of paths) {
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) yield chunk as Uint8Array;
  }
}
