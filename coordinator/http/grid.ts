import type Router from '@koa/router';
import { ownerFilter } from '../domain/account.ts';
import { requireScope, type ApiDeps } from './context.ts';
import { GridFeed } from './grid-feed.ts';
import { watchGrid } from './grid-watch.ts';
import { readQuery } from './read-body.ts';
import { gridHistoryQuery } from './schemas.ts';
import { gridView, sampleView } from './views.ts';

/** The grid as a whole: what it does now, what it did, and what changes. Its figures are everybody's. */
export function gridRoutes(router: Router, deps: ApiDeps): void {
  const { stats } = deps.grid;
  const feed = new GridFeed(deps);

  router.get('/grid', async (ctx) => {
    await requireScope(deps, ctx, 'read');
    ctx.body = gridView(await stats.totals());
  });

  router.get('/grid/history', async (ctx) => {
    await requireScope(deps, ctx, 'read');
    const { minutes } = readQuery(ctx, gridHistoryQuery);
    const { intervalS, samples } = await stats.history(minutes);
    ctx.body = { interval_s: intervalS, samples: samples.map(sampleView) };
  });

  router.get('/events', async (ctx) => {
    watchGrid(ctx, deps, { feed, ownerId: ownerFilter(await requireScope(deps, ctx, 'read')) });
  });
}
