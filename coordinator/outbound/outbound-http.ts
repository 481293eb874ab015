import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';

export interface OutboundRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** For the whole of it, the last byte of the answer included. */
  readonly timeoutMs: number;
  /** Of the answer's body; more is `too_large`. */
  readonly maxBytes: number;
  /** How often a GET or HEAD is sent on; default 0: such an answer is an answer. Other requests never are. */
  readonly maxRedirects?: number;
  /** Fewer bytes of the body in such a time are `timeout`; the time in which nobody reads does not count. */
  readonly minRate?: { readonly bytes: number; readonly everyMs: number };
  readonly signal?: AbortSignal;
}

export interface OutboundAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** As announced; undefined: unknown. */
  readonly sizeBytes?: number;
  /** To be read to its end, or destroyed. Its errors are those of `request`. */
  readonly body: Readable;
}

/**
 * HTTP to addresses that users or settings name. Errors (`GridError`), whose messages tell of the address no more than
 * its scheme, host and port: `invalid_argument` (no URL that may be asked), `permission_denied` (private address, plain
 * HTTP), `unavailable` (not to be reached), `timeout`, `too_large`, `unprocessable` (not the bytes that were announced),
 * `cancelled`.
 */
export interface OutboundHttp {
  /** Throws for what `request` would refuse by its text alone. Returns scheme, host and port. */
  checkUrl(url: string): string;
  request(request: OutboundRequest): Promise<OutboundAnswer>;
}
