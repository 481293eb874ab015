export type DeliveryState = 'pending' | 'delivered' | 'failed';

/** What became of a webhook. */
export interface DeliveryView {
  readonly deliveryId: string;
  readonly ownerId: string;
  /** Scheme, host and port of its address. */
  readonly origin: string;
  readonly state: DeliveryState;
  /** Those that failed, and the one that did not. */
  readonly attempts: number;
  readonly maxAttempts: number;
  /** Of the last answer. */
  readonly lastStatus?: number;
  /** Why the last attempt failed, for people; holds no secret. */
  readonly lastError?: string;
  readonly createdAt: Date;
  readonly finishedAt?: Date;
}
