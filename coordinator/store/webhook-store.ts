import type { DeliveryView } from '../domain/delivery.ts';
import type { Transaction } from './transaction.ts';

export interface NewDelivery {
  readonly deliveryId: string;
  readonly ownerId: string;
  readonly origin: string;
  readonly sealed: string;
  readonly body: Buffer;
  readonly maxAttempts: number;
}

/** One that is ours to send until its claim runs out. */
export interface ClaimedDelivery extends NewDelivery {
  readonly claimId: string;
  /** That failed so far. */
  readonly attempts: number;
  /** How often it was claimed, this time included. */
  readonly claims: number;
}

export interface ClaimRef {
  readonly deliveryId: string;
  readonly claimId: string;
}

export interface FailedAttempt {
  readonly status: number | undefined;
  readonly error: string;
  /** When it may be tried again; undefined: never. */
  readonly againMs: number | undefined;
}

/** The outbox. Times are the database's; what was claimed by somebody else meanwhile is left as it is. */
export interface WebhookStore {
  put(delivery: NewDelivery, tx?: Transaction): Promise<void>;
  /** Undefined: there is none. */
  get(deliveryId: string): Promise<DeliveryView | undefined>;
  /** Those that are due, the longest first; nobody else is given them for `leaseMs`. */
  claim(options: {
    readonly claimId: string;
    readonly limit: number;
    readonly leaseMs: number;
  }): Promise<ClaimedDelivery[]>;
  delivered(ref: ClaimRef, status: number): Promise<void>;
  failed(ref: ClaimRef, attempt: FailedAttempt): Promise<void>;
  /** Gives it back as if it had not been claimed. */
  release(ref: ClaimRef): Promise<void>;
  /** Forgets those that ended longer ago. */
  prune(olderThanMs: number): Promise<void>;
}
