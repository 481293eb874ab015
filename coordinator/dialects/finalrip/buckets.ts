import type { ObjectStore } from '../../objects/object-store.ts';
import { ownerBucket, stagingBucket } from './names.ts';
import { MAIN_OWNER } from './settings.ts';

/** The buckets of owners, made when first needed. */
export class Buckets {
  readonly staging: string;
  readonly #base: string;
  readonly #objects: Pick<ObjectStore, 'ensureBucket'>;
  readonly #made = new Map<string, Promise<void>>();

  constructor(base: string, objects: Pick<ObjectStore, 'ensureBucket'>) {
    this.#base = base;
    this.#objects = objects;
    this.staging = stagingBucket(base);
  }

  /** Makes those that every coordinator needs. */
  async prepare(): Promise<void> {
    await this.#objects.ensureBucket(this.staging);
    await this.of(MAIN_OWNER);
  }

  async of(ownerId: string): Promise<string> {
    const bucket = ownerBucket(this.#base, ownerId, MAIN_OWNER);
    let made = this.#made.get(bucket);
    if (made === undefined) {
      made = this.#objects.ensureBucket(bucket);
      this.#made.set(bucket, made);
      made.catch(() => this.#made.delete(bucket));
    }
    await made;
    return bucket;
  }
}
