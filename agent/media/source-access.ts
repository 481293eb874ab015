import type { GridError } from '../../shared/errors.ts';
import type { ObjectInput } from '../../shared/gen/clipgrid/v1/task.ts';
import type { ByteRange } from './upstream.ts';

/** A source or artifact opened for tools: a loopback URL that serves ranges, and what was fetched so far. */
export interface OpenSource {
  /** http://127.0.0.1:port/... ; only good while open. Answers GET and HEAD with Range. */
  readonly url: string;
  readonly sizeBytes: number;
  /** The bytes of a range, in order. Those of `cached` ranges are kept for other opens of the same object. */
  read(range: ByteRange, options?: { readonly cached?: boolean }): AsyncIterable<Uint8Array>;
  /** Bytes that really came over the network for this source since it was opened. */
  fetchedBytes(): number;
  /** Why the upstream failed, when it did: a tool only sees a cut connection. */
  failure(): GridError | undefined;
  close(): Promise<void>;
}

/** Reads objects by signed URL: ranges through a small block cache, or whole files with their hash checked. */
export interface SourceAccess {
  open(input: ObjectInput, signal: AbortSignal): Promise<OpenSource>;
  /** Downloads everything to `path` with resume on broken connections; checks size and, if known, SHA-256. */
  download(input: ObjectInput, path: string, signal: AbortSignal): Promise<void>;
}
