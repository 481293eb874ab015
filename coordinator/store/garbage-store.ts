/** Something in the object store that no row names any more. */
export interface GarbageRef {
  readonly bucket: string;
  readonly key: string;
  /** Set for a multipart upload that was never completed: it is aborted, and what may lie at the key is removed. */
  readonly multipartId?: string;
}

export interface Garbage {
  readonly id: number;
  readonly refs: readonly GarbageRef[];
}

export interface CollectOptions {
  /** How long intermediate objects stay after a job succeeded or was cancelled. */
  readonly endedMs: number;
  /** The same after it failed: until then a retry goes on from what was committed. */
  readonly failedMs: number;
  readonly limit: number;
}

/**
 * What may be removed from the object store. Whatever makes an object unwanted writes it down in the same transaction,
 * and the line goes only after the object: a crash at any point leaves work, never a leak.
 */
export interface GarbageStore {
  /** Marks ended jobs as collected and their objects, but the result, as garbage. Returns the number of jobs. */
  collectJobs(options: CollectOptions): Promise<number>;
  /** The same for clips that were cut to be looked at after that, once they are `failedMs` old. Returns their number. */
  collectClips(options: CollectOptions): Promise<number>;
  /** Removes previews that were asked for `ageMs` ago. Returns their number. */
  removePreviews(ageMs: number, limit: number): Promise<number>;
  /** Gives up open uploads that nobody touched for `idleMs`. Returns their number. */
  expireUploads(idleMs: number, limit: number): Promise<number>;
  /** The oldest lines. */
  garbage(limit: number): Promise<Garbage[]>;
  /** Forgets a line, once its objects are gone. */
  drop(id: number): Promise<void>;
  /** Of the given keys of the grid, those whose lease can commit no more and which no row names. */
  orphans(keys: readonly string[]): Promise<string[]>;
}
