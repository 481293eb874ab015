import { GridError, isErrorCode, toGridError, type ErrorCode } from '../shared/errors.ts';
import { parseEvents, type SseMessage } from './sse.ts';

export interface RestClientOptions {
  /** The coordinator, without a path: `http://127.0.0.1:7000`. */
  readonly url: string;
  readonly token?: string;
  /** Aborted: every call ends with `cancelled`. */
  readonly signal?: AbortSignal;
  /** What to do when nobody answers, for the error's end. */
  readonly hint?: string;
}

/** The coordinator's REST API. Errors are `GridError`s with the coordinator's own code and words. */
export interface RestClient {
  readonly url: string;
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<T>;
  remove(path: string): Promise<void>;
  /** An answer that is plain text, with its headers. */
  text(path: string): Promise<{ readonly text: string; readonly headers: Headers }>;
  /** Where a path redirects to; for signed URLs, to which the token must not go. */
  redirect(path: string): Promise<string>;
  /** The event stream of a job, from after `lastEventId`, until the server ends it. */
  events(jobId: string, lastEventId: string): AsyncGenerator<SseMessage>;
  /** Any event stream, until the server ends it. */
  stream(path: string, lastEventId?: string): AsyncGenerator<SseMessage>;
}

const CALL_LIMIT_MS = 60_000;

/** For answers that carry no problem document: a proxy's, say. */
const CODES_OF_STATUS: Readonly<Record<number, ErrorCode>> = {
  400: 'invalid_argument',
  401: 'unauthenticated',
  403: 'permission_denied',
  404: 'not_found',
  409: 'failed_precondition',
  412: 'already_exists',
  413: 'too_large',
  415: 'unsupported',
  422: 'unprocessable',
  429: 'resource_exhausted',
  502: 'unavailable',
  503: 'unavailable',
  504: 'timeout',
  507: 'disk_full',
};

interface Problem {
  readonly code?: string;
  readonly detail?: string;
  readonly errors?: readonly unknown[];
}

/** The error that an answer stands for. */
export async function problemOf(response: Response): Promise<GridError> {
  const text = await response.text().catch(() => '');
  let problem: Problem = {};
  try {
    problem = (JSON.parse(text) as Problem | null) ?? {};
  } catch {
    // Not JSON: the text itself is all there is.
  }
  const named = problem.code ?? response.headers.get('x-clipgrid-error') ?? '';
  const code = isErrorCode(named) ? named : (CODES_OF_STATUS[response.status] ?? 'internal');
  const said = problem.detail ?? (text.trim().slice(0, 300) || response.statusText);
  return new GridError(code, said, {
    details: { status: response.status, ...(problem.errors ? { errors: problem.errors } : {}) },
  });
}

/** Why a request got no answer at all. */
export function noAnswer(thrown: unknown, { url, hint }: RestClientOptions): GridError {
  if (thrown instanceof GridError) return thrown;
  const cause = thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown;
  const why =
    cause instanceof AggregateError ? cause.errors.map(String).join(', ') : toGridError(cause).message;
  return new GridError('unavailable', `no coordinator answers at ${url} (${why})${hint ? `: ${hint}` : ''}`, {
    cause: thrown,
  });
}

function interrupted(signal: AbortSignal | undefined): GridError | undefined {
  return signal?.aborted ? new GridError('cancelled', 'interrupted') : undefined;
}

type Send = (path: string, init: RequestInit & { limitMs?: number }) => Promise<Response>;

/** Sends requests with the token; no answer at all is `unavailable`. */
function senderOf(options: RestClientOptions): Send {
  const { url, token, signal } = options;
  return async (path, init) => {
    const { limitMs = CALL_LIMIT_MS, ...rest } = init;
    const limits = [signal, ...(limitMs > 0 ? [AbortSignal.timeout(limitMs)] : [])].filter(
      (one) => one !== undefined,
    );
    const headers = {
      ...(init.headers as Record<string, string>),
      ...(token ? { authorization: `Bearer ${token}` } : {}),
    };
    try {
      return await fetch(`${url}/api/v1${path}`, {
        ...rest,
        headers,
        redirect: 'manual',
        signal: AbortSignal.any(limits),
      });
    } catch (thrown) {
      throw interrupted(signal) ?? noAnswer(thrown, options);
    }
  };
}

/** Opens the API of the coordinator at `options.url`. Nothing is sent before the first call. */
export function createRestClient(options: RestClientOptions): RestClient {
  const { url, signal } = options;
  const send = senderOf(options);

  const json = async <T>(path: string, init: RequestInit): Promise<T> => {
    const response = await send(path, init);
    if (!response.ok) throw await problemOf(response);
    try {
      return (response.status === 204 ? undefined : await response.json()) as T;
    } catch (thrown) {
      const message = `what answers at ${url} is no coordinator of clipgrid: ${toGridError(thrown).message}`;
      throw interrupted(signal) ?? new GridError('unavailable', message, { cause: thrown });
    }
  };

  async function* stream(path: string, lastEventId = ''): AsyncGenerator<SseMessage> {
    const headers = {
      accept: 'text/event-stream',
      ...(lastEventId ? { 'last-event-id': lastEventId } : {}),
    };
    const response = await send(path, { headers, limitMs: 0 });
    if (!response.ok) throw await problemOf(response);
    if (!response.body) return;
    try {
      yield* parseEvents(response.body as AsyncIterable<Uint8Array>);
    } catch (thrown) {
      throw interrupted(signal) ?? noAnswer(thrown, options);
    }
  }

  return {
    url,
    get: (path) => json(path, {}),
    post: (path, body = {}, headers = {}) =>
      json(path, {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json', ...headers },
      }),
    remove: (path) => json(path, { method: 'DELETE' }),
    async redirect(path) {
      const response = await send(path, {});
      const target = response.headers.get('location');
      if (response.status < 300 || response.status >= 400 || !target) throw await problemOf(response);
      await response.body?.cancel();
      return new URL(target, url).href;
    },
    async text(path) {
      const response = await send(path, {});
      if (!response.ok) throw await problemOf(response);
      try {
        return { text: await response.text(), headers: response.headers };
      } catch (thrown) {
        throw interrupted(signal) ?? noAnswer(thrown, options);
      }
    },
    events: (jobId, lastEventId) => stream(`/jobs/${encodeURIComponent(jobId)}/events`, lastEventId),
    stream,
  };
}
