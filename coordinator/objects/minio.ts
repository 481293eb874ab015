import type { Readable } from 'node:stream';
import { Client, CopyDestinationOptions, CopySourceOptions, type ItemBucketMetadata } from 'minio';
import type { Clock } from '../../shared/clock.ts';
import { GridError } from '../../shared/errors.ts';
import { whileWhole } from '../../shared/while-whole.ts';
import { dispositionHeader } from './content-disposition.ts';
import { checkBucket, checkRef, existingObject, missingObject } from './object-names.ts';
import type * as api from './object-store.ts';
import { Presigner, type PresignRequest } from './s3-presign.ts';

export interface S3StoreOptions {
  /** Where browsers and people reach the store; only signed for, never called. */
  readonly publicUrl: string;
  /** Where the coordinator and the agents reach it. */
  readonly internalUrl: string;
  readonly region: string;
  readonly accessKey: string;
  readonly secretKey: string;
  readonly clock: Clock;
}

// Unknown sizes are sent in parts of this size, which is also what a write holds in memory; 10,000 make 160 GB.
const PART_BYTES = 16 * 1024 * 1024;
// The most that S3 copies in one request.
const MAX_COPY_BYTES = 5 * 1024 ** 3;
const REMOVE_BATCH = 1000;
/** A store that has not answered a short question by then is away; what moves bytes, or throws them away, may take longer. */
const ANSWER_WITHIN_MS = 15_000;

class PartsClient extends Client {
  /** The client library has it, but keeps it to itself. */
  partsOf(upload: api.MultipartRef): ReturnType<Client['listParts']> {
    return this.listParts(upload.bucket, upload.key, upload.uploadId);
  }
}

/**
 * Objects in any S3 server. `createOnly` is false: servers differ in whether they honour `If-None-Match` on a presigned
 * PUT, so a committer publishes by `copy` to a key that no URL for writing was ever signed for.
 */
export class S3Store implements api.ObjectStore {
  readonly createOnly = false;
  readonly #options: S3StoreOptions;
  readonly #client: PartsClient;
  readonly #presigners: Readonly<Record<api.Audience, Presigner>>;

