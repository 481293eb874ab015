import type { Context } from 'koa';
import type { z } from 'zod';
import { GridError } from '../../shared/errors.ts';
import { parseRequest } from '../domain/invalid.ts';

/** JSON bodies: a script of 256 KiB with every character escaped fits. */
export const MAX_JSON_BYTES = 2 * 1024 * 1024;

const MAX_DISCARDED_BYTES = 16 * 1024 * 1024;

/** Who sends nothing of a body for so long is gone. */
const SILENT_MS = 30_000;

/**
 * Reads a request's whole body; more than the limit is `too_large`. The rest is read and thrown away before that is said:
 * an answer that overtakes the body ends in a reset connection, and many clients then never see it. A client that falls
 * silent in the middle is cut off.
 */
export async function readBytes(ctx: Context, limit: number): Promise<Buffer> {
  const announced = Number(ctx.get('content-length') || 0);
  const chunks: Buffer[] = [];
  let bytes = 0;
  ctx.req.setTimeout(SILENT_MS, () => ctx.req.destroy(silent()));
  try {
    for await (const chunk of ctx.req as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes <= limit && announced <= limit) chunks.push(chunk);
      // Who sends without end is cut off.
      if (bytes > limit + MAX_DISCARDED_BYTES) break;
    }
  } finally {
    ctx.req.setTimeout(0);
  }
  if (bytes <= limit && announced <= limit) return Buffer.concat(chunks);
  ctx.set('Connection', 'close');
  const details = { field: '(the body)', value: `${Math.max(announced, bytes)} bytes` };
  throw new GridError('too_large', `the body is larger than the limit of ${limit} bytes`, { details });
}

function silent(): GridError {
  return new GridError('timeout', `nothing came of the body for ${SILENT_MS / 1000} s`, { retryable: true });
}

/** A body as UTF-8 text; other bytes are refused and not replaced. */
export function decodeUtf8(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new GridError('invalid_argument', 'the body is not valid UTF-8', {
      details: { field: '(the body)' },
    });
  }
}

/** Reads and validates a JSON body. No body counts as `{}`. */
export async function readJson<Schema extends z.ZodType>(
  ctx: Context,
  schema: Schema,
): Promise<z.output<Schema>> {
  const text = decodeUtf8(await readBytes(ctx, MAX_JSON_BYTES));
  if (text !== '' && ctx.is('json', '+json') === false) {
    throw new GridError(
      'unsupported',
      `the content type is ${ctx.get('content-type') || 'missing'}: send application/json`,
      { details: { field: 'Content-Type', value: ctx.get('content-type') } },
    );
  }
  return parseRequest(schema, parseJson(text));
}

function parseJson(text: string): unknown {
  if (text === '') return {};
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new GridError(
      'invalid_argument',
      `the body is not JSON: ${error instanceof Error ? error.message : ''}`,
      { details: { field: '(the body)', value: text } },
    );
  }
}

/** Validates the query string; a repeated key keeps its first value. */
export function readQuery<Schema extends z.ZodType>(ctx: Context, schema: Schema): z.output<Schema> {
  const query = Object.fromEntries(
    Object.entries(ctx.query).map(([key, value]) => [key, Array.isArray(value) ? value[0] : value]),
  );
  return parseRequest(schema, query);
}
