import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { Clock } from '../../shared/clock.ts';
import { assert, ERROR_CODES, GridError, toGridError } from '../../shared/errors.ts';
import type { Logger } from '../../shared/logger.ts';
import { resolveRange, type ResolvedRange } from './byte-range.ts';
import { dispositionHeader } from './content-disposition.ts';
import type { ObjectEntry } from './folder-index.ts';
import type { FolderStore } from './folder.ts';
import type { UrlClaims } from './signed-token.ts';

// A client that sends nothing for so long is gone; the whole upload may take as long as it likes.
const IDLE_MS = 60_000;
// After a refusal: how much of the body is still read, so that the client gets to see the answer.
const MAX_DRAIN_BYTES = 16 * 1024 * 1024;

/**
 * Serves the signed URLs of a folder store; needs no framework. The last segment of the path is the token, so that it
 * may be mounted anywhere. The HTTP server must have `requestTimeout = 0`, or Node ends uploads after five minutes.
 */
export class FolderHttp {
  readonly #store: FolderStore;
  readonly #clock: Clock;
  readonly #logger: Logger;

  constructor(options: { store: FolderStore; clock: Clock; logger: Logger }) {
    this.#store = options.store;
    this.#clock = options.clock;
    this.#logger = options.logger;
  }

  /** Answers the request, always; never rejects. */
  readonly handle = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    allowOrigins(res);
    try {
      if (req.method === 'OPTIONS') return answerPreflight(req, res);
      const claims = this.#claims(req);
      if (claims.method === 'GET') await this.#get(claims, req, res);
      else await this.#put(claims, req, res);
    } catch (error) {
      this.#refuse(req, res, error);
    }
  };

  #claims(req: IncomingMessage): UrlClaims {
    const path = (req.url ?? '').split('?', 1)[0] ?? '';
    const claims = this.#store.signer.verify(path.slice(path.lastIndexOf('/') + 1), this.#clock.wallMs());
    const allowed = claims.method === 'GET' ? ['GET', 'HEAD'] : ['PUT'];
    if (!allowed.includes(req.method ?? '')) {
      throw new GridError(
        'permission_denied',
        `this URL was signed for ${allowed.join(' and ')}, not for ${req.method ?? 'nothing'}`,
      );
    }
    return claims;
  }

  async #get(claims: UrlClaims, req: IncomingMessage, res: ServerResponse): Promise<void> {
    let range: ResolvedRange | 'unsatisfiable' | undefined;
    const { entry, stream } = await this.#store.open(claims, (found) => {
      range = wantedRange(req, found);
      return range === 'unsatisfiable' ? undefined : range;
    });
    describe(res, entry, claims);
    if (range === 'unsatisfiable' || isUnchanged(req, entry) || req.method === 'HEAD') {
      stream.destroy();
      return answerWithoutBody(req, res, { entry, range });
    }
    if (range !== undefined) setContentRange(res, range, entry.sizeBytes);
    res.statusCode = range === undefined ? 200 : 206;
    res.setHeader('Content-Length', lengthOf(range, entry));
    res.setTimeout(IDLE_MS, () => res.destroy());
    // A client that leaves is no error of ours, and the status is sent already.
    await pipeline(stream, res).catch(() => res.destroy());
  }

  async #put(claims: UrlClaims, req: IncomingMessage, res: ServerResponse): Promise<void> {
    req.setTimeout(IDLE_MS, () => req.destroy());
    checkAnnounced(claims, req.headers['content-length']);
    // Not ending the request when reading stops early is what lets a refusal reach the client.
    const body = req.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>;
    const md5 = await this.#receive(claims, req, body);
    res.statusCode = 200;
    res.setHeader('ETag', `"${md5}"`);
    res.setHeader('Content-Length', 0);
    res.end();
  }

  async #receive(claims: UrlClaims, req: IncomingMessage, body: AsyncIterable<Uint8Array>): Promise<string> {
    if (claims.method === 'PART') {
      assert(claims.uploadId !== undefined && claims.part !== undefined, 'a part URL names upload and part');
      const upload = { bucket: claims.bucket, key: claims.key, uploadId: claims.uploadId };
      return (await this.#store.receivePart(upload, claims.part, body)).md5;
    }
    const stat = await this.#store.receive(claims, body, {
      ...claims,
      createOnly: claims.createOnly ?? false,
      contentType: claims.contentType ?? req.headers['content-type'] ?? 'application/octet-stream',
    });
    assert(stat.md5 !== undefined, 'the folder store tells the md5 of what it stored');
    return stat.md5;
  }

  #refuse(req: IncomingMessage, res: ServerResponse, thrown: unknown): void {
    const error = toGridError(thrown);
    if (req.destroyed && !req.complete) {
      this.#logger.info({ code: 'cancelled' }, 'upload ended early; nothing was stored');
      return;
    }
    const { level } = ERROR_CODES[error.code];
    this.#logger[level]({ err: error }, 'object request refused');
    if (res.headersSent) return void res.destroy();
    res.statusCode = statusOf(error);
    // What went wrong inside is for the log only.
    const text = error.code === 'internal' ? 'internal error; see the log of the coordinator' : error.message;
    for (const name of ['ETag', 'Content-Disposition', 'Last-Modified']) res.removeHeader(name);
    res.setHeader('X-Clipgrid-Error', error.code);
    res.setHeader('Content-Type', 'text/plain; charset=utf-8');
    if (!req.complete) res.setHeader('Connection', 'close');
    res.end(`${text}\n`);
    drain(req);
  }
}

