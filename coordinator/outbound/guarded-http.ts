import { request as requestPlain, type ClientRequest, type IncomingMessage } from 'node:http';
import { request as requestTls } from 'node:https';
import { lookup } from 'node:dns/promises';
import type { LookupFunction } from 'node:net';
import { Readable } from 'node:stream';
import type { Clock } from '../../shared/clock.ts';
import { GridError } from '../../shared/errors.ts';
import { VERSION } from '../../shared/version.ts';
import { checkTarget, checkText, originOf, type Resolve, type Target } from './checked-target.ts';
import { guardedBody } from './guarded-body.ts';
import { parseNetworks } from './networks.ts';
import type { OutboundAnswer, OutboundHttp, OutboundRequest } from './outbound-http.ts';
import { toOutboundError } from './outbound-error.ts';

export interface GuardedHttpOptions {
  readonly clock: Clock;
  /** Networks that may be asked though they are not public: `10.0.0.0/8`. */
  readonly networks: readonly string[];
  /** Whether public addresses may be asked in plain HTTP. */
  readonly plainHttp: boolean;
  /** By default the system's. */
  readonly resolve?: Resolve;
}

const REDIRECTS = new Set([301, 302, 303, 307, 308]);
/** For a connection and the first line of the answer. */
const FIRST_BYTE_MS = 30_000;

const systemResolve: Resolve = (host) => lookup(host, { all: true, verbatim: true });

/** Answers with the addresses that were checked, whatever the name means by now: no DNS rebinding. */
function pinned({ addresses }: Target): LookupFunction {
  return (_host, { all }, done) => {
    const [first] = addresses;
    if (all) done(null, [...addresses]);
    else if (first) done(null, first.address, first.family);
  };
}

function send(target: Target, request: OutboundRequest, signal: AbortSignal): ClientRequest {
  const { url } = target;
  const { method, headers = {}, body } = request;
  const options = {
    method,
    signal,
    agent: false,
    lookup: pinned(target),
    headers: {
      'user-agent': `clipgrid/${VERSION}`,
      accept: '*/*',
      'accept-encoding': 'identity',
      ...headers,
      ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
      connection: 'close',
    },
  };
  const open = url.protocol === 'https:' ? requestTls : requestPlain;
  const sent = open(url, options);
  sent.end(body);
  return sent;
}

/** Where an answer sends its GET or HEAD on to; undefined: it is to be taken as it is. */
function nextUrl({ method }: OutboundRequest, url: URL, answer: IncomingMessage): string | undefined {
  const { location } = answer.headers;
  if (!REDIRECTS.has(answer.statusCode ?? 0) || location === undefined) return undefined;
  if (method !== 'GET' && method !== 'HEAD') return undefined;
  if (!URL.canParse(location, url.href)) return undefined;
  return new URL(location, url).href;
}

/** The headers that may go on to another address: none that could be a credential. */
function headersFor(request: OutboundRequest, from: URL, to: URL): OutboundRequest['headers'] {
  if (from.protocol === 'https:' && to.protocol === 'http:') {
    const message = `${originOf(from.href)} sends on to ${originOf(to.href)}, which is less safe`;
    throw new GridError('permission_denied', message);
  }
  return from.origin === to.origin ? request.headers : {};
}

/** HTTP that resolves a name once, checks every address of it and connects to one of those, for each redirect anew. */
export class GuardedHttp implements OutboundHttp {
  readonly #options: GuardedHttpOptions;
  readonly #rules: Parameters<typeof checkTarget>[1];

  constructor(options: GuardedHttpOptions) {
    const { plainHttp, resolve = systemResolve } = options;
    this.#options = options;
    this.#rules = {
      networks: parseNetworks(options.networks),
      hasNetworks: options.networks.length > 0,
      plainHttp,
      resolve,
    };
  }

  checkUrl(url: string): string {
    return originOf(checkText(url, this.#rules).href);
  }

  async request(request: OutboundRequest): Promise<OutboundAnswer> {
    const { clock } = this.#options;
    const over = new AbortController();
    const abort = (): void => over.abort(new GridError('cancelled', 'the request was cancelled'));
    if (request.signal?.aborted) abort();
    request.signal?.addEventListener('abort', abort, { once: true });
    const timer = clock.after(request.timeoutMs, () => over.abort(tooLong(request, request.timeoutMs)));
    const done = (): void => {
      timer.cancel();
      request.signal?.removeEventListener('abort', abort);
    };
    try {
      const answer = await this.#follow(request, over);
      answer.body.once('close', done);
      return answer;
    } catch (error) {
      done();
      throw toOutboundError(over.signal.aborted ? over.signal.reason : error, originOf(request.url));
    }
  }

  async #follow(first: OutboundRequest, over: AbortController): Promise<OutboundAnswer> {
    let request = first;
    for (let left = first.maxRedirects ?? 0; ; left--) {
      const target = await unlessOver(checkTarget(request.url, this.#rules), over.signal);
      const { answer, late } = await this.#answer(target, request, over);
      const url = (first.maxRedirects ?? 0) > 0 ? nextUrl(request, target.url, answer) : undefined;
      if (url === undefined) return this.#take(answer, late, { request, over });
      answer.destroy();
      if (left === 0) {
        const message = `${originOf(first.url)} sends on more than ${first.maxRedirects} times`;
        throw new GridError('unprocessable', message);
      }
      const headers = headersFor(request, target.url, new URL(url)) ?? {};
      request = { ...request, url, headers };
    }
  }

  /** `late` tells of an error after the answer began: of bytes behind its announced end. */
  #answer(target: Target, request: OutboundRequest, over: AbortController) {
    const sent = send(target, request, over.signal);
    const timer = this.#options.clock.after(FIRST_BYTE_MS, () => over.abort(tooLong(request, FIRST_BYTE_MS)));
    let late: Error | undefined;
    return new Promise<{ answer: IncomingMessage; late: () => Error | undefined }>((resolve, reject) => {
      sent.once('response', (answer) => resolve({ answer, late: () => late }));
      sent.on('error', (error) => {
        late = error;
        reject(error);
      });
    }).finally(() => timer.cancel());
  }

  #take(
    answer: IncomingMessage,
    late: () => Error | undefined,
    { request, over }: { readonly request: OutboundRequest; readonly over: AbortController },
  ): OutboundAnswer {
    const announced = answer.headers['content-length'];
    const sizeBytes = announced === undefined || request.method === 'HEAD' ? undefined : Number(announced);
    if ((sizeBytes ?? 0) > request.maxBytes) {
      answer.destroy();
      const message = `${originOf(request.url)} has ${sizeBytes} bytes, at most ${request.maxBytes} are taken`;
      throw new GridError('too_large', message, { details: { sizeBytes, maxBytes: request.maxBytes } });
    }
    const { clock } = this.#options;
    const origin = originOf(request.url);
    const bytes = guardedBody(answer, { ...request, origin, clock, sizeBytes, late, signal: over.signal });
    const body = Readable.from(bytes, { objectMode: false });
    // Whoever stops reading early lets the connection go, too.
    body.once('close', () => answer.destroy());
    const { statusCode: status = 0, headers } = answer;
    return { status, headers, body, ...(sizeBytes === undefined ? {} : { sizeBytes }) };
  }
}

function tooLong({ url }: OutboundRequest, ms: number): GridError {
  return new GridError('timeout', `${originOf(url)} took longer than ${Math.round(ms / 1000)} s`);
}

/** Names that take for ever to be resolved are nothing to wait for. */
async function unlessOver<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const over = Promise.withResolvers<never>();
  const abort = (): void => over.reject(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work, over.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
