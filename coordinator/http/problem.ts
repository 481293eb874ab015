import type { Context, Middleware } from 'koa';
import { ERROR_CODES, toGridError, type GridError } from '../../shared/errors.ts';
import type { IdSource } from '../../shared/ids.ts';
import type { Logger } from '../../shared/logger.ts';
import { shown, type FieldProblem } from '../domain/invalid.ts';

const RETRY_AFTER_S = '5';

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
