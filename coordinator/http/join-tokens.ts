import type Router from '@koa/router';
import { nameOf } from '../domain/account.ts';
import { requireScope, type ApiDeps } from './context.ts';
import { param } from './param.ts';
import { readJson } from './read-body.ts';
import { joinTokenRequest } from './schemas.ts';
import { joinTokenView } from './views.ts';

/** Tokens that let machines join. */
export function joinTokenRoutes(router: Router, deps: ApiDeps): void {
  const { enrolment } = deps.grid;

  router.post('/join-tokens', async (ctx) => {
    const createdBy = nameOf(await requireScope(deps, ctx, 'admin'));
    const { uses, expires_seconds: expiresS } = await readJson(ctx, joinTokenRequest);
    const { secret, ...token } = await enrolment.createJoinToken({ uses, expiresS, createdBy });
    ctx.status = 201;
    ctx.set('Cache-Control', 'no-store');
    ctx.body = { ...joinTokenView(token), join_token: secret };
  });

  router.get('/join-tokens', async (ctx) => {
    await requireScope(deps, ctx, 'admin');
    ctx.body = { join_tokens: (await enrolment.listJoinTokens()).map(joinTokenView) };
  });

  router.delete('/join-tokens/:id', async (ctx) => {
    await requireScope(deps, ctx, 'admin');
    await enrolment.revokeJoinToken(param(ctx, 'id'));
    ctx.status = 204;
  });
}
