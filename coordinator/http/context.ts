import type { Context } from 'koa';
import type { Clock } from '../../shared/clock.ts';
import { GridError } from '../../shared/errors.ts';
import type { IdSource } from '../../shared/ids.ts';
import type { Logger } from '../../shared/logger.ts';
import { bearerSecret, checkScope, LOCAL, type Principal, type Scope } from '../domain/account.ts';
import type { DialectDetails } from '../grid/dialect-details.ts';
import type { Grid } from '../grid/face.ts';
import { cookieSecret, refuseForeignPage, requireOwnPage } from './session-cookie.ts';

/** What the handlers of the own API share. */
export interface ApiDeps {
  readonly grid: Grid;
  readonly dialectDetails: DialectDetails;
  /** `none`: everybody is an administrator; only for a grid that nobody else can reach. */
  readonly auth: 'none' | 'token';
  /** Where agents connect. */
  agentsPort(): number;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly logger: Logger;
}

/** The token of the header, else that of a browser's session. */
function secretOf(ctx: Context): string | undefined {
  const header = ctx.get('authorization');
  if (header !== '') return bearerSecret(header);
  const secret = cookieSecret(ctx);
  if (secret !== undefined) requireOwnPage(ctx);
  return secret;
}

/** Who makes this request; throws `unauthenticated` or `permission_denied` unless the token has the scope. */
export async function requireScope(deps: ApiDeps, ctx: Context, scope: Scope): Promise<Principal> {
  if (deps.auth === 'none') {
    refuseForeignPage(ctx);
    return LOCAL;
  }
  const secret = secretOf(ctx);
  const principal = secret === undefined ? undefined : await deps.grid.accounts.authenticate(secret);
  if (principal === undefined) {
    ctx.set('WWW-Authenticate', 'Bearer realm="clipgrid"');
    throw new GridError(
      'unauthenticated',
      'send the header `Authorization: Bearer TOKEN` with a valid token',
    );
  }
  checkScope(principal, scope);
  return principal;
}
