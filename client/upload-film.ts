import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { backoffMs } from '../shared/backoff.ts';
import type { Clock } from '../shared/clock.ts';
import { GridError } from '../shared/errors.ts';
import type { IdSource } from '../shared/ids.ts';
import type { PartDocument, UploadDocument } from './documents.ts';
import { putBytes, type PutRequest } from './put-bytes.ts';
import type { RestClient } from './rest-client.ts';

export interface UploadOptions {
  readonly client: RestClient;
  readonly file: string;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly signal: AbortSignal;
  /** Bytes that are there, of all; parts of an earlier try count at once. */
  onBytes(done: number, total: number): void;
  onNote?(line: string): void;
}

type SignedUpload = UploadDocument & { url: string; headers: Record<string, string> };

/** Larger files go in parts, and can be gone on with. */
const PARTS_FROM_BYTES = 64 * 1024 * 1024;
const PARALLEL = 4;
const TRIES = 6;
const RETRY = { firstMs: 500, maxMs: 15_000 };

/** Bytes of a film. Throws `not_found` or `invalid_argument` for what is none. */
export async function sizeOf(file: string): Promise<number> {
  const info = await stat(file).catch((cause: NodeJS.ErrnoException) => {
    const message =
      cause.code === 'ENOENT' ? `there is no file ${file}` : `${file} cannot be read: ${cause.message}`;
    throw new GridError('not_found', message, { cause });
  });
  if (!info.isFile()) throw new GridError('invalid_argument', `${file} is not a file`);
  if (info.size === 0) throw new GridError('invalid_argument', `${file} is empty`);
  return info.size;
}

/** Tries again what passes by itself. Each try is told its number, from 0. */
async function retried<T>(options: UploadOptions, work: (attempt: number) => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await work(attempt);
    } catch (thrown) {
      // A signature may have run out on a slow line: the next try has a new one.
      const passes = thrown instanceof GridError && (thrown.retryable || thrown.code === 'permission_denied');
      if (!passes || attempt + 1 >= TRIES || options.signal.aborted) throw thrown;
      options.onNote?.(`${thrown.message}; trying again`);
      await options.clock.sleep(
        backoffMs(attempt, RETRY, () => options.ids.random()),
        options.signal,
      );
    }
  }
}

/** Uploads a film and returns its upload's id. Large ones go in parts, and go on where an earlier try ended. */
export async function uploadFilm(options: UploadOptions): Promise<string> {
  const size = await sizeOf(options.file);
  const id = size < PARTS_FROM_BYTES ? await uploadWhole(options, size) : await uploadInParts(options, size);
  await retried(options, () => options.client.post(`/uploads/${id}/complete`));
  return id;
}

async function uploadWhole(options: UploadOptions, size: number): Promise<string> {
  const { client, file, signal } = options;
  const upload = await client.post<SignedUpload>('/uploads', { name: basename(file), size_bytes: size });
  await retried(options, async () => {
    let done = 0;
    const onBytes = (bytes: number): void => options.onBytes((done += bytes), size);
    const put: PutRequest = {
      file,
      start: 0,
      end: size,
      url: upload.url,
      headers: upload.headers,
      signal,
      onBytes,
    };
    // Taken before, and only the answer was lost: completing checks the size.
    await putBytes(put).catch((thrown: unknown) => {
      if (!(thrown instanceof GridError && thrown.code === 'already_exists')) throw thrown;
    });
  });
  return upload.upload_id;
}

interface PartsToSend {
  readonly uploadId: string;
  readonly partBytes: number;
  readonly size: number;
}

async function uploadInParts(options: UploadOptions, size: number): Promise<string> {
  const { client, file } = options;
  const earlier = await findEarlier(options, size);
  if (earlier !== undefined) {
    try {
      return await sendMissing(options, size, earlier.upload_id);
    } catch (thrown) {
      // Completed or removed meanwhile by somebody else: then it is not ours to go on with.
      const gone = thrown instanceof GridError && /^(not_found|failed_precondition)$/.test(thrown.code);
      if (!gone) throw thrown;
    }
  }
  const fresh = await client.post<SignedUpload>('/uploads', { name: basename(file), size_bytes: size });
  return sendMissing(options, size, fresh.upload_id);
}

