/** A field that a problem names. */
export interface FieldError {
  readonly field: string;
  readonly value?: unknown;
  readonly message: string;
}

/** An answer that is no success: RFC 9457 problem details, or a connection that failed (`status` 0). */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly fields: readonly FieldError[];

  constructor(problem: { status: number; code: string; detail: string; errors?: readonly FieldError[] }) {
    super(problem.detail);
    this.name = 'ApiError';
    this.status = problem.status;
    this.code = problem.code;
    this.fields = problem.errors ?? [];
  }
}

/** What went wrong, in words for people. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

type Query = Readonly<Record<string, string | number | undefined>>;

const BASE = '/api/v1';

/** `/jobs` and `{state: 'failed'}` to `/jobs?state=failed`; what is undefined or empty is left out. */
export function withQuery(path: string, query: Query): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== '');
  if (given.length === 0) return path;
  return `${path}?${new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString()}`;
}

async function problemOf(response: Response): Promise<ApiError> {
  const text = await response.text().catch(() => '');
  try {
    const problem = JSON.parse(text) as ConstructorParameters<typeof ApiError>[0];
    if (typeof problem.detail === 'string') return new ApiError(problem);
  } catch {
    // Not ours: some proxy answered.
  }
  const detail = `the coordinator answered ${response.status} ${response.statusText}`.trim();
  return new ApiError({ status: response.status, code: 'unknown', detail });
}

/** The one client of the API. Paths are below `/api/v1`; the session's cookie goes along by itself. */
export class Api {
  readonly #onSignedOut: () => void;

  /** `onSignedOut`: the session has ended, or there never was one. */
  constructor(onSignedOut: () => void) {
    this.#onSignedOut = onSignedOut;
  }

  /** Throws `ApiError`. */
  async getJson<T>(path: string, options: { query?: Query; signal?: AbortSignal } = {}): Promise<T> {
    const { query = {}, signal } = options;
    const response = await this.#send(withQuery(path, query), signal ? { signal } : {});
    return (await response.json()) as T;
  }

  /** Undefined when the answer has no body. Throws `ApiError`. */
  async postJson<T>(path: string, body?: unknown, headers: Record<string, string> = {}): Promise<T> {
    const json = body === undefined ? {} : { 'content-type': 'application/json' };
    const response = await this.#send(path, {
      method: 'POST',
      headers: { ...json, ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return (response.status === 204 ? undefined : await response.json()) as T;
  }

  /** Throws `ApiError`. */
  async delete(path: string): Promise<void> {
    await this.#send(path, { method: 'DELETE' });
  }

  /** As text, e.g. a log. Throws `ApiError`. */
  async getText(path: string, signal?: AbortSignal): Promise<string> {
    const response = await this.#send(path, signal ? { signal } : {});
    return response.text();
  }

  async #send(path: string, init: RequestInit): Promise<Response> {
    const response = await fetch(`${BASE}${path}`, { ...init, credentials: 'same-origin' }).catch(
      (thrown: unknown) => {
        if (thrown instanceof DOMException && thrown.name === 'AbortError') throw thrown;
        const detail = 'the coordinator does not answer: check that it runs and that you are connected';
        throw new ApiError({ status: 0, code: 'unavailable', detail });
      },
    );
    if (response.ok) return response;
    if (response.status === 401) this.#onSignedOut();
    throw await problemOf(response);
  }
}