  constructor(options: S3StoreOptions) {
    this.#options = options;
    const { protocol, hostname, port } = new URL(options.internalUrl);
    this.#client = new PartsClient({
      endPoint: hostname,
      ...(port === '' ? {} : { port: Number(port) }),
      useSSL: protocol === 'https:',
      accessKey: options.accessKey,
      secretKey: options.secretKey,
      region: options.region,
      partSize: PART_BYTES,
    });
    const { region, accessKey, secretKey } = options;
    const presigner = (url: string): Presigner => new Presigner({ url, region, accessKey, secretKey });
    this.#presigners = { public: presigner(options.publicUrl), internal: presigner(options.internalUrl) };
  }

  async ensureBucket(bucket: string): Promise<void> {
    checkBucket(bucket);
    if (await this.#ask(this.#client.bucketExists(bucket))) return;
    await this.#ask(this.#client.makeBucket(bucket, this.#options.region)).catch((error: unknown) => {
      // another coordinator was faster
      if (causeCode(error) !== 'BucketAlreadyOwnedByYou') throw error;
    });
  }

  async stat(ref: api.ObjectRef): Promise<api.ObjectStat | undefined> {
    checkRef(ref);
    try {
      const found = await this.#ask(this.#client.statObject(ref.bucket, ref.key));
      const metadata = found.metaData as Record<string, string | undefined>;
      return {
        sizeBytes: found.size,
        // the ETag of a multipart object is no digest of its bytes
        ...(/^[0-9a-f]{32}$/.test(found.etag) ? { md5: found.etag } : {}),
        contentType: metadata['content-type'] ?? 'application/octet-stream',
        modifiedMs: found.lastModified.getTime(),
      };
    } catch (error) {
      if (error instanceof GridError && error.code === 'not_found') return undefined;
      throw error;
    }
  }

  async signGet(ref: api.ObjectRef, options: api.SignGetOptions): Promise<string> {
    checkRef(ref);
    const { fileName, inline, contentType } = options;
    const disposition = inline ? 'inline' : 'attachment';
    const query = {
      ...(fileName === undefined
        ? {}
        : { 'response-content-disposition': dispositionHeader(fileName, disposition) }),
      ...(contentType === undefined ? {} : { 'response-content-type': contentType }),
    };
    return this.#presign(ref, options, { method: 'GET', query, headers: {} });
  }

  async signPut(ref: api.ObjectRef, options: api.SignPutOptions): Promise<api.SignedRequest> {
    checkRef(ref);
    const headers: Record<string, string> = {};
    if (options.createOnly) headers['If-None-Match'] = '*';
    if (options.md5 !== undefined) headers['Content-MD5'] = hexToBase64(options.md5);
    if (options.sha256 !== undefined) headers['x-amz-checksum-sha256'] = hexToBase64(options.sha256);
    if (options.contentType !== undefined) headers['Content-Type'] = options.contentType;
    const signed = { ...headers };
    if (options.sizeBytes !== undefined) signed['Content-Length'] = String(options.sizeBytes);
    return { url: this.#presign(ref, options, { method: 'PUT', query: {}, headers: signed }), headers };
  }

  async read(ref: api.ObjectRef, range?: api.ByteRange): Promise<Readable> {
    checkRef(ref);
    const start = range?.start ?? 0;
    // the client library takes a length of 0 for "to the end"
    const length = range?.endInclusive === undefined ? 0 : range.endInclusive - start + 1;
    return range === undefined
      ? this.#ask(this.#client.getObject(ref.bucket, ref.key))
      : this.#ask(this.#client.getPartialObject(ref.bucket, ref.key, start, length));
  }

  async write(
    ref: api.ObjectRef,
    body: Readable | Uint8Array,
    options: api.WriteOptions,
  ): Promise<api.ObjectStat> {
    checkRef(ref);
    if (options.createOnly && (await this.stat(ref)) !== undefined) throw existingObject(ref);
    const metadata = { 'Content-Type': options.contentType };
    if (body instanceof Uint8Array) {
      const bytes = Buffer.from(body);
      await explain(this.#client.putObject(ref.bucket, ref.key, bytes, bytes.length, metadata));
    } else await this.#writeStream(ref, body, metadata);
    return this.#mustStat(ref);
  }

  /** The client library keeps the parts that it has sent of a stream that fails. */
  async #writeStream(
    { bucket, key }: api.ObjectRef,
    body: Readable,
    metadata: ItemBucketMetadata,
  ): Promise<void> {
    const put = () => explain(this.#client.putObject(bucket, key, body, undefined, metadata));
    try {
      await whileWhole(body, put);
    } catch (error) {
      await this.#client.removeIncompleteUpload(bucket, key).catch(() => undefined);
      throw error;
    }
  }

  async copy(from: api.ObjectRef, to: api.ObjectRef): Promise<void> {
    checkRef(to);
    const { sizeBytes } = await this.#mustStat(from);
    const source = new CopySourceOptions({ Bucket: from.bucket, Object: from.key });
    const target = new CopyDestinationOptions({ Bucket: to.bucket, Object: to.key });
    if (sizeBytes > MAX_COPY_BYTES) await explain(this.#client.composeObject(target, [source]));
    else await explain(this.#client.copyObject(source, target));
  }

  async remove(refs: readonly api.ObjectRef[]): Promise<void> {
    const buckets = Map.groupBy(refs, (ref) => ref.bucket);
    for (const [bucket, inBucket] of buckets) {
      for (let at = 0; at < inBucket.length; at += REMOVE_BATCH) {
        const keys = inBucket.slice(at, at + REMOVE_BATCH).map((ref) => ref.key);
        await explain(this.#client.removeObjects(bucket, keys));
      }
    }
  }

  async *list(bucket: string, prefix: string): AsyncGenerator<api.ListedObject> {
    checkBucket(bucket);
    for await (const item of this.#client.listObjectsV2(bucket, prefix, true)) {
      if (item.name === undefined) continue;
      yield { key: item.name, sizeBytes: item.size, modifiedMs: item.lastModified.getTime() };
    }
  }

  async startMultipart(ref: api.ObjectRef, contentType: string): Promise<api.MultipartRef> {
    checkRef(ref);
    const headers = { 'Content-Type': contentType };
    const uploadId = await this.#ask(this.#client.initiateNewMultipartUpload(ref.bucket, ref.key, headers));
    return { bucket: ref.bucket, key: ref.key, uploadId };
  }

  async signPart(upload: api.MultipartRef, options: api.SignPartOptions): Promise<api.SignedRequest> {
    const query = { partNumber: String(options.part), uploadId: upload.uploadId };
    return { url: this.#presign(upload, options, { method: 'PUT', query, headers: {} }), headers: {} };
  }

  async listParts(upload: api.MultipartRef): Promise<api.UploadedPart[]> {
    const listed = await this.#ask(this.#client.partsOf(upload));
    return [...Map.groupBy(listed, ({ part }) => part).values()].flatMap(newestOnly);
  }

  async completeMultipart(
    upload: api.MultipartRef,
    parts: readonly api.UploadedPart[],
  ): Promise<api.ObjectStat> {
    const { bucket, key, uploadId } = upload;
    const list = parts.map(({ part, etag }) => ({ part, etag }));
    await explain(this.#client.completeMultipartUpload(bucket, key, uploadId, list));
    return this.#mustStat(upload);
  }

  async abortMultipart(upload: api.MultipartRef): Promise<void> {
    const { bucket, key, uploadId } = upload;
    await this.#ask(this.#client.abortMultipartUpload(bucket, key, uploadId)).catch((error: unknown) => {
      if (!(error instanceof GridError && error.code === 'not_found')) throw error;
    });
  }

  async health(): Promise<void> {
    await this.#ask(this.#client.listBuckets());
  }

  async #mustStat(ref: api.ObjectRef): Promise<api.ObjectStat> {
    const found = await this.stat(ref);
    if (found === undefined) throw missingObject(ref);
    return found;
  }

  /** A question to which the answer is short. */
  #ask<T>(answer: Promise<T>): Promise<T> {
    const { clock } = this.#options;
    const asked = explain(answer);
    return new Promise((resolve, reject) => {
      const late = (): void => {
        const message = `the object store has not answered for ${ANSWER_WITHIN_MS / 1000} s`;
        reject(new GridError('unavailable', message));
      };
      const timer = clock.after(ANSWER_WITHIN_MS, late);
      asked.then(resolve, reject).finally(() => timer.cancel());
    });
  }

  #presign(
    ref: api.ObjectRef,
    options: { expiresS: number; audience: api.Audience },
    request: Pick<PresignRequest, 'method' | 'query' | 'headers'>,
  ): string {
    const { expiresS, audience } = options;
    return this.#presigners[audience].sign({
      ...request,
      bucket: ref.bucket,
      key: ref.key,
      expiresS,
      nowMs: this.#options.clock.wallMs(),
    });
  }
}

