import type { Context as Exchange, Middleware } from 'koa';
import { toGridError } from '../../../shared/errors.ts';
import { bearerSecret, checkScope, hasScope, type Principal } from '../../domain/account.ts';
import { InFlight } from '../../http/in-flight.ts';
import type { Context } from './context.ts';
import { FinalripError, MESSAGES } from './messages.ts';
import { readRequest } from './read-request.ts';
import { ROUTES, type Route } from './routes.ts';
import { AnswerBytes } from './shared-reads.ts';
import { MAIN_OWNER } from './settings.ts';

const CORS = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Allow-Headers':
    'Content-Type, AccessToken, X-CSRF-Token, Authorization, Token, X-Token, X-User-Id',
  'Access-Control-Allow-Methods': 'POST, GET',
  'Access-Control-Expose-Headers':
    'Content-Length, Access-Control-Allow-Origin, Access-Control-Allow-Headers, Content-Type, New-Token, New-Expires-At',
  'Access-Control-Allow-Credentials': 'true',
} as const;

/** Bodies are held in memory; what comes beyond is told to come again. */
const MAX_IN_FLIGHT = 128;
const RETRY_AFTER_S = '5';
const OPEN: Principal = { ownerId: MAIN_OWNER, tokenName: 'none', scopes: ['read', 'submit'] };

/** The layers of contract 2.2, in its order: CORS, access log, crash guard, token, routing, handler. */
export function finalripApp(context: Context): Middleware {
  const { clock, logger } = context.parts;
  const inFlight = new InFlight(MAX_IN_FLIGHT);
  return (ctx) =>
    inFlight.run(async (fits) => {
      ctx.set(CORS);
      if (ctx.method === 'OPTIONS') return sendJson(ctx, 'Options Request!');
      const fromMs = clock.monotonicMs();
      try {
        if (!fits) throw new FinalripError('too many requests at once: try again', 503);
        await serve(context, ctx);
      } catch (error) {
        sendFailure(context, ctx, error);
      } finally {
        const ms = Math.round(clock.monotonicMs() - fromMs);
        logger.info({ method: ctx.method, path: ctx.path, status: ctx.status, ms }, 'FinalRip request');
      }
    });
}

async function serve(context: Context, ctx: Exchange): Promise<void> {
  const caller = await callerOf(context, ctx);
  const route = ROUTES.get(ctx.path);
  if (route?.method !== ctx.method) return sendNoRoute(ctx);
  checkScope(caller, route.scope);
  const request = await readRequest(ctx, route.struct);
  const data = await route.handle(context, request, caller.ownerId);
  if (data instanceof AnswerBytes) sendBody(ctx, data.bytes);
  else sendJson(ctx, data === undefined ? { success: true } : { data, success: true });
}

async function callerOf({ settings, parts }: Context, ctx: Exchange): Promise<Principal> {
  if (settings.auth === 'none') return OPEN;
  const secret = ctx.get('token') || bearerSecret(ctx.get('authorization'));
  const principal = secret ? await parts.grid.accounts.authenticate(secret) : undefined;
  // An agent's token is no user's.
  const user = principal && (hasScope(principal, 'read') ? principal : undefined);
  if (user === undefined) throw new FinalripError(MESSAGES.token);
  return user;
}

/** A trailing slash is redirected, all else is the text that clients of the reference know; never 405. */
function sendNoRoute(ctx: Exchange): void {
  const route: Route | undefined = ctx.path.endsWith('/') ? ROUTES.get(ctx.path.slice(0, -1)) : undefined;
  ctx.type = 'text/plain; charset=utf-8';
  if (route?.method === ctx.method) {
    ctx.status = ctx.method === 'GET' ? 301 : 307;
    ctx.set('Location', ctx.path.slice(0, -1) + ctx.search);
    ctx.body = '';
  } else {
    ctx.status = 404;
    ctx.body = '404 page not found';
  }
}

function sendJson(ctx: Exchange, body: unknown): void {
  sendBody(ctx, JSON.stringify(body));
}

function sendBody(ctx: Exchange, json: string | Buffer): void {
  ctx.status = 200;
  ctx.type = 'application/json; charset=utf-8';
  ctx.body = json;
}

function sendFailure({ parts }: Context, ctx: Exchange, thrown: unknown): void {
  const failure = thrown instanceof FinalripError ? thrown : explain(parts, thrown);
  sendJson(ctx, { error: { message: failure.message }, success: false });
  ctx.status = failure.status;
  if (failure.status === 503) ctx.set('Retry-After', RETRY_AFTER_S);
  // The rest of a body that was too large is not read.
  if (failure.status === 413) ctx.set('Connection', 'close');
}

/** The crash guard: what is meant for people is told, a service that is away is 503, the rest is in the log. */
function explain({ ids, logger }: Context['parts'], thrown: unknown): FinalripError {
  const error = toGridError(thrown);
  if (error.code === 'unavailable' || error.code === 'resource_exhausted')
    return new FinalripError(error.message, 503);
  if (error.code !== 'internal') return new FinalripError(error.message);
  const incident = ids.uuid();
  logger.error(
    { incident, error: error.message, stack: error.cause ?? error.stack },
    'FinalRip request failed',
  );
  return new FinalripError(`internal error, incident ${incident}`);
}
