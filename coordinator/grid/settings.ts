import type { SandboxStrength } from '../../shared/sandbox-strength.ts';

/** Times and limits of the grid (design section 4). All in milliseconds unless named otherwise. */
export interface GridSettings {
  readonly coordinatorId: string;
  readonly version: string;
  /** Bucket of uploads and artifacts. */
  readonly bucket: string;
  readonly heartbeatMs: number;
  readonly leaseTtlMs: number;
  /** How long before the end of the ttl an agent must have stopped (L5). */
  readonly trustMarginMs: number;
  /** What a broken stream leaves of its leases. */
  readonly graceMs: number;
  /** How long a task may wait while nobody is there who can do it; then its job fails with that (L15). */
  readonly maxWaitMs: number;
  /** The floor under the wake-ups (L7). */
  readonly pollMs: number;
  /** How often garbage is removed, and how often whatever leases left behind is looked for. */
  readonly collectEveryMs: number;
  readonly orphansEveryMs: number;
  /** How long intermediate objects of a job that succeeded or was cancelled stay; after a failure a retry needs them. */
  readonly collectAfterMs: number;
  readonly collectFailedAfterMs: number;
  /** How long an upload stays open that nobody goes on with. */
  readonly uploadExpiryMs: number;
  /** How long a preview stays after it was asked for. */
  readonly previewsKeptMs: number;
  readonly urlExpiryS: number;
  readonly maxMessageBytes: number;
  /** Agents whose sandbox is weaker are refused. */
  readonly minSandbox: SandboxStrength;
  /** Of one source that is fetched from a URL. */
  readonly maxFetchBytes: number;
  readonly maxFetchMs: number;
}

export const DEFAULT_TIMES = {
  heartbeatMs: 3_000,
  leaseTtlMs: 12_000,
  trustMarginMs: 2_000,
  graceMs: 2_000,
  maxWaitMs: 24 * 3600_000,
  pollMs: 500,
  collectEveryMs: 5_000,
  orphansEveryMs: 10 * 60_000,
  collectAfterMs: 60_000,
  collectFailedAfterMs: 7 * 24 * 3600_000,
  uploadExpiryMs: 24 * 3600_000,
  previewsKeptMs: 3600_000,
  urlExpiryS: 6 * 3600,
  maxMessageBytes: 16 * 1024 * 1024,
  minSandbox: 'none',
  maxFetchBytes: 64 * 1024 ** 3,
  maxFetchMs: 6 * 3600_000,
} as const;
