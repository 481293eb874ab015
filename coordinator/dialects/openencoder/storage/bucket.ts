import type { Readable } from 'node:stream';
import { Client } from 'minio';
import type { Clock } from '../../../../shared/clock.ts';
import { GridError } from '../../../../shared/errors.ts';
import { whileWhole } from '../../../../shared/while-whole.ts';
import type { BucketAddress } from './bucket-address.ts';

export interface StoredFile {
  readonly key: string;
  readonly sizeBytes: number;
}

export interface Listing {
  readonly folders: readonly string[];
  readonly files: readonly StoredFile[];
}

/** A store that has not answered a short question by then is away. */
const ANSWER_WITHIN_MS = 15_000;
/** Of one upload; 10,000 make 160 GB. It is also what an upload holds in memory. */
const PART_BYTES = 16 * 1024 * 1024;
/** A listing longer than this is no use to a person, and would not fit in memory. */
const MAX_LISTED = 100_000;
const ABSENT = new Set(['NotFound', 'NoSuchKey']);

/** Why the store did not do it; `retryable` tells a store that is away from one that refuses. */
function explained(thrown: unknown, bucket: string): GridError {
  const { code = '', message = '' } = thrown as { code?: string; message?: string };
  const isRefusal =
    /^(AccessDenied|NoSuchBucket|InvalidAccessKeyId|SignatureDoesNotMatch|AllAccessDisabled|QuotaExceeded|EntityTooLarge|InvalidBucketName|AuthorizationHeaderMalformed)$/.test(
      code,
    );
  const text = `the object store of the bucket ${bucket} answered ${code || 'nothing'}: ${message}`;
  return new GridError('unavailable', text, { cause: thrown, retryable: !isRefusal });
}

/** One bucket of the operator's object store. Errors are `unavailable`, with what the store said. */
export class Bucket {
  readonly #address: BucketAddress;
  readonly #client: Client;
  readonly #clock: Clock;

  constructor(address: BucketAddress, clock: Clock) {
    const { host, port, useTls, region, accessKey, secretKey, pathStyle } = address;
    this.#address = address;
    this.#clock = clock;
    this.#client = new Client({
      endPoint: host,
      ...(port === undefined ? {} : { port }),
      useSSL: useTls,
      region,
      accessKey,
      secretKey,
      pathStyle,
      partSize: PART_BYTES,
    });
  }

  get name(): string {
    return this.#address.bucket;
  }

  /** One level below a prefix, all pages of it. Folders end in a slash. */
  async list(prefix: string): Promise<Listing> {
    const folders: string[] = [];
    const files: StoredFile[] = [];
    const stream = this.#client.listObjectsV2(this.name, prefix, false);
    const read = async (): Promise<void> => {
      for await (const item of stream) {
        if (item.prefix !== undefined) folders.push(item.prefix);
        else if (item.name !== undefined) files.push({ key: item.name, sizeBytes: item.size });
        if (folders.length + files.length >= MAX_LISTED) break;
      }
    };
    await this.#within(read());
    return { folders: folders.toSorted(), files };
  }

  /** Undefined when there is no such object. */
  async stat(key: string): Promise<StoredFile | undefined> {
    try {
      const { size } = await this.#within(this.#client.statObject(this.name, key));
      return { key, sizeBytes: size };
    } catch (error) {
      const { code = '' } = ((error as GridError).cause ?? {}) as { code?: string };
      if (ABSENT.has(code)) return undefined;
      throw error;
    }
  }

  /** The bytes; the caller consumes or destroys the stream. */
  async read(key: string): Promise<Readable> {
    return this.#within(this.#client.getObject(this.name, key));
  }

  /** Streams into the object, and asks the store for what it has then. */
  async write(key: string, body: Readable, sizeBytes: number): Promise<void> {
    const put = async (): Promise<unknown> => {
      try {
        return await this.#client.putObject(this.name, key, body, sizeBytes);
      } catch (error) {
        throw explained(error, this.name);
      }
    };
    try {
      await whileWhole(body, put);
    } catch (error) {
      // Parts that were sent cost their space until somebody finds them.
      await this.#within(this.#client.removeIncompleteUpload(this.name, key)).catch(() => undefined);
      throw error;
    } finally {
      body.destroy();
    }
    const stored = await this.stat(key);
    if (stored?.sizeBytes !== sizeBytes)
      throw new GridError(
        'unavailable',
        `the object ${key} is not in the bucket ${this.name} after its upload`,
      );
  }

  /** Those that are absent are no error. */
  async remove(keys: readonly string[]): Promise<void> {
    for (const key of keys) await this.#within(this.#client.removeObject(this.name, key));
  }

  #within<T>(answer: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = this.#clock.after(ANSWER_WITHIN_MS, () =>
        reject(explained({ message: `no answer for ${ANSWER_WITHIN_MS / 1000} s` }, this.name)),
      );
      answer
        .then(resolve, (error: unknown) => reject(explained(error, this.name)))
        .finally(() => timer.cancel());
    });
  }
}
