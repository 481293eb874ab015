import type Router from '@koa/router';
import { ownerFilter } from '../domain/account.ts';
import { requireScope, type ApiDeps } from './context.ts';
import { param } from './param.ts';
import { readJson } from './read-body.ts';
import { drainRequest } from './schemas.ts';
import { agentView, taskView } from './views.ts';

/** The machines of the grid. */
export function agentRoutes(router: Router, deps: ApiDeps): void {
  const { agents } = deps.grid;

  router.get('/agents', async (ctx) => {
    await requireScope(deps, ctx, 'read');
    ctx.body = { agents: (await agents.list()).map(agentView) };
  });

  router.get('/agents/:id', async (ctx) => {
    const principal = await requireScope(deps, ctx, 'read');
    const id = param(ctx, 'id');
    const agent = await agents.get(id);
    // Agents are everybody's to look at; what they work on is its owner's.
    const tasks = await agents.tasks(id, ownerFilter(principal));
    ctx.body = { ...agentView(agent), tasks: tasks.map(taskView) };
  });

  router.post('/agents/:id/drain', async (ctx) => {
    await requireScope(deps, ctx, 'admin');
    const { deadline_seconds: deadlineS, undo } = await readJson(ctx, drainRequest);
    const id = param(ctx, 'id');
    ctx.body = agentView(undo ? await agents.undrain(id) : await agents.drain(id, deadlineS));
  });

  router.post('/agents/:id/revoke', async (ctx) => {
    await requireScope(deps, ctx, 'admin');
    await deps.grid.enrolment.revokeAgent(param(ctx, 'id'));
    ctx.status = 204;
  });
}
