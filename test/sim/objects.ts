import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { GridError } from '../../shared/errors.ts';
import type { ObjectRef, ObjectStat, ObjectStore } from '../../coordinator/objects/object-store.ts';
import type { SimProcess, World } from './world.ts';
import type { Random } from './random.ts';

export function digest(algorithm: 'sha256' | 'md5', bytes: Buffer): string {
  return createHash(algorithm).update(bytes).digest('hex');
}

export interface ObjectFaults {
  /** Probability that a request fails. */
  errors: number;
  /** Longest time of a request, in milliseconds. */
  slowMs: number;
}

/** Objects in memory: like an S3 server, a PUT appears whole or not at all, and digests other than md5 are not known. */
export class SimObjects {
  readonly bytes = new Map<string, Buffer>();
  readonly faults: ObjectFaults = { errors: 0, slowMs: 20 };
  /** Keys whose bytes were replaced by others. */
  readonly overwritten: string[] = [];
  readonly #world: World;
  readonly #random: Random;

  constructor(world: World, random: Random) {
    this.#world = world;
    this.#random = random;
  }

  put(key: string, bytes: Buffer): void {
    const old = this.bytes.get(key);
    if (old !== undefined && !old.equals(bytes)) this.overwritten.push(key);
    this.bytes.set(key, bytes);
  }

  /** A request of a process; a failing write may have happened all the same. */
  request<T>(from: SimProcess, act: () => T): Promise<T> {
    const { errors, slowMs } = this.faults;
    const fails = this.#random.chance(errors);
    const happens = !fails || this.#random.chance(0.3);
    return new Promise((resolve, reject) => {
      this.#world.at(this.#random.whole(1, slowMs), () => {
        try {
          const result = happens ? act() : undefined;
          from.run(() =>
            fails ? reject(new GridError('unavailable', 'the object store failed')) : resolve(result as T),
          );
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
      signPut: ({ key }) => Promise.resolve({ url: key, headers: {} }),
      read: (ref) => request(() => Readable.from([this.#need(ref)])),
      write: unused,
      copy: (from, to) => request(() => this.put(to.key, this.#need(from))),
      remove: (refs) =>
        request(() => {
          for (const { key } of refs) this.bytes.delete(key);
        }),
      async *list() {},
      startMultipart: unused,
      signPart: unused,
      listParts: unused,
      completeMultipart: unused,
      abortMultipart: unused,
      health: () => Promise.resolve(),
    };
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
