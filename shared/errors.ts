/** Every code that a `GridError` can carry, with what it means to each protocol. Identity is by code. */
export const ERROR_CODES = {
  invalid_argument: { http: 400, grpc: 3, level: 'info' },
  unauthenticated: { http: 401, grpc: 16, level: 'info' },
  permission_denied: { http: 403, grpc: 7, level: 'info' },
  not_found: { http: 404, grpc: 5, level: 'info' },
  /** The path exists, the method on it does not. */
  method_not_allowed: { http: 405, grpc: 12, level: 'info' },
  already_exists: { http: 409, grpc: 6, level: 'info' },
  failed_precondition: { http: 409, grpc: 9, level: 'info' },
  too_large: { http: 413, grpc: 8, level: 'info' },
  unsupported: { http: 415, grpc: 12, level: 'info' },
  unprocessable: { http: 422, grpc: 3, level: 'info' },
  resource_exhausted: { http: 429, grpc: 8, level: 'warn' },
  disk_full: { http: 507, grpc: 8, level: 'error' },
  unavailable: { http: 503, grpc: 14, level: 'warn' },
  cancelled: { http: 409, grpc: 1, level: 'info' },
  timeout: { http: 504, grpc: 4, level: 'warn' },
  internal: { http: 500, grpc: 13, level: 'error' },

  /** The fence of a lease is not the current one (L2). */
  stale_lease: { http: 409, grpc: 9, level: 'info' },
  /** A source that no tool can read, or one without video. */
  source_unreadable: { http: 422, grpc: 9, level: 'info' },
  source_missing: { http: 422, grpc: 9, level: 'info' },
  script_failed: { http: 422, grpc: 9, level: 'info' },
  script_no_frames: { http: 422, grpc: 9, level: 'info' },
  encoder_failed: { http: 422, grpc: 9, level: 'info' },
  /** A tool exited 0 with fewer frames than it was given (M6). */
  frames_missing: { http: 422, grpc: 9, level: 'info' },
  segment_mismatch: { http: 422, grpc: 9, level: 'info' },
  verify_failed: { http: 422, grpc: 9, level: 'warn' },
  tool_missing: { http: 422, grpc: 9, level: 'warn' },
  /** A running task made no progress for too long (L14). */
  no_progress: { http: 504, grpc: 4, level: 'info' },
  /** Stored bytes are not the bytes that were announced. */
  digest_mismatch: { http: 422, grpc: 15, level: 'warn' },
  lost_lease: { http: 409, grpc: 10, level: 'info' },
} as const satisfies Record<string, { http: number; grpc: number; level: 'info' | 'warn' | 'error' }>;

export type ErrorCode = keyof typeof ERROR_CODES;

export interface GridErrorOptions {
  /** What else a program may want to know: the field, the value, a limit. Never a secret. */
  readonly details?: Readonly<Record<string, unknown>>;
  /** True when the same request may succeed later, unchanged. */
  readonly retryable?: boolean;
  readonly cause?: unknown;
}

/** The one error of this project that people and programs are meant to read. */
export class GridError extends Error {
  override readonly name = 'GridError';
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, options: GridErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? (code === 'unavailable' || code === 'resource_exhausted');
    this.details = options.details ?? {};
  }
}

/** Whether `value` is a known error code, e.g. one that came over the wire. */
export function isErrorCode(value: string): value is ErrorCode {
  return Object.hasOwn(ERROR_CODES, value);
}

// Sockets, and PostgreSQL's classes 08 (connection) and 57 (shutting down, starting up): they pass by themselves.
const PASSING = /^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|08\w{3}|57P0\d)$/;

function isPassing(error: Error): boolean {
  if ('code' in error && typeof error.code === 'string' && PASSING.test(error.code)) return true;
  // The last one: the ROLLBACK after a connection broke in the middle of a transaction.
  return /Connection terminated|timeout exceeded when trying to connect|not queryable/.test(error.message);
}

/** Trailing gRPC metadata that tells the project's own code of an error, e.g. `stale_lease`. */
export const ERROR_CODE_KEY = 'clipgrid-error-code';

/** Wraps anything that was thrown; a `GridError` passes unchanged, a lost connection is `unavailable`, all else `internal`. */
export function toGridError(thrown: unknown): GridError {
  if (thrown instanceof GridError) return thrown;
  if (thrown instanceof Error && isPassing(thrown)) {
    return new GridError('unavailable', `a service that is needed does not answer: ${thrown.message}`, {
      cause: thrown,
    });
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new GridError('internal', message, { cause: thrown });
}

/** Holds in production too: a broken invariant is a bug of ours, never of a user. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`assertion failed: ${message}`);
}
