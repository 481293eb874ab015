import type { DeliveryView } from '../domain/delivery.ts';
import type { Transaction } from '../store/transaction.ts';
import type { UploadView } from './face.ts';

/** How a source is fetched. */
export interface FetchOptions {
  readonly ownerId: string;
  /** What people call the upload; default: the last part of the URL's path. */
  readonly name?: string;
  /** Less than the operator's limits. */
  readonly maxBytes?: number;
  readonly maxS?: number;
  readonly signal?: AbortSignal;
  /** Often; `sizeBytes` as the server announced it. */
  onProgress?(bytes: number, sizeBytes: number | undefined): void;
}

/** Sources that are fetched from a URL of a user. */
export interface FetchesFace {
  /**
   * Streams it into the object store, a few at once, and resolves to a complete upload of that owner, which lives as any
   * upload does. A coordinator that dies meanwhile leaves nothing: whoever asked must ask again. Errors, whose messages
   * hold no more of the URL than scheme, host and port: `invalid_argument`, `permission_denied` (a private address),
   * `source_missing` (404, 410), `source_unreadable` (any other answer than 200), `too_large`, `timeout` (too slow, or
   * all in all), `unprocessable` (not the bytes that were announced, or none), `unavailable`, `cancelled`. Those that are
   * the URL's, and not ours, have `details.field` `url`; `retryable` says whether it may be asked again.
   */
  fetch(url: string, options: FetchOptions): Promise<UploadView>;
}

/** A POST to an address of a user or an operator. Address, headers and secrets are kept sealed, and in no log. */
export interface WebhookInput {
  readonly ownerId: string;
  readonly url: string;
  /** At most 256 KiB. */
  readonly body: string;
  /** Besides `content-type: application/json`, which may be given otherwise. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Signs it (Standard Webhooks: `webhook-signature`); `whsec_` and base64, or any text. */
  readonly secret?: string;
  /** POSTed first, as JSON: the text in that field of its answer goes along as `authorization: Bearer`. */
  readonly signIn?: { readonly url: string; readonly body: string; readonly tokenField: string };
  /** An answer that is no JSON is a failure, too. */
  readonly expectJson?: boolean;
  /** 1 to 30, default 12: with the pauses between them about 40 minutes. */
  readonly maxAttempts?: number;
}

/**
 * Requests to others, from an outbox: at least once, each with the same `webhook-id` in all its attempts. Any answer but
 * 2xx within 10 s is a failure, and tried again after a while; a private address is one for good.
 */
export interface WebhooksFace {
  /**
   * Sent when the transaction is committed. Resolves to its id. `invalid_argument` for no https URL, or headers that cannot
   * be sent, `permission_denied` for an address that can be told to be forbidden by its text.
   */
  enqueue(input: WebhookInput, tx?: Transaction): Promise<string>;
  /** Throws for an address that `enqueue` refuses: no URL of HTTP, a literal private address, plain HTTP where none is allowed. */
  checkUrl(url: string): void;
  /** What became of it; told for 30 days after its end. */
  get(deliveryId: string): Promise<DeliveryView>;
}
