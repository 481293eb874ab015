import type Router from '@koa/router';
import type { RouterContext } from '@koa/router';
import { ownerFilter, type Scope } from '../domain/account.ts';
import { requireScope, type ApiDeps } from './context.ts';
import { param } from './param.ts';
import { taskView } from './views.ts';

/** Single tasks of jobs. */
export function taskRoutes(router: Router, deps: ApiDeps): void {
  const { jobs } = deps.grid;

  /** The task of the path, if the caller may see its job. */
  const named = async (ctx: RouterContext, scope: Scope) => {
    const principal = await requireScope(deps, ctx, scope);
    return jobs.task(param(ctx, 'id'), ownerFilter(principal));
  };

  router.get('/tasks/:id', async (ctx) => {
    ctx.body = taskView(await named(ctx, 'read'));
  });

  router.post('/tasks/:id/cancel', async (ctx) => {
    const { taskId } = await named(ctx, 'submit');
    ctx.body = taskView(await jobs.cancelTask(taskId));
  });

  router.post('/tasks/:id/retry', async (ctx) => {
    const { taskId } = await named(ctx, 'submit');
    ctx.body = taskView(await jobs.retryTask(taskId));
  });
}
