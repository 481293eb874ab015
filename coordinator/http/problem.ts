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

/** A value as far as it helps to see it. */
function shown(value: unknown): unknown {
  const text = typeof value === 'string' ? value : textOf(value);
  if (text === undefined || text.length <= MAX_SHOWN_CHARS) return value;
  return `${text.slice(0, MAX_SHOWN_CHARS)}...`;
}

/** Nested deeper than the stack: nobody wants to see it. */
function textOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return '?'.repeat(MAX_SHOWN_CHARS + 1);
  }
}

function fieldsOf(error: GridError): FieldProblem[] {
  const { errors, field, value } = error.details;
  if (Array.isArray(errors)) return errors as FieldProblem[];
  return typeof field === 'string' ? [{ field, value: shown(value), message: error.message }] : [];
}

/** Who sends a token where none belongs hears of it; the log need not. */
function withoutSecrets(message: string): string {
  return message.replaceAll(
    /\b(\w*(?:token|secret|password|authorization)\w*) is "(?:[^"\\]|\\.)*"/gi,
    '$1 is "***"',
  );
}

/** Writes an error as RFC 9457 problem details. Internal ones tell an incident id, and the rest to the log. */
export function sendProblem(ctx: Context, thrown: unknown, parts: { ids: IdSource; logger: Logger }): void {
  const error = toGridError(thrown);
  const { http, level } = ERROR_CODES[error.code];
  const internal = error.code === 'internal';
  const incident = internal ? parts.ids.uuid() : undefined;
  const fields = {
    method: ctx.method,
    path: ctx.path,
    code: error.code,
    error: withoutSecrets(error.message),
  };
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

type Issue = ZodError['issues'][number];

/** The field as far as the input goes: `state.1` of a text that was split is `state`. */
function located(issue: Issue, input: unknown): Pick<FieldProblem, 'field' | 'value'> {
  let value = input;
  const path: string[] = [];
  for (const key of issue.path) {
    if (typeof value !== 'object' || value === null) break;
    value = (value as Record<PropertyKey, unknown>)[key];
    path.push(String(key));
  }
  return { field: path.join('.') || '(the body)', value: shown(value) };
}

function problemsOf(issue: Issue, input: unknown): FieldProblem[] {
  const { field, value } = located(issue, input);
  if (issue.code !== 'unrecognized_keys') return [{ field, value, message: issue.message }];
  return issue.keys.map((key) => ({
    field: issue.path.length === 0 ? key : `${field}.${key}`,
    value: shown((value as Record<string, unknown> | undefined)?.[key]),
    message: 'there is no such field',
  }));
}

/** A failed validation as one error that names each field and its value. */
export function invalid(error: ZodError, input: unknown): GridError {
  const errors = error.issues.flatMap((issue) => problemsOf(issue, input));
  const first = errors[0];
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  const value = first?.value === undefined ? 'missing' : JSON.stringify(first.value);
  return new GridError('invalid_argument', `${first?.field} is ${value}: ${first?.message}${more}`, {
    details: { errors },
  });
}
