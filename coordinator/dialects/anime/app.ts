import { createHash, timingSafeEqual } from 'node:crypto';
import type { Context as Exchange, Middleware } from 'koa';
import { ERROR_CODES, GridError, toGridError } from '../../../shared/errors.ts';
import { InFlight } from '../../http/in-flight.ts';
import { cancel } from './cancel.ts';
import type { Context } from './context.ts';
import { create } from './create.ts';
import { list } from './list.ts';
import { allowOrigins, preflight, serveMedia } from './media.ts';
import { AnimeError, MESSAGES } from './messages.ts';
import { publishedFile } from './paths.ts';
import { statusOf } from './status.ts';

interface Route {
  readonly path: RegExp;
  readonly method: 'GET' | 'POST';
  /** `id`: what the path holds, decoded. */
  handle(context: Context, ctx: Exchange, id: string): Promise<object>;
}

const ROUTES: readonly Route[] = [
  { path: /^\/anime\/create$/, method: 'POST', handle: create },
  { path: /^\/anime\/status\/([^/]+)$/, method: 'GET', handle: (context, _, id) => statusOf(context, id) },
  { path: /^\/anime\/cancel\/([^/]+)$/, method: 'POST', handle: (context, _, id) => cancel(context, id) },
  { path: /^\/anime\/list$/, method: 'GET', handle: list },
];
/** Bodies are held in memory; what comes beyond is told to come again. */
const MAX_IN_FLIGHT = 128;
const RETRY_AFTER_S = '5';
const GREETING = 'Hello, World!';

interface Match {
  readonly route: Route;
  readonly id: string;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function routeOf(path: string): Match | undefined {
  for (const route of ROUTES) {
    const match = route.path.exec(path);
    if (match) return { route, id: decoded(match[1] ?? '') };
  }
  return undefined;
}

const takes = ({ route }: Match, method: string): boolean =>
  route.method === method || (route.method === 'GET' && method === 'HEAD');

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** The raw token, as the reference has it. Every known one is compared, and each takes the same time. */
function checkToken({ settings }: Context, ctx: Exchange): void {
  const given = digest(ctx.get('authorization'));
  const same = settings.tokens.filter((token) => timingSafeEqual(digest(token), given));
  if (same.length === 0) throw new AnimeError(403, MESSAGES.token);
}

function sendJson(ctx: Exchange, status: number, body: object): void {
  ctx.status = status;
  ctx.set('Content-Type', 'application/json');
  ctx.body = JSON.stringify(body);
}

/** What is meant for people is told, a service that is away is 503, the rest is in the log. */
function sendFailure({ parts }: Context, ctx: Exchange, thrown: unknown): void {
  if (thrown instanceof AnimeError) return sendJson(ctx, thrown.status, { message: thrown.message });
  const error = toGridError(thrown);
  const status = ERROR_CODES[error.code].http;
  if (error.code !== 'internal') {
    if (status === 503) ctx.set('Retry-After', RETRY_AFTER_S);
    return sendJson(ctx, status, { message: error.message });
  }
  const incident = parts.ids.uuid();
  parts.logger.error({ incident, error: error.message, stack: error.stack }, 'anime request failed');
  sendJson(ctx, 500, { message: `internal error, incident ${incident}` });
}

/** Answers what is ours and resolves to true: an API route, or a published file. Routes win over files. */
async function answer(context: Context, ctx: Exchange): Promise<boolean> {
  const match = routeOf(ctx.path);
  if (match && takes(match, ctx.method)) {
    checkToken(context, ctx);
    sendJson(ctx, 200, await match.route.handle(context, ctx, match.id));
    return true;
  }
  if (publishedFile(ctx.path) !== undefined) {
    if (ctx.method === 'OPTIONS') {
      preflight(ctx);
      return true;
    }
    if (ctx.method === 'GET' || ctx.method === 'HEAD') {
      allowOrigins(ctx);
      if (context.settings.mediaAuth === 'token') checkToken(context, ctx);
      if (await serveMedia(context, ctx)) return true;
    }
  }
  if (match === undefined) return false;
  ctx.set('Allow', match.route.method === 'GET' ? 'GET, HEAD, OPTIONS' : 'POST, OPTIONS');
  if (ctx.method === 'OPTIONS') ctx.status = 200;
  else sendJson(ctx, 405, { message: `${ctx.path} does not take ${ctx.method}` });
  return true;
}

/** On the main port: passes on what is not ours. */
export function animeMount(context: Context): Middleware {
  const inFlight = new InFlight(MAX_IN_FLIGHT);
  return async (ctx, next) => {
    let isOurs = true;
    await inFlight.run(async (fits) => {
      try {
        if (!fits && routeOf(ctx.path))
          throw new GridError('unavailable', 'too many requests at once: try again');
        isOurs = await answer(context, ctx);
      } catch (error) {
        sendFailure(context, ctx, error);
      }
    });
    if (!isOurs) await next();
  };
}

/** On a port of its own: answers everything. */
export function animeApp(context: Context): Middleware {
  const mount = animeMount(context);
  return (ctx) =>
    mount(ctx, async () => {
      if (ctx.path !== '/') return sendJson(ctx, 404, { message: `there is nothing at ${ctx.path}` });
      if (ctx.method !== 'GET' && ctx.method !== 'HEAD') {
        ctx.set('Allow', 'GET, HEAD');
        return sendJson(ctx, 405, { message: `${ctx.path} does not take ${ctx.method}` });
      }
      ctx.type = 'text/html; charset=utf-8';
      ctx.body = GREETING;
    });
}
