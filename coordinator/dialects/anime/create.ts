import { createHash } from 'node:crypto';
import type { Context as Exchange } from 'koa';
import { GridError } from '../../../shared/errors.ts';
import { decodeUtf8, MAX_JSON_BYTES, readBytes } from '../../http/read-body.ts';
import type { Context } from './context.ts';
import { AnimeError } from './messages.ts';
import { checkCreate, parseBody, type CreateRequest } from './schema.ts';
import { urlPurpose } from './url-source.ts';

const MAX_IDEMPOTENCY_KEY = 255;

async function bodyOf(ctx: Exchange): Promise<string | undefined> {
  const bytes = await readBytes(ctx, MAX_JSON_BYTES);
  try {
    return decodeUtf8(bytes);
  } catch (error) {
    if (error instanceof GridError && error.code === 'invalid_argument') return undefined;
    throw error;
  }
}

function idempotencyOf(ctx: Exchange, request: CreateRequest): { key: string; hash: string } | undefined {
  const key = ctx.get('idempotency-key');
  if (key === '') return undefined;
  if (key.length > MAX_IDEMPOTENCY_KEY)
    throw new AnimeError(400, `Idempotency-Key is longer than ${MAX_IDEMPOTENCY_KEY} characters`);
  return { key, hash: createHash('sha256').update(JSON.stringify(request)).digest('hex') };
}

/** Refuses at once what could never be called. */
function checkCallback({ parts }: Context, { callbackUrl }: CreateRequest): void {
  if (callbackUrl === undefined) return;
  try {
    parts.grid.webhooks.checkUrl(callbackUrl);
  } catch (error) {
    if (!(error instanceof GridError)) throw error;
    throw new AnimeError(400, `callback_url: ${error.message}`);
  }
}

/** `POST /anime/create`: the row is durable when it answers; whether there is a source is found out later (contract 2.2). */
export async function create(context: Context, ctx: Exchange): Promise<object> {
  const { store, settings, parts } = context;
  const body = parseBody(await bodyOf(ctx), ctx.is('json', '+json') !== false, settings.edition);
  const request = checkCreate(body, settings);
  checkCallback(context, request);
  const idempotency = idempotencyOf(ctx, request);
  const taskId = parts.ids.randomUuid();
  const { srcUrl: url } = request;
  const sealed = url === undefined ? {} : { srcUrl: parts.grid.secrets.seal(url, urlPurpose(taskId)) };
  const known = await store.transaction(async (tx) => {
    const earlier = idempotency && (await store.lockIdempotency(idempotency.key, tx));
    if (earlier) return earlier;
    await store.insert({ taskId, ...request, ...sealed, ...(idempotency ? { idempotency } : {}) }, tx);
    return undefined;
  });
  if (known === undefined) {
    context.wake(taskId);
    return { task_id: taskId };
  }
  if (known.hash !== idempotency?.hash)
    throw new AnimeError(409, 'this Idempotency-Key was given with another body: choose another key');
  return { task_id: known.taskId };
}
