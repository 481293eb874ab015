import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { resolveRange } from './byte-range.ts';
import { attachmentHeader } from './content-disposition.ts';
import { missingObject } from './object-names.ts';
import type { ObjectRef, ObjectStore } from './object-store.ts';

// A client that takes nothing for so long is gone.
const IDLE_MS = 60_000;

export interface ServeOptions {
  readonly ref: ObjectRef;
  /** The answer is an attachment of this name. */
  readonly fileName: string;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** Answers GET and HEAD with the bytes of an object of any store, streamed. Throws before the first byte or not at all. */
export async function serveObject(store: ObjectStore, options: ServeOptions): Promise<void> {
  const { ref, request, response } = options;
  const stat = await store.stat(ref);
  if (stat === undefined) throw missingObject(ref);
  const range = resolveRange(request.headers.range, stat.sizeBytes);
  const head = request.method === 'HEAD' || range === 'unsatisfiable' || stat.sizeBytes === 0;
  const body = head ? undefined : await store.read(ref, range);
  response.setHeader('Accept-Ranges', 'bytes');
  response.setHeader('Content-Type', stat.contentType);
  response.setHeader('Content-Disposition', attachmentHeader(options.fileName));
  // Uploaded bytes must never run as a page of the coordinator's origin.
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('Content-Security-Policy', "default-src 'none'; sandbox");
  if (range === 'unsatisfiable') {
    response.setHeader('Content-Range', `bytes */${stat.sizeBytes}`);
    response.statusCode = 416;
  } else if (range !== undefined) {
    response.setHeader('Content-Range', `bytes ${range.start}-${range.endInclusive}/${stat.sizeBytes}`);
    response.setHeader('Content-Length', range.endInclusive - range.start + 1);
    response.statusCode = 206;
  } else {
    response.setHeader('Content-Length', stat.sizeBytes);
    response.statusCode = 200;
  }
  if (body === undefined) return void response.end();
  response.setTimeout(IDLE_MS, () => response.destroy());
  // A client that leaves is no error of ours, and the status is sent already.
  await pipeline(body, response).catch(() => response.destroy());
}
