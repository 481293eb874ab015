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

export interface ArtifactKeyParts {
  readonly jobId: string;
  readonly taskId: string;
  readonly epoch: number;
  readonly sha256: string;
}

/**
 * Where committed bytes of a job live. No URL for writing is ever signed for such a key, and no two leases share one: what
 * one of them leaves behind can be removed while the same bytes of another stay.
 */
export function artifactKey({ jobId, taskId, epoch, sha256 }: ArtifactKeyParts): string {
  assert(isUuid(taskId), 'a task id is a lower-case UUID');
  assert(Number.isSafeInteger(epoch) && epoch >= 0, 'an epoch is a non-negative integer');
  assert(SHA256_HEX.test(sha256), 'a sha256 is 64 lower-case hex digits');
  return `${artifactPrefix(jobId)}${taskId}-${epoch}/${sha256}`;
}

/** All artifacts of a job. */
export function artifactPrefix(jobId: string): string {
  assert(isUuid(jobId), 'a job id is a lower-case UUID');
  return `artifacts/${jobId}/`;
}

/** Prefixes of all keys that hold the fence of a lease. */
export const LEASE_PREFIXES = ['incoming/', 'artifacts/'] as const;

const INCOMING = /^incoming\/([0-9a-f-]{36})\/(\d{1,9})-([0-9a-f-]{36})\/[0-9a-f]{64}$/;
const ARTIFACT = /^artifacts\/[0-9a-f-]{36}\/([0-9a-f-]{36})-(\d{1,9})\/[0-9a-f]{64}$/;

/** The fence in a key of `incomingKey` (with lease id) or `artifactKey` (without); undefined for any other key. */
export function parseLeaseKey(key: string): { taskId: string; epoch: number; leaseId?: string } | undefined {
  const [, taskId, epoch, leaseId] = INCOMING.exec(key) ?? ARTIFACT.exec(key) ?? [];
  if (taskId === undefined || !isUuid(taskId)) return undefined;
  if (leaseId !== undefined && !isUuid(leaseId)) return undefined;
  return { taskId, epoch: Number(epoch), ...(leaseId === undefined ? {} : { leaseId }) };
}

const SOURCES = 'sources/';

/** Where a user's upload lands. */
export function sourceKey(uploadId: string): string {
  assert(isUuid(uploadId), 'an upload id is a lower-case UUID');
  return `${SOURCES}${uploadId}`;
}

/** The upload whose bytes a key of `sourceKey` names; undefined for any other key. */
export function uploadOfKey(key: string): string | undefined {
  const uploadId = key.startsWith(SOURCES) ? key.slice(SOURCES.length) : '';
  return isUuid(uploadId) ? uploadId : undefined;
}
