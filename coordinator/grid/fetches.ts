import { Readable } from 'node:stream';
import type { Clock } from '../../shared/clock.ts';
import { GridError, toGridError } from '../../shared/errors.ts';
import type { IdSource } from '../../shared/ids.ts';
import { Turnstile } from '../../shared/turnstile.ts';
import { sourceKey } from '../domain/object-keys.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import type { OutboundAnswer, OutboundHttp } from '../outbound/outbound-http.ts';
import type { StoredUpload, UploadStore } from '../store/upload-store.ts';
import type { FetchesFace, FetchOptions } from './outbound-face.ts';

export interface FetchesDeps {
  readonly outbound: OutboundHttp;
  readonly uploads: UploadStore;
  readonly objects: ObjectStore;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly settings: { readonly bucket: string; readonly maxFetchBytes: number; readonly maxFetchMs: number };
}

const AT_ONCE = 4;
const MOST_WAITING = 1_000;
const MAX_REDIRECTS = 5;
/** A film at this rate takes for ever; a server that gives less only holds us. */
const MIN_RATE = { bytes: 64 * 1024, everyMs: 30_000 };
/** Uploads that nobody goes on with expire. */
const TOUCH_EVERY_MS = 60_000;
const MAX_NAME_CHARS = 200;

const MISSING = new Set([404, 410]);

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : 'the address';
}

/** The last part of the path; only for people to read. */
function nameOf(url: string): string {
  if (!URL.canParse(url)) return 'source';
  const last = new URL(url).pathname.split('/').at(-1) ?? '';
  let name = last;
  try {
    name = decodeURIComponent(last);
  } catch {
    // Not everything with a percent sign is encoded.
  }
  return name.replaceAll(/\p{Cc}/gu, '').slice(0, MAX_NAME_CHARS) || 'source';
}

/** Throws unless the answer is the whole file, as it is. */
function checkAnswer({ status, headers }: OutboundAnswer, host: string): void {
  const details = { field: 'url', status };
  if (MISSING.has(status))
    throw new GridError('source_missing', `${host} has no such file: it answers ${status}`, { details });
  if (status !== 200) {
    const retryable = status >= 500 || status === 429;
    const message = `${host} does not give the file: it answers ${status}`;
    throw new GridError('source_unreadable', message, { details, retryable });
  }
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding === 'identity') return;
  const message = `${host} sends the file in the encoding ${encoding}, which was not asked for`;
  throw new GridError('unprocessable', message, { details });
}

/** The same error, and that it is the URL's: our own store may fail, too. */
function ofUrl(thrown: unknown): GridError {
  const error = toGridError(thrown);
  const { code, message, details, retryable } = error;
  if (code === 'cancelled') return error;
  return new GridError(code, message, { cause: error, details: { ...details, field: 'url' }, retryable });
}

/** The bytes of an answer. */
async function* bytesOf({ body }: OutboundAnswer): AsyncGenerator<Buffer> {
  try {
    yield* body as AsyncIterable<Buffer>;
  } catch (error) {
    throw ofUrl(error);
  }
}

/** Fetches sources into the object store. */
export function createFetches(deps: FetchesDeps): FetchesFace {
  const { outbound, uploads, ids, settings } = deps;
  const turnstile = new Turnstile({ atOnce: AT_ONCE, waiting: MOST_WAITING, of: 'fetches' });
  const least = (limit: number, own: number | undefined): number => Math.min(limit, own ?? limit);

  async function open(url: string, { maxBytes, maxS, signal }: FetchOptions): Promise<OutboundAnswer> {
    const asked = outbound.request({
      method: 'GET',
      url,
      timeoutMs: least(settings.maxFetchMs, maxS === undefined ? undefined : maxS * 1000),
      maxBytes: least(settings.maxFetchBytes, maxBytes),
      maxRedirects: MAX_REDIRECTS,
      minRate: MIN_RATE,
      ...(signal ? { signal } : {}),
    });
    const answer = await asked.catch((error: unknown) => {
      throw ofUrl(error);
    });
    try {
      checkAnswer(answer, hostOf(url));
    } catch (error) {
      answer.body.destroy();
      throw error;
    }
    return answer;
  }

  async function fetch(url: string, options: FetchOptions): Promise<StoredUpload> {
    const answer = await open(url, options);
    const { ownerId, name = nameOf(url) } = options;
    const uploadId = ids.uuid();
    const at = { bucket: settings.bucket, key: sourceKey(uploadId) };
    try {
      await uploads.create({ uploadId, ownerId, name, ...at });
      const arriving = new Arriving(deps, { answer, uploadId, options });
      const { sizeBytes } = await arriving.into(at);
      if (sizeBytes === 0) throw ofUrl(new GridError('unprocessable', `${hostOf(url)} sends an empty file`));
      return await uploads.setComplete(uploadId, sizeBytes);
    } catch (error) {
      answer.body.destroy();
      // Else it expires like any upload that is not gone on with.
      await uploads.remove(uploadId).catch(() => undefined);
      throw error;
    }
  }

  return { fetch: (url, options) => turnstile.run(() => fetch(url, options), options.signal) };
}

interface Arrival {
  readonly answer: OutboundAnswer;
  readonly uploadId: string;
  readonly options: FetchOptions;
}

/** One body on its way into the store. */
class Arriving {
  readonly #deps: FetchesDeps;
  readonly #arrival: Arrival;
  #failure: unknown;

  constructor(deps: FetchesDeps, arrival: Arrival) {
    this.#deps = deps;
    this.#arrival = arrival;
  }

  /** What failed on the way is thrown as it is, not as the store tells it. */
  async into(at: { bucket: string; key: string }): Promise<{ sizeBytes: number }> {
    const contentType = 'application/octet-stream';
    try {
      const body = Readable.from(this.#bytes(), { objectMode: false });
      return await this.#deps.objects.write(at, body, { contentType, createOnly: true });
    } catch (error) {
      throw this.#failure ?? error;
    }
  }

  async *#bytes(): AsyncGenerator<Buffer> {
    const { clock, uploads } = this.#deps;
    const { answer, uploadId, options } = this.#arrival;
    let bytes = 0;
    let touchedMs = clock.monotonicMs();
    try {
      for await (const chunk of bytesOf(answer)) {
        bytes += chunk.length;
        options.onProgress?.(bytes, answer.sizeBytes);
        yield chunk;
        if (clock.monotonicMs() - touchedMs < TOUCH_EVERY_MS) continue;
        touchedMs = clock.monotonicMs();
        await uploads.touch(uploadId);
      }
    } catch (error) {
      this.#failure = error;
      throw error;
    }
  }
}
