import type { Context as Exchange, Middleware } from 'koa';
import { toGridError, type GridError } from '../../../shared/errors.ts';
import { InFlight } from '../../http/in-flight.ts';
import type { Role } from './accounts/roles.ts';
import type { Context } from './context.ts';
import { coded, failure, invalid, OpenencoderError, wrongRole } from './errors.ts';
import type { Answer, Method, RouteTable, Who } from './routes.ts';

/** Bodies are held in memory; what comes beyond is told to come again. */
const MAX_IN_FLIGHT = 512;
const RETRY_AFTER_S = '5';
const RANKS: Record<Role | Who, number> = { anybody: 0, guest: 1, operator: 2, admin: 3 };

/** Everything below `/api` (contract 2.1): CORS where configured, crash guard, routing, token, role, handler. */
export function apiApp(context: Context, table: RouteTable): Middleware {
  const { clock, logger } = context.parts;
  const inFlight = new InFlight(MAX_IN_FLIGHT);
  return (ctx) =>
    inFlight.run(async (fits) => {
      const fromMs = clock.monotonicMs();
      try {
        if (!fits)
          throw failure(503, 'too many requests at once: try again', { 'Retry-After': RETRY_AFTER_S });
        allowOrigin(context, ctx);
        await serve(context, { table, ctx });
      } catch (error) {
        sendFailure(context, ctx, error);
      } finally {
        const ms = Math.round(clock.monotonicMs() - fromMs);
        // The path only: a query may hold a token.
        logger.info({ method: ctx.method, path: ctx.path, status: ctx.status, ms }, 'Open Encoder request');
      }
    });
}

function allowOrigin({ settings }: Context, ctx: Exchange): void {
  const origin = ctx.get('origin');
  if (settings.origins.length > 0) ctx.vary('Origin');
  if (!settings.origins.includes(origin)) return;
  ctx.set('Access-Control-Allow-Origin', origin);
  ctx.set('Access-Control-Allow-Headers', 'Authorization, Content-Type');
  ctx.set('Access-Control-Allow-Methods', 'GET, POST, PUT, DELETE');
}

interface Served {
  readonly table: RouteTable;
  readonly ctx: Exchange;
}

async function serve(context: Context, { table, ctx }: Served): Promise<void> {
  const path = ctx.path.slice('/api'.length);
  if (path === '') return redirect(ctx, '/api/');
  const match = table.match(path);
  if (match === undefined) {
    if (path.endsWith('/') && table.match(path.slice(0, -1)) !== undefined)
      return redirect(ctx, ctx.path.slice(0, -1) + ctx.search);
    throw failure(404, 'Not found');
  }
  const methods = [...match.byMethod.keys()];
  const allow = [...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].join(', ');
  if (ctx.method === 'OPTIONS') {
    ctx.set('Allow', allow);
    ctx.status = 204;
    return;
  }
  const route = match.byMethod.get((ctx.method === 'HEAD' ? 'GET' : ctx.method) as Method);
  if (route === undefined) throw failure(405, 'Method not allowed', { Allow: allow });
  const caller = route.who === 'anybody' ? undefined : await context.callers.of(ctx);
  if (caller !== undefined && RANKS[caller.role] < RANKS[route.who]) throw wrongRole();
  const query = new URLSearchParams(ctx.querystring);
  send(ctx, await route.handle({ ctx, id: idText(match.id), query, caller }));
}

function idText(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return '';
  }
}

function redirect(ctx: Exchange, to: string): void {
  ctx.status = ctx.method === 'GET' || ctx.method === 'HEAD' ? 301 : 307;
  ctx.set('Location', to);
  ctx.body = '';
}

function send(ctx: Exchange, { status, json, headers = {} }: Answer): void {
  ctx.status = status;
  ctx.set(headers);
  ctx.type = 'application/json; charset=utf-8';
  ctx.body = JSON.stringify(json);
}

function sendFailure({ parts }: Context, ctx: Exchange, thrown: unknown): void {
  if (thrown instanceof OpenencoderError)
    return send(ctx, { status: thrown.status, json: thrown.body, headers: thrown.headers });
  const error = toGridError(thrown);
  if (error.code === 'internal') {
    const incident = parts.ids.uuid();
    const stack = error.cause ?? error.stack;
    parts.logger.error({ incident, error: error.message, stack }, 'Open Encoder request failed');
    ctx.set('X-Incident-Id', incident);
  }
  const told = asFailure(error);
  send(ctx, { status: told.status, json: told.body, headers: told.headers });
}

/** What the grid refused, in this dialect's shapes. */
function asFailure(error: GridError): OpenencoderError {
  if (error.code === 'resource_exhausted') {
    const { retryAfterS } = error.details;
    const waitS = typeof retryAfterS === 'number' ? String(retryAfterS) : RETRY_AFTER_S;
    return coded(429, error.message, { 'Retry-After': waitS });
  }
  if (error.code === 'unavailable' || error.code === 'timeout')
    return failure(503, error.message, { 'Retry-After': RETRY_AFTER_S });
  if (error.code === 'invalid_argument') return invalid(error.message);
  if (error.code === 'failed_precondition' || error.code === 'already_exists')
    return failure(409, error.message);
  return error.code === 'not_found' ? failure(404, error.message) : failure(500, 'internal error');
}
