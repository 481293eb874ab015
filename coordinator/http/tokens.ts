import type Router from '@koa/router';
import { requireScope, type ApiDeps } from './context.ts';
import { param } from './param.ts';
import { readJson } from './read-body.ts';
import type { TokenResponse } from './responses.ts';
import { tokenRequest } from './schemas.ts';

/** Tokens of people and programs. */
export function tokenRoutes(router: Router, deps: ApiDeps): void {
  const { accounts } = deps.grid;

  router.post('/tokens', async (ctx) => {
    await requireScope(deps, ctx, 'admin');
    const { name, owner = name, scopes } = await readJson(ctx, tokenRequest);
    const { secret } = await accounts.createToken({ ownerId: owner, name, scopes });
    ctx.status = 201;
    ctx.set('Cache-Control', 'no-store');
    ctx.body = { name, owner, scopes, token: secret };
  });

  router.get('/tokens', async (ctx) => {
    await requireScope(deps, ctx, 'admin');
    const tokens = (await accounts.listTokens()).map(
      ({ ownerId, name, scopes, createdAt }): TokenResponse => ({
        name,
        owner: ownerId,
        scopes: [...scopes],
        created_at: createdAt.toISOString(),
      }),
    );
    ctx.body = { tokens };
  });

  router.delete('/tokens/:owner/:name', async (ctx) => {
    await requireScope(deps, ctx, 'admin');
    await accounts.revokeToken(param(ctx, 'owner'), param(ctx, 'name'));
    ctx.status = 204;
  });
}
