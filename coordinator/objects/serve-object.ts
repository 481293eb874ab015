import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { resolveRange, type ResolvedRange } from './byte-range.ts';
import { dispositionHeader } from './content-disposition.ts';
import { missingObject } from './object-names.ts';
import type { ObjectRef, ObjectStore } from './object-store.ts';

// A client that takes nothing for so long is gone.
const IDLE_MS = 60_000;

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

export interface ServeOptions extends Exchange {
  readonly ref: ObjectRef;
  /** The answer is an attachment of this name. */
  readonly fileName: string;
}

export interface ServeFileOptions extends Exchange {
  readonly content: ObjectRef | Uint8Array;
  /** Of the answer, with its content type. An `ETag` among them is held against the client's conditions. */
  readonly headers: Readonly<Record<string, string>>;
}

/** What is sent, and how its bytes are read. */
interface Body {
  readonly sizeBytes: number;
  read(range: ResolvedRange | undefined): Promise<Readable | Uint8Array>;
}

/** Answers GET and HEAD with the bytes of an object of any store, streamed. Throws before the first byte or not at all. */
export async function serveObject(store: ObjectStore, options: ServeOptions): Promise<void> {
  const { ref } = options;
  const stat = await store.stat(ref);
  if (stat === undefined) throw missingObject(ref);
  const headers = {
    'Content-Type': stat.contentType,
    'Content-Disposition': dispositionHeader(options.fileName, 'attachment'),
    // Uploaded bytes must never run as a page of the coordinator's origin.
    'X-Content-Type-Options': 'nosniff',
    'Content-Security-Policy': "default-src 'none'; sandbox",
  };
  await send({ sizeBytes: stat.sizeBytes, read: (range) => store.read(ref, range) }, headers, options);
}

/** The same under headers of the caller's choice: for bytes that the grid made, never for those that a user uploaded. */
export async function serveFile(store: ObjectStore, options: ServeFileOptions): Promise<void> {
  const { content, headers } = options;
  if (content instanceof Uint8Array) {
    const read = (range?: ResolvedRange) =>
      Promise.resolve(range ? content.subarray(range.start, range.endInclusive + 1) : content);
    return send({ sizeBytes: content.length, read }, headers, options);
  }
  const stat = await store.stat(content);
  if (stat === undefined) throw missingObject(content);
  await send({ sizeBytes: stat.sizeBytes, read: (range) => store.read(content, range) }, headers, options);
}

/** RFC 9110 section 13.1.2, by weak comparison. */
function isUnchanged({ headers }: IncomingMessage, etag: string | undefined): boolean {
  const known = headers['if-none-match'];
  if (known === undefined || etag === undefined) return false;
  return known.trim() === '*' || known.split(',').some((one) => one.trim().replace(/^W\//, '') === etag);
}

async function send(
  body: Body,
  headers: Readonly<Record<string, string>>,
  { request, response }: Exchange,
): Promise<void> {
  const { sizeBytes } = body;
  const etag = headers['ETag'];
  const unchanged = isUnchanged(request, etag);
  const ifRange = request.headers['if-range'];
  const asked = ifRange === undefined || ifRange === etag ? request.headers.range : undefined;
  const range = unchanged ? undefined : resolveRange(asked, sizeBytes);
  const head = unchanged || request.method === 'HEAD' || range === 'unsatisfiable' || sizeBytes === 0;
  const bytes = head ? undefined : await body.read(range);
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  response.setHeader('Accept-Ranges', 'bytes');
  if (unchanged) {
    response.statusCode = 304;
  } else if (range === 'unsatisfiable') {
    response.setHeader('Content-Range', `bytes */${sizeBytes}`);
    response.statusCode = 416;
  } else if (range !== undefined) {
    response.setHeader('Content-Range', `bytes ${range.start}-${range.endInclusive}/${sizeBytes}`);
    response.setHeader('Content-Length', range.endInclusive - range.start + 1);
    response.statusCode = 206;
  } else {
    response.setHeader('Content-Length', sizeBytes);
    response.statusCode = 200;
  }
  if (bytes === undefined || bytes instanceof Uint8Array) return void response.end(bytes);
  response.setTimeout(IDLE_MS, () => response.destroy());
  // A client that leaves is no error of ours, and the status is sent already.
  await pipeline(bytes, response).catch(() => response.destroy());
}
