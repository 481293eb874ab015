import { assert } from '../../shared/errors.ts';
import { isUuid } from '../../shared/ids.ts';

const SHA256_HEX = /^[0-9a-f]{64}$/;

export interface IncomingKeyParts {
  readonly taskId: string;
  readonly epoch: number;
  readonly leaseId: string;
  /** Hex digest of the bytes the agent announced. */
  readonly sha256: string;
}

/**
 * Where an agent's upload lands. Epoch, lease id and content hash are in the key, so that a late upload of a superseded
 * lease can never land on what a newer lease wrote (L6).
 */
export function incomingKey(parts: IncomingKeyParts): string {
  assert(isUuid(parts.taskId) && isUuid(parts.leaseId), 'task id and lease id are lower-case UUIDs');
  assert(Number.isSafeInteger(parts.epoch) && parts.epoch >= 0, 'an epoch is a non-negative integer');
  assert(SHA256_HEX.test(parts.sha256), 'a sha256 is 64 lower-case hex digits');
  return `${incomingPrefix(parts.taskId)}${parts.epoch}-${parts.leaseId}/${parts.sha256}`;
}

/** All uploads for a task, of every lease; what is collected once the task is over. */
export function incomingPrefix(taskId: string): string {
  assert(isUuid(taskId), 'a task id is a lower-case UUID');
  return `incoming/${taskId}/`;
}

/** Where committed bytes of a job live. No URL for writing is ever signed for such a key. */
export function artifactKey(jobId: string, sha256: string): string {
  assert(SHA256_HEX.test(sha256), 'a sha256 is 64 lower-case hex digits');
  return `${artifactPrefix(jobId)}${sha256}`;
}

/** All artifacts of a job. */
export function artifactPrefix(jobId: string): string {
  assert(isUuid(jobId), 'a job id is a lower-case UUID');
  return `artifacts/${jobId}/`;
}

/** Where a user's upload lands. */
export function sourceKey(uploadId: string): string {
  assert(isUuid(uploadId), 'an upload id is a lower-case UUID');
  return `sources/${uploadId}`;
}
