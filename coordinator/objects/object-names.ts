import { GridError } from '../../shared/errors.ts';
import type { ObjectRef } from './object-store.ts';

/** S3 takes 1024 bytes; what is left is room for the endings that FinalRip adds to a client's key. */
export const MAX_KEY_BYTES = 1024;

// The rules of S3 that every server agrees on.
const BUCKET = /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/;

/** Throws `invalid_argument` for a bucket name that some S3 server would refuse. */
export function checkBucket(bucket: string): void {
  if (BUCKET.test(bucket)) return;
  throw new GridError(
    'invalid_argument',
    `bucket name ${JSON.stringify(bucket)} is not 3 to 63 lower-case letters, digits and inner hyphens`,
  );
}

/** Throws `invalid_argument` for a bucket or key that cannot name an object. */
export function checkRef(ref: ObjectRef): void {
  checkBucket(ref.bucket);
  const bytes = Buffer.byteLength(ref.key);
  if (bytes >= 1 && bytes <= MAX_KEY_BYTES && ref.key.isWellFormed()) return;
  throw new GridError(
    'invalid_argument',
    `an object key is 1 to ${MAX_KEY_BYTES} bytes of valid UTF-8; this one has ${bytes} bytes`,
  );
}

export function missingObject(ref: ObjectRef): GridError {
  return new GridError(
    'not_found',
    `there is no object ${JSON.stringify(ref.key)} in bucket ${ref.bucket}; it was never uploaded, or was removed`,
  );
}

export function existingObject(ref: ObjectRef): GridError {
  return new GridError(
    'already_exists',
    `object ${JSON.stringify(ref.key)} in bucket ${ref.bucket} exists already and this write may only create it`,
  );
}
