import { createHash } from 'node:crypto';

export const SOURCE_NAME = 'FINALRIP_SOURCE.mkv';
export const SOURCE_VARIABLE = 'FINALRIP_SOURCE';
export const OUTPUT_NAME = 'FINALRIP_ENCODED_CLIP.mkv';

/** Object names of the contract, section 2.6. */
export const clipKey = (key: string, index: number): string => `${key}-clip-${index}.mkv`;
export const encodedClipKey = (key: string, index: number): string => `${key}-clip-encoded-${index}.mkv`;
export const resultKey = (key: string): string => `${key}-Encoded.mkv`;

const DERIVED = /^(.+?)-(?:clip-\d+|clip-encoded-\d+|Encoded)\.mkv$/su;

/** The key from which `name` would be derived, if it has the form of a derived name. */
export function derivedFrom(name: string): string | undefined {
  return DERIVED.exec(name)?.[1];
}

/** The name from which all of a family come: `a.mkv` of `a.mkv-Encoded.mkv-clip-0.mkv`. What one lock guards. */
export function rootOf(name: string): string {
  const from = derivedFrom(name);
  return from === undefined ? name : rootOf(from);
}

/** Every object name that a task with so many clips may have shown. */
export function derivedNames(key: string, clips: number): string[] {
  const indices = Array.from({ length: clips }, (_, index) => index);
  return [resultKey(key), ...indices.flatMap((index) => [clipKey(key, index), encodedClipKey(key, index)])];
}

/** Each owner has a bucket: equal keys never meet. Bucket names take few characters, so other owners are hashed. */
export function ownerBucket(base: string, ownerId: string, mainOwner: string): string {
  if (ownerId === mainOwner) return base;
  return `${base}-${createHash('sha256').update(ownerId).digest('hex').slice(0, 16)}`;
}

/** Uploads on their way in, and the sources that starts have pinned; holds no name of a client. */
export const stagingBucket = (base: string): string => `${base}-staging`;

const MAX_KEY_BYTES = 990;

/** What is wrong with a video key; undefined when nothing is. */
export function keyProblem(key: string): string | undefined {
  if (/\p{Cc}/u.test(key)) return 'it has control characters';
  if (key.includes('\uFFFD') || !key.isWellFormed()) return 'it is not valid UTF-8';
  const bytes = Buffer.byteLength(key);
  return bytes > MAX_KEY_BYTES ? `it has ${bytes} bytes, at most ${MAX_KEY_BYTES} are allowed` : undefined;
}
