import busboy from 'busboy';
import type { Context } from 'koa';
import { GridError } from '../../../shared/errors.ts';
import { decodeUtf8, readBytes } from '../../http/read-body.ts';
import { bind, jsonParameters, type Bound, type Parameters, type STRUCTS } from './binding.ts';
import { FinalripError } from './messages.ts';

type Struct = (typeof STRUCTS)[keyof typeof STRUCTS];

/** At least 1 MiB is promised; multipart adds its borders. */
const MAX_BODY_BYTES = 2 * 1024 * 1024;

function firstValues(pairs: Iterable<[string, string]>): Map<string, string> {
  const values = new Map<string, string>();
  for (const [key, value] of pairs) if (!values.has(key)) values.set(key, value);
  return values;
}

async function body(ctx: Context): Promise<Buffer> {
  try {
    return await readBytes(ctx, MAX_BODY_BYTES);
  } catch (error) {
    if (error instanceof GridError && error.code === 'too_large') throw new FinalripError(error.message, 413);
    throw error;
  }
}

/** Text fields of a multipart body; a field sent as a file is none, as in the reference. */
async function multipart(ctx: Context): Promise<Parameters> {
  const bytes = await body(ctx);
  return new Promise((resolve, reject) => {
    const values = new Map<string, string>();
    const fail = (error: unknown): void =>
      reject(new FinalripError(error instanceof Error ? error.message : 'bad multipart'));
    try {
      const parser = busboy({
        headers: ctx.req.headers,
        limits: { fieldSize: MAX_BODY_BYTES, fields: 100, files: 20 },
      });
      parser.on('field', (name, value) => values.has(name) || values.set(name, value));
      // A body that ends inside of a file is an error of the file's stream, too.
      parser.on('file', (_name, stream) => stream.on('error', fail).resume());
      parser.on('close', () => resolve(values));
      parser.on('error', fail);
      parser.end(bytes);
    } catch (error) {
      fail(error);
    }
  });
}

/** Where parameters come from: section 2.4, rules 1 to 5. */
async function parametersOf(ctx: Context, struct: Struct): Promise<Parameters> {
  const query = firstValues(new URLSearchParams(ctx.querystring));
  if (ctx.method !== 'POST') return query;
  const type = ctx.get('content-type').split(';', 1)[0]?.trim().toLowerCase();
  if (type === 'multipart/form-data') return multipart(ctx);
  if (type === 'application/json') return jsonParameters(struct, decodeUtf8(await body(ctx)));
  if (type !== 'application/x-www-form-urlencoded') return query;
  const form = firstValues(new URLSearchParams((await body(ctx)).toString('utf8')));
  return new Map([...query, ...form]);
}

/** Reads and binds a request; every failure is a message of the contract. */
export async function readRequest(ctx: Context, struct: Struct): Promise<Bound> {
  return bind(struct, await parametersOf(ctx, struct));
}
