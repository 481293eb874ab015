import type { Readable } from 'node:stream';

/** Names one object. A key is any text of 1 to 990 bytes of UTF-8; it is never used as a path. */
export interface ObjectRef {
  readonly bucket: string;
  readonly key: string;
}

/** What the store knows of an object. Digests are lower-case hex, and absent where the store does not tell. */
export interface ObjectStat {
  readonly sizeBytes: number;
  readonly md5?: string;
  readonly sha256?: string;
  readonly contentType: string;
  readonly modifiedMs: number;
}

/** Whose network a URL is for: a browser or command line outside (`public`), or an agent (`internal`). */
export type Audience = 'public' | 'internal';

export interface SignGetOptions {
  readonly expiresS: number;
  readonly audience: Audience;
  /** When given, the answer is a file of this name, any text, to be saved; or to be shown, where `inline` is true. */
  readonly fileName?: string;
  readonly inline?: boolean;
  /** Told in place of the one that the object was written with. */
  readonly contentType?: string;
}

export interface SignPutOptions {
  readonly expiresS: number;
  readonly audience: Audience;
  /** Refuse (412) when the object exists already, where the store can. See `ObjectStore.createOnly`. */
  readonly createOnly: boolean;
  /** The exact size in bytes; any other is refused. */
  readonly sizeBytes?: number;
  /** Upper limit in bytes, where the exact size is not known. Stores other than the folder ignore it. */
  readonly maxBytes?: number;
  /** Hex digests of the only bytes that are taken. */
  readonly md5?: string;
  readonly sha256?: string;
  readonly contentType?: string;
}

/** A request for a client to send; it must send exactly these headers (besides those of its HTTP library). */
export interface SignedRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface WriteOptions {
  readonly contentType: string;
  /** Fail with `already_exists` when the object exists. */
  readonly createOnly: boolean;
}

/** Bytes `start` to `endInclusive`, counted from 0; without `endInclusive`, to the end. */
export interface ByteRange {
  readonly start: number;
  readonly endInclusive?: number;
}

export interface ListedObject {
  readonly key: string;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
}

/** An upload in parts, numbered from 1. `uploadId` is the store's and opaque. */
export interface MultipartRef extends ObjectRef {
  readonly uploadId: string;
}

export interface SignPartOptions {
  readonly part: number;
  readonly expiresS: number;
  readonly audience: Audience;
}

/** A part that has arrived. `etag` is what completing it needs. */
export interface UploadedPart {
  readonly part: number;
  readonly etag: string;
  readonly sizeBytes: number;
}

/**
 * Where bytes live. Buckets are private: all access from outside is by signed URL for one object with an expiry.
 *
 * Errors (`GridError`): `not_found` (no such object or upload), `already_exists` (create-only), `disk_full`,
 * `digest_mismatch`, `unavailable` (the store does not answer), `invalid_argument` (bad bucket, key or range).
 */
export interface ObjectStore {
  /**
   * Whether `createOnly` of a signed PUT is enforced by the store. Where false, whoever commits must check size and
   * digest and publish by `copy` to a key that was never signed for writing.
   */
  readonly createOnly: boolean;
  /** Makes a private bucket unless it exists; sets CORS for PUT and GET from browsers where the store allows it. */
  ensureBucket(bucket: string): Promise<void>;
  /** Undefined when there is no such object. */
  stat(ref: ObjectRef): Promise<ObjectStat | undefined>;
  signGet(ref: ObjectRef, options: SignGetOptions): Promise<string>;
  signPut(ref: ObjectRef, options: SignPutOptions): Promise<SignedRequest>;
  /** The bytes, streamed. The caller must consume or destroy the stream. */
  read(ref: ObjectRef, range?: ByteRange): Promise<Readable>;
  /** Streams `body` into the object, which appears whole or not at all. */
  write(ref: ObjectRef, body: Readable | Uint8Array, options: WriteOptions): Promise<ObjectStat>;
  /** Copies within the store, without the bytes passing through this process; replaces `to`. */
  copy(from: ObjectRef, to: ObjectRef): Promise<void>;
  /** Removes objects; those that are absent are no error. */
  remove(refs: readonly ObjectRef[]): Promise<void>;
  /** Objects whose key starts with `prefix`, in no promised order. */
  list(bucket: string, prefix: string): AsyncIterable<ListedObject>;
  startMultipart(ref: ObjectRef, contentType: string): Promise<MultipartRef>;
  /** Signs the PUT of one part. A part may be sent again; the last one counts. All but the last: at least 5 MiB. */
  signPart(upload: MultipartRef, options: SignPartOptions): Promise<SignedRequest>;
  /** Parts that have arrived, by number: how a client resumes. */
  listParts(upload: MultipartRef): Promise<UploadedPart[]>;
  /** Joins the given parts in order and publishes them as the object. */
  completeMultipart(upload: MultipartRef, parts: readonly UploadedPart[]): Promise<ObjectStat>;
  /** Forgets an upload and its parts; an unknown one is no error. */
  abortMultipart(upload: MultipartRef): Promise<void>;
  /** Resolves when the store can be used; else throws `unavailable` or `disk_full`. */
  health(): Promise<void>;
}