type S3Part = Awaited<ReturnType<Client['listParts']>>[number];

// SeaweedFS lists a part that was sent again once for each time. Where the times (of whole seconds) do not tell which
// is the newest, the part counts as not arrived, so that it is sent again.
function newestOnly(same: readonly S3Part[]): api.UploadedPart[] {
  const timeOf = (part: S3Part): number => part.lastModified?.getTime() ?? 0;
  const newest = Math.max(...same.map(timeOf));
  const found = same.filter((part) => timeOf(part) === newest);
  const [first] = found;
  if (first === undefined || found.some((other) => other.etag !== first.etag)) return [];
  return [{ part: first.part, etag: first.etag.replaceAll('"', ''), sizeBytes: Number(first.size) }];
}

function hexToBase64(hex: string): string {
  return Buffer.from(hex, 'hex').toString('base64');
}

function causeCode(error: unknown): unknown {
  const cause = error instanceof Error ? error.cause : undefined;
  return (cause as { code?: unknown } | undefined)?.code;
}

const ABSENT = new Set(['NotFound', 'NoSuchKey', 'NoSuchBucket', 'NoSuchUpload']);
const BAD_REQUEST = new Set(['InvalidRange', 'InvalidPart', 'InvalidPartOrder', 'EntityTooSmall']);

/** Gives an error of the S3 client the code that its reader needs. */
async function explain<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (cause) {
    const error = cause as { code?: string; message?: string };
    const code = error.code ?? '';
    const text = `the object store answered ${code}: ${error.message ?? 'no message'}`;
    if (ABSENT.has(code)) throw new GridError('not_found', text, { cause });
    if (BAD_REQUEST.has(code)) throw new GridError('invalid_argument', text, { cause });
    if (code === 'XMinioStorageFull') throw new GridError('disk_full', text, { cause });
    throw new GridError('unavailable', text, { cause });
  }
}
