import { hash } from 'node:crypto';
import { Readable } from 'node:stream';
import { GridError } from '../../shared/errors.ts';
import type { ObjectRef, ObjectStat, ObjectStore } from '../../coordinator/objects/object-store.ts';
import type { SimProcess, World } from './world.ts';
import type { Random } from './random.ts';

export function digest(algorithm: 'sha256' | 'md5', bytes: Buffer): string {
  return hash(algorithm, bytes, 'hex');
}

export interface ObjectFaults {
  /** Probability that a request fails. */
  errors: number;
  /** Longest time of a request, in milliseconds. */
  slowMs: number;
  /** Probability that an upload leaves only its beginning, or takes longer than its client waits. */
  partial: number;
  slowWrites: number;
}

/** An agent does not wait longer for an upload. */
const UPLOAD_WITHIN_MS = 8_000;
const HAPPENS_THOUGH_FAILED = 0.3;

/** Objects in memory: like an S3 server, digests other than md5 are not known; unlike one, a write may be cut short. */
export class SimObjects {
  readonly bytes = new Map<string, Buffer>();
  readonly faults: ObjectFaults = { errors: 0, slowMs: 20, partial: 0, slowWrites: 0 };
  /** Keys for which a URL for writing was ever signed. */
  readonly signedForWriting = new Set<string>();
  /** Keys of which the bytes were replaced by others, or removed. */
  readonly changed: string[] = [];
  readonly #world: World;
  readonly #random: Random;

  constructor(world: World, random: Random) {
    this.#world = world;
    this.#random = random;
  }

  put(key: string, bytes: Buffer): void {
    const old = this.bytes.get(key);
    if (old !== undefined && !old.equals(bytes)) this.changed.push(key);
    this.bytes.set(key, bytes);
  }

  /** A PUT of an agent to a URL it was given. `readyMs`: how long it takes to get there. */
  upload(from: SimProcess, { key, bytes }: { key: string; bytes: Buffer }, readyMs: number): Promise<void> {
    const random = this.#random;
    const { slowWrites, partial } = this.faults;
    if (random.chance(partial)) {
      this.#world.did('a write was cut short');
      const half = bytes.subarray(0, bytes.length >> 1);
      return this.#later(from, readyMs + random.whole(1, 2_000), () => {
        this.put(key, half);
        throw new GridError('unavailable', 'the object store was full');
      });
    }
    if (!random.chance(slowWrites)) return this.request(from, () => this.put(key, bytes), readyMs);
    this.#world.did('a write was slow');
    const takesMs = readyMs + random.whole(2_000, 20_000);
    this.#world.at(takesMs, () => this.put(key, bytes));
    if (takesMs <= UPLOAD_WITHIN_MS) return this.#later(from, takesMs, () => undefined);
    return this.#later(from, UPLOAD_WITHIN_MS, () => {
      throw new GridError('timeout', 'the upload took too long');
    });
  }

  /** A request of a process; a failing write may have happened all the same. */
  request<T>(from: SimProcess, act: () => T, readyMs = 0): Promise<T> {
    const { errors, slowMs } = this.faults;
    const fails = this.#random.chance(errors);
    const happens = !fails || this.#random.chance(HAPPENS_THOUGH_FAILED);
    if (fails) this.#world.did('an object request failed');
    if (fails && happens) this.#world.did('a failed object request had happened');
    return this.#later(from, readyMs + this.#random.whole(1, slowMs), () => {
      const result = happens ? act() : undefined;
      if (fails) throw new GridError('unavailable', 'the object store failed');
      return result as T;
    });
  }

  #later<T>(from: SimProcess, delayMs: number, act: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#world.at(delayMs, () => {
        try {
          const result = act();
          from.run(() => resolve(result));
        } catch (error) {
          from.run(() => reject(error as Error));
        }
      });
    });
  }

  /** The store as one coordinator sees it. Uploads of people and the collector are not simulated. */
  seenFrom(process: SimProcess): ObjectStore {
    const request = <T>(act: () => T): Promise<T> => this.request(process, act);
    const unused = (): never => {
      throw new GridError('unsupported', 'the simulation has no uploads in parts');
    };
    return {
      createOnly: false,
      ensureBucket: () => Promise.resolve(),
      stat: (ref) => request(() => this.#stat(ref)),
      signGet: ({ key }) => Promise.resolve(`get:${key}`),
      signPut: ({ key }) => {
        this.signedForWriting.add(key);
        return Promise.resolve({ url: key, headers: {} });
      },
      read: (ref) => request(() => Readable.from([this.#need(ref)])),
      write: unused,
      copy: (from, to) => this.request(process, () => this.put(to.key, this.#need(from)), this.#slowCopyMs()),
      remove: (refs) => request(() => this.#remove(refs)),
      async *list() {},
      startMultipart: unused,
      signPart: unused,
      listParts: unused,
      completeMultipart: unused,
      abortMultipart: unused,
      health: () => Promise.resolve(),
    };
  }

  #slowCopyMs(): number {
    if (!this.#random.chance(this.faults.slowWrites)) return 0;
    this.#world.did('a write was slow');
    return this.#random.whole(1_000, 10_000);
  }

  #remove(refs: readonly ObjectRef[]): void {
    for (const { key } of refs) if (this.bytes.delete(key)) this.changed.push(key);
  }

  #need({ key }: ObjectRef): Buffer {
    const bytes = this.bytes.get(key);
    if (bytes === undefined) throw new GridError('not_found', `there is no object ${key}`);
    return bytes;
  }

  #stat({ key }: ObjectRef): ObjectStat | undefined {
    const bytes = this.bytes.get(key);
    if (bytes === undefined) return undefined;
    const about = { contentType: 'application/octet-stream', modifiedMs: 0 };
    return { ...about, sizeBytes: bytes.length, md5: digest('md5', bytes) };
  }
}