async function sendMissing(options: UploadOptions, size: number, uploadId: string): Promise<string> {
  const { client } = options;
  const path = `/uploads/${uploadId}/parts`;
  const { part_bytes: partBytes, parts } = await client.get<{ part_bytes: number; parts: PartDocument[] }>(
    path,
  );
  const plan: PartsToSend = { uploadId, partBytes, size };
  const present = await samePartsOf(options, plan, parts);
  if (present.size > 0) options.onNote?.(`going on with an earlier upload: ${present.size} parts are there`);
  const missing = Array.from({ length: Math.ceil(size / partBytes) }, (_, i) => i + 1).filter(
    (part) => !present.has(part),
  );
  const done = new Map([...present].map((part) => [part, bytesOf(plan, part)]));
  const tell = (): void =>
    options.onBytes(
      [...done.values()].reduce((sum, bytes) => sum + bytes, 0),
      size,
    );
  tell();
  const failed = new AbortController();
  const signal = AbortSignal.any([options.signal, failed.signal]);
  const worker = async (): Promise<void> => {
    for (let part = missing.shift(); part !== undefined && !signal.aborted; part = missing.shift()) {
      await sendPart({ ...options, signal }, plan, { part, done, tell });
    }
  };
  const workers = Array.from({ length: PARALLEL }, () =>
    worker().catch((thrown: unknown) => {
      failed.abort();
      throw thrown;
    }),
  );
  const ends = await Promise.allSettled(workers);
  // The first failure ended the others, whose own errors are only that.
  const errors = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason as unknown] : []));
  const cause = errors.find((error) => !(error instanceof GridError && error.code === 'cancelled'));
  if (errors.length > 0) throw cause ?? errors[0];
  return uploadId;
}

function bytesOf({ partBytes, size }: PartsToSend, part: number): number {
  return Math.min(part * partBytes, size) - (part - 1) * partBytes;
}

async function sendPart(
  options: UploadOptions,
  plan: PartsToSend,
  { part, done, tell }: { part: number; done: Map<number, number>; tell: () => void },
): Promise<void> {
  await retried(options, async () => {
    const path = `/uploads/${plan.uploadId}/parts`;
    const { urls } = await options.client.post<{ urls: string[] }>(path, { parts: [part] });
    done.set(part, 0);
    const start = (part - 1) * plan.partBytes;
    await putBytes({
      file: options.file,
      start,
      end: start + bytesOf(plan, part),
      url: urls[0] ?? '',
      headers: {},
      signal: options.signal,
      onBytes(bytes) {
        done.set(part, (done.get(part) ?? 0) + bytes);
        tell();
      },
    });
  });
}

/** An open upload of a file of this name and size. What it holds is compared before it is trusted. */
async function findEarlier(options: UploadOptions, size: number): Promise<UploadDocument | undefined> {
  const list = await options.client
    .get<{ uploads: readonly UploadDocument[] }>('/uploads')
    .catch((thrown: unknown) => {
      // A token may allow submitting without reading: then every upload is a new one.
      if (thrown instanceof GridError && thrown.code === 'permission_denied') return { uploads: [] };
      throw thrown;
    });
  const { uploads } = list;
  const name = basename(options.file);
  return uploads.find((one) => one.state === 'open' && one.name === name && one.size_bytes === size);
}

/** Numbers of the parts that have arrived and are the same as in the file. */
async function samePartsOf(
  options: UploadOptions,
  plan: PartsToSend,
  parts: readonly PartDocument[],
): Promise<Set<number>> {
  const same = new Set<number>();
  for (const { part, etag, size_bytes: size } of parts) {
    if (options.signal.aborted) throw new GridError('cancelled', 'interrupted');
    if (size !== bytesOf(plan, part)) continue;
    const start = (part - 1) * plan.partBytes;
    const hash = createHash('md5');
    for await (const chunk of createReadStream(options.file, { start, end: start + size - 1 }))
      hash.update(chunk as Buffer);
    if (hash.digest('hex') === etag) same.add(part);
  }
  return same;
}
