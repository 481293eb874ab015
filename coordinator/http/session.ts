import type Router from '@koa/router';
import { GridError } from '../../shared/errors.ts';
import { checkScope, hasScope, LOCAL, type Principal } from '../domain/account.ts';
import { requireScope, type ApiDeps } from './context.ts';
import { readJson } from './read-body.ts';
import type { SessionResponse } from './responses.ts';
import { sessionRequest } from './schemas.ts';
import { refuseForeignPage, setSessionCookie } from './session-cookie.ts';

const SHOWN = ['read', 'submit', 'admin'] as const;

function sessionView(principal: Principal, deps: ApiDeps): SessionResponse {
  const scopes = SHOWN.filter((scope) => hasScope(principal, scope));
  return { owner: principal.ownerId, scopes, auth: deps.auth, agents_port: deps.agentsPort() };
}

/** Sign-in of browsers: the token becomes a cookie, so that images, films, events and links have it, too. */
export function sessionRoutes(router: Router, deps: ApiDeps): void {
  router.get('/session', async (ctx) => {
    ctx.set('Cache-Control', 'no-store');
    ctx.body = sessionView(await requireScope(deps, ctx, 'read'), deps);
  });

  router.post('/session', async (ctx) => {
    refuseForeignPage(ctx);
    ctx.set('Cache-Control', 'no-store');
    const { token } = await readJson(ctx, sessionRequest);
    if (deps.auth === 'none') {
      ctx.body = sessionView(LOCAL, deps);
      return;
    }
    const principal = await deps.grid.accounts.authenticate(token);
    if (principal === undefined) {
      throw new GridError(
        'unauthenticated',
        'there is no such token, or it was revoked: ask whoever runs the grid for one',
      );
    }
    checkScope(principal, 'read');
    setSessionCookie(ctx, token);
    ctx.body = sessionView(principal, deps);
  });

  router.delete('/session', (ctx) => {
    refuseForeignPage(ctx);
    setSessionCookie(ctx, undefined);
    ctx.status = 204;
  });
}
