import type { Context, Middleware } from 'koa';
import type { ZodError } from 'zod';
import { ERROR_CODES, GridError, toGridError } from '../../shared/errors.ts';
import type { IdSource } from '../../shared/ids.ts';
import type { Logger } from '../../shared/logger.ts';

/** One thing that is wrong with a request. */
export interface FieldProblem {
  readonly field: string;
  readonly value?: unknown;
  readonly message: string;
}

const RETRY_AFTER_S = '5';
const MAX_SHOWN_CHARS = 200;

function shown(value: unknown): unknown {
  return typeof value === 'string' && value.length > MAX_SHOWN_CHARS
    ? `${value.slice(0, MAX_SHOWN_CHARS)}...`
    : value;
}

function fieldsOf(error: GridError): FieldProblem[] {
  const { errors, field, value } = error.details;
  if (Array.isArray(errors)) return errors as FieldProblem[];
  return typeof field === 'string' ? [{ field, value: shown(value), message: error.message }] : [];
}

/** Writes an error as RFC 9457 problem details. Internal ones tell an incident id, and the rest to the log. */
export function sendProblem(ctx: Context, thrown: unknown, parts: { ids: IdSource; logger: Logger }): void {
  const error = toGridError(thrown);
  const { http, level } = ERROR_CODES[error.code];
  const internal = error.code === 'internal';
  const incident = internal ? parts.ids.uuid() : undefined;
  const fields = { method: ctx.method, path: ctx.path, code: error.code, error: error.message };
  parts.logger[level](
    { ...fields, ...(internal ? { incident, stack: error.cause ?? error.stack } : {}) },
    'request failed',
  );
  if (http === 503 || http === 429) ctx.set('Retry-After', RETRY_AFTER_S);
  ctx.status = http;
  ctx.body = JSON.stringify({
    type: `urn:clipgrid:error:${error.code}`,
    title: error.code.replaceAll('_', ' '),
    status: http,
    detail: internal
      ? `something went wrong here, not with your request; incident ${incident}`
      : error.message,
    code: error.code,
    ...(internal ? { incident } : { errors: fieldsOf(error) }),
  });
  ctx.type = 'application/problem+json';
}

/** The outermost middleware: whatever is thrown below becomes an answer; no request ends the process. */
export function problems(parts: { ids: IdSource; logger: Logger }): Middleware {
  return async (ctx, next) => {
    try {
      await next();
    } catch (thrown) {
      sendProblem(ctx, thrown, parts);
    }
  };
}

/** A failed validation as one error that names each field and its value. `path` prefixes: body, query. */
export function invalid(error: ZodError, input: unknown): GridError {
  const errors = error.issues.map((issue): FieldProblem => {
    const field = issue.path.join('.') || '(the whole)';
    const value = issue.path.reduce<unknown>(
      (at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key],
      input,
    );
    return { field, value: shown(value), message: issue.message };
  });
  const first = errors[0];
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  const value = first?.value === undefined ? 'missing' : JSON.stringify(first.value);
  return new GridError('invalid_argument', `${first?.field} is ${value}: ${first?.message}${more}`, {
    details: { errors },
  });
}
