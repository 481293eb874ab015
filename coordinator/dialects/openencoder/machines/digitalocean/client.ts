import { backoffMs } from '../../../../../shared/backoff.ts';
import type { Clock } from '../../../../../shared/clock.ts';
import { toGridError } from '../../../../../shared/errors.ts';
import type { IdSource } from '../../../../../shared/ids.ts';
import { ProviderError } from '../provider.ts';

export interface DigitalOceanClientOptions {
  /** Without a slash at the end, e.g. `https://api.digitalocean.com`. */
  readonly baseUrl: string;
  readonly token: string;
  readonly clock: Clock;
  readonly ids: IdSource;
}

export interface Call {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** With its query. */
  readonly path: string;
  readonly body?: unknown;
  /** Before an answer of 5xx, or none at all, is asked for again. True: what was wanted is there, do not ask. */
  settled?(): Promise<boolean>;
}

export interface Reply {
  readonly status: number;
  /** `{}` where there is no JSON object. */
  readonly json: Readonly<Record<string, unknown>>;
}

const ATTEMPTS = 4;
const AGAIN = { firstMs: 500, maxMs: 5_000 };
/** Whoever tells us to come back later than that: the request's sender is told instead. */
const MAX_RETRY_AFTER_MS = 15_000;
const ANSWER_WITHIN_MS = 20_000;
const MAX_PAGES = 100;
const PER_PAGE = 200;
const MAX_ANSWER_BYTES = 32 * 1024 * 1024;

/** DigitalOcean's REST API v2 as far as machines need it. The token is in the one header and nowhere else. */
export class DigitalOceanClient {
  readonly #options: DigitalOceanClientOptions;

  constructor(options: DigitalOceanClientOptions) {
    this.#options = options;
  }

  /** All pages of a list. `path` without `page` and `per_page`. */
  async all(path: string, key: string): Promise<Record<string, unknown>[]> {
    const items: Record<string, unknown>[] = [];
    const glue = path.includes('?') ? '&' : '?';
    for (let page = 1; page <= MAX_PAGES; page++) {
      const paged = `${path}${glue}page=${page}&per_page=${PER_PAGE}`;
      const { json } = await this.call({ method: 'GET', path: paged });
      const part = json[key];
      if (!Array.isArray(part)) throw new ProviderError('failed', `DigitalOcean's answer has no ${key}`);
      items.push(...(part as Record<string, unknown>[]));
      // Its own URL of the next page is not followed: the token goes to the configured address only.
      if (!hasNextPage(json)) return items;
    }
    throw new ProviderError('failed', `DigitalOcean tells more than ${MAX_PAGES} pages of ${key}`);
  }

  /**
   * One call; 429, 5xx and broken connections are tried again after what `Retry-After` says. 404 of a DELETE is an answer.
   * Throws a `ProviderError` for all else that is no success.
   */
  async call(call: Call): Promise<Reply> {
    for (let attempt = 1; ; attempt++) {
      const answer = await this.#once(call);
      if (!('failure' in answer)) return answer;
      const { failure, passing, retryAfterMs, maybeDone } = answer;
      if (maybeDone && (await call.settled?.())) return { status: 202, json: {} };
      const waitMs = retryAfterMs ?? backoffMs(attempt - 1, AGAIN, () => this.#options.ids.random());
      if (!passing || attempt === ATTEMPTS || waitMs > MAX_RETRY_AFTER_MS) throw failure;
      await this.#options.clock.sleep(waitMs);
    }
  }

  async #once({ method, path, body }: Call): Promise<Reply | Failed> {
    const { baseUrl, token } = this.#options;
    // Of a header that cannot be sent, `fetch` tells the whole value.
    if (!/^[\x21-\x7e]+$/.test(token))
      throw new ProviderError('unconfigured', 'the DigitalOcean token holds characters that no token has');
    let response: Response;
    let text: string;
    try {
      response = await fetch(baseUrl + path, {
        method,
        redirect: 'error',
        signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
        headers: {
          Authorization: `Bearer ${token}`,
          Accept: 'application/json',
          ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      text = await readText(response);
    } catch (cause) {
      const why = `DigitalOcean does not answer: ${reasonOf(cause)}`;
      return { failure: new ProviderError('failed', why, { cause }), passing: true, maybeDone: true };
    }
    const json = parse(text);
    if (response.ok || (method === 'DELETE' && response.status === 404))
      return { status: response.status, json };
    return this.#failed(response, json);
  }

  #failed({ status, headers }: Response, json: Reply['json']): Failed {
    const said = typeof json['message'] === 'string' ? json['message'] : '';
    // A message that repeats what it was sent must not carry the token into a log or an answer.
    const message = (said || `DigitalOcean answers with status ${status}`).replaceAll(
      this.#options.token,
      '***',
    );
    const seconds = Number(headers.get('retry-after') ?? Number.NaN);
    return {
      failure: new ProviderError(problemOf(status, message), message),
      passing: status === 429 || status >= 500,
      maybeDone: status >= 500,
      ...(seconds >= 0 ? { retryAfterMs: seconds * 1000 } : {}),
    };
  }
}

interface Failed {
  readonly failure: ProviderError;
  /** The same call may succeed later. */
  readonly passing: boolean;
  /** It may have been carried out. */
  readonly maybeDone: boolean;
  readonly retryAfterMs?: number;
}

const NO_CAPACITY = /droplet limit|not available|unavailable|capacity|sold out|out of stock/i;
const UNKNOWN = /invalid|not (a )?valid|does not exist|unknown|not found/i;

function problemOf(status: number, message: string): ProviderError['problem'] {
  if (status === 401 || status === 403) return 'unconfigured';
  if (status === 422 || status === 400) {
    if (NO_CAPACITY.test(message)) return 'capacity';
    if (UNKNOWN.test(message)) return 'invalid';
  }
  return 'failed';
}

function hasNextPage(json: Reply['json']): boolean {
  const { links } = json as { links?: { pages?: { next?: unknown } } };
  return typeof links?.pages?.next === 'string' && links.pages.next !== '';
}

async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) throw new Error('its answer does not end');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parse(text: string): Reply['json'] {
  try {
    const json: unknown = JSON.parse(text);
    return typeof json === 'object' && json !== null ? (json as Reply['json']) : {};
  } catch {
    return {};
  }
}

/** `fetch failed` says nothing; its cause does. */
function reasonOf(thrown: unknown): string {
  const cause = thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown;
  return toGridError(cause).message;
}
