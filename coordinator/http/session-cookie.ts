import type { Context } from 'koa';
import { GridError } from '../../shared/errors.ts';

/** Holds the token itself, out of reach of scripts: revoking the token ends every session with it, on every coordinator. */
const NAME = 'clipgrid_session';
const MAX_AGE_S = 30 * 24 * 3600;
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);

/** The token of the request's cookie. */
export function cookieSecret(ctx: Context): string | undefined {
  const value = ctx.cookies.get(NAME);
  if (value === undefined || value === '') return undefined;
  return Buffer.from(value, 'base64url').toString('utf8');
}

/** Sets the cookie to a token, or ends it. */
export function setSessionCookie(ctx: Context, secret: string | undefined): void {
  const value = secret === undefined ? '' : Buffer.from(secret, 'utf8').toString('base64url');
  const age = secret === undefined ? 0 : MAX_AGE_S;
  // Behind a proxy that speaks TLS the browser's own word counts.
  const secure = ctx.secure || ctx.get('origin').startsWith('https:') ? '; Secure' : '';
  ctx.append('Set-Cookie', `${NAME}=${value}; Path=/; Max-Age=${age}; HttpOnly; SameSite=Strict${secure}`);
}

type Sender = 'own page' | 'foreign page' | 'unknown';

/** Who sends it, by what browsers add to requests and pages cannot change. Over plain HTTP many send no `Sec-Fetch-Site`. */
function senderOf(ctx: Context): Sender {
  const site = ctx.get('sec-fetch-site');
  if (site !== '') return site === 'same-origin' || site === 'none' ? 'own page' : 'foreign page';
  const origin = ctx.get('origin');
  if (origin === '') return 'unknown';
  return URL.canParse(origin) && new URL(origin).host === ctx.host ? 'own page' : 'foreign page';
}

function refuse(ctx: Context, message: string): never {
  const details = { field: 'Origin', value: ctx.get('origin') || ctx.get('sec-fetch-site') };
  throw new GridError('permission_denied', message, { details });
}

/** A page of another site changes nothing here, whoever its reader is. Programs that are no browser say nothing and may. */
export function refuseForeignPage(ctx: Context): void {
  if (SAFE.has(ctx.method) || senderOf(ctx) !== 'foreign page') return;
  refuse(ctx, 'a page of another site asked for this: open the dashboard of this grid, or send a token');
}

/** A cookie goes along by itself, so what changes something needs the word of the browser that our own page asked. */
export function requireOwnPage(ctx: Context): void {
  if (SAFE.has(ctx.method) || senderOf(ctx) === 'own page') return;
  refuse(
    ctx,
    'a cookie alone changes nothing: send `Authorization: Bearer TOKEN`, or an Origin of this grid',
  );
}