function statusOf(error: GridError): number {
  // What S3 answers to If-None-Match.
  return error.code === 'already_exists' ? 412 : ERROR_CODES[error.code].http;
}

function allowOrigins(res: ServerResponse): void {
  res.setHeader('Access-Control-Allow-Origin', '*');
  res.setHeader(
    'Access-Control-Expose-Headers',
    'ETag, Content-Length, Content-Range, Content-Disposition, X-Clipgrid-Error',
  );
}

function answerPreflight(req: IncomingMessage, res: ServerResponse): void {
  res.statusCode = 204;
  res.setHeader('Access-Control-Allow-Methods', 'GET, HEAD, PUT');
  res.setHeader('Access-Control-Allow-Headers', req.headers['access-control-request-headers'] ?? '*');
  res.setHeader('Access-Control-Max-Age', '600');
  res.end();
}

function wantedRange(req: IncomingMessage, entry: ObjectEntry): ResolvedRange | 'unsatisfiable' | undefined {
  const condition = req.headers['if-range'];
  if (condition !== undefined && condition !== etagOf(entry)) return undefined;
  return resolveRange(req.headers.range, entry.sizeBytes);
}

function etagOf(entry: ObjectEntry): string {
  return `"${entry.md5}"`;
}

function isUnchanged(req: IncomingMessage, entry: ObjectEntry): boolean {
  return req.headers['if-none-match'] === etagOf(entry);
}

function describe(res: ServerResponse, entry: ObjectEntry, claims: UrlClaims): void {
  res.setHeader('Accept-Ranges', 'bytes');
  res.setHeader('ETag', etagOf(entry));
  res.setHeader('Last-Modified', new Date(entry.modifiedMs).toUTCString());
  res.setHeader('Content-Type', claims.contentType ?? entry.contentType);
  // Uploaded bytes must never run as a page of the coordinator's origin.
  res.setHeader('X-Content-Type-Options', 'nosniff');
  res.setHeader('Content-Security-Policy', "default-src 'none'; sandbox");
  if (claims.fileName === undefined) return;
  const disposition = claims.inline ? 'inline' : 'attachment';
  res.setHeader('Content-Disposition', dispositionHeader(claims.fileName, disposition));
}

function lengthOf(range: ResolvedRange | undefined, entry: ObjectEntry): number {
  return range === undefined ? entry.sizeBytes : range.endInclusive - range.start + 1;
}

function setContentRange(res: ServerResponse, range: ResolvedRange, sizeBytes: number): void {
  res.setHeader('Content-Range', `bytes ${range.start}-${range.endInclusive}/${sizeBytes}`);
}

function answerWithoutBody(
  req: IncomingMessage,
  res: ServerResponse,
  found: { entry: ObjectEntry; range: ResolvedRange | 'unsatisfiable' | undefined },
): void {
  const { entry, range } = found;
  if (isUnchanged(req, entry)) {
    res.statusCode = 304;
  } else if (range === 'unsatisfiable') {
    res.statusCode = 416;
    res.setHeader('Content-Range', `bytes */${entry.sizeBytes}`);
    res.setHeader('Content-Length', 0);
  } else {
    if (range !== undefined) setContentRange(res, range, entry.sizeBytes);
    res.statusCode = range === undefined ? 200 : 206;
    res.setHeader('Content-Length', lengthOf(range, entry));
  }
  res.end();
}

/** Refuses before the first byte of the body what its length already tells. */
function checkAnnounced(claims: UrlClaims, header: string | undefined): void {
  if (header === undefined) return;
  const length = Number(header);
  if (claims.maxBytes !== undefined && length > claims.maxBytes) {
    throw new GridError(
      'too_large',
      `the upload has ${length} bytes; this URL takes at most ${claims.maxBytes}`,
    );
  }
  if (claims.sizeBytes !== undefined && length !== claims.sizeBytes) {
    throw new GridError(
      'invalid_argument',
      `the upload has ${length} bytes, but this URL was signed for exactly ${claims.sizeBytes}`,
    );
  }
}

function drain(req: IncomingMessage): void {
  let drained = 0;
  req.on('data', (chunk: Uint8Array) => {
    drained += chunk.byteLength;
    if (drained > MAX_DRAIN_BYTES) req.destroy();
  });
  req.on('error', () => undefined);
  req.resume();
}
