import type { IncomingMessage, ServerResponse } from 'node:http';
import Router from '@koa/router';
import Koa, { type Context, type Middleware } from 'koa';
import { GridError, toGridError } from '../../shared/errors.ts';
import type { Tracer } from '../../shared/trace.ts';
import { VERSION } from '../../shared/version.ts';
import { agentRoutes } from './agents.ts';
import type { ApiDeps } from './context.ts';
import { gridRoutes } from './grid.ts';
import { jobRoutes } from './jobs.ts';
import { joinTokenRoutes } from './join-tokens.ts';
import { httpMetrics, type HttpMetrics } from './metrics.ts';
import { openApiDocument } from './openapi.ts';
import { previewRoutes } from './previews.ts';
import { httpTracing } from './tracing.ts';
import { problems } from './problem.ts';
import { sessionRoutes } from './session.ts';
import { taskRoutes } from './tasks.ts';
import { taskLogRoutes } from './task-logs.ts';
import { tokenRoutes } from './tokens.ts';
import { uploadRoutes } from './uploads.ts';

export interface HttpAppOptions extends ApiDeps {
  readonly metrics: HttpMetrics;
  readonly tracer: Tracer;
  /** Serves signed object URLs below `/objects/`; absent where the store has a server of its own. */
  readonly objects?: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  /** Resolves when database and object store can be used; else throws. */
  ready(): Promise<void>;
  /** Served before the own API, e.g. a dialect by its paths. */
  readonly mounts?: readonly Middleware[];
  /** Serves the dashboard's pages and files, and calls on for everything else. */
  readonly dashboard?: Middleware;
}

/** The coordinator's HTTP: the own API, objects, health and metrics. */
export function createHttpApp(options: HttpAppOptions): Koa {
  const app = new Koa();
  // Errors below koa (a client that went away) must not reach the console.
  app.on('error', (error: Error) => options.logger.debug({ error: String(error) }, 'http'));
  app.use(serveObjects(options));
  app.use(httpMetrics(options));
  app.use(httpTracing(options));
  app.use(problems(options));
  for (const mount of options.mounts ?? []) app.use(mount);
  if (options.dashboard) app.use(options.dashboard);
  const router = createApiRouter(options);
  app.use(router.routes());
  app.use((ctx) => refuse(router, ctx));
  return app;
}

/** Every route of the own API. */
export function createApiRouter(options: HttpAppOptions): Router {
  const router = new Router({ prefix: '/api/v1' });
  uploadRoutes(router, options);
  jobRoutes(router, options);
  taskLogRoutes(router, options);
  previewRoutes(router, options);
  agentRoutes(router, options);
  taskRoutes(router, options);
  gridRoutes(router, options);
  joinTokenRoutes(router, options);
  tokenRoutes(router, options);
  sessionRoutes(router, options);
  operations(router, options);
  return router;
}

/** No route took the request: the path is unknown, or the method is. */
function refuse(router: Router, ctx: Context): never {
  const { path } = router.match(ctx.path, ctx.method);
  const methods = [...new Set(path.flatMap((layer) => layer.methods))];
  if (methods.length === 0) {
    const message = `there is nothing at ${ctx.method} ${ctx.path}; see /api/v1/openapi.json`;
    throw new GridError('not_found', message, { details: { field: 'path', value: ctx.path } });
  }
  const allowed = methods.join(', ');
  ctx.set('Allow', allowed);
  const message = `${ctx.path} has no ${ctx.method}: it takes ${allowed}`;
  throw new GridError('method_not_allowed', message, { details: { field: 'method', value: ctx.method } });
}

/** Before anything reads the body: uploads stream through. */
function serveObjects({ objects }: HttpAppOptions): Middleware {
  return async (ctx, next) => {
    if (objects === undefined || !ctx.path.startsWith('/objects/')) return next();
    ctx.respond = false;
    await objects(ctx.req, ctx.res);
  };
}

function operations(router: Router, options: HttpAppOptions): void {
  router.get('/health', (ctx) => {
    ctx.body = { status: 'ok', version: VERSION };
  });
  router.get('/ready', async (ctx) => {
    await options.ready().catch((thrown: unknown) => {
      const cause = toGridError(thrown);
      throw new GridError('unavailable', `not ready: ${cause.message}`, { cause });
    });
    ctx.body = { status: 'ready' };
  });
  router.get('/metrics', async (ctx) => {
    ctx.type = 'text/plain; version=0.0.4; charset=utf-8';
    ctx.body = await options.metrics.render();
  });
  router.get('/openapi.json', (ctx) => {
    ctx.body = openApiDocument();
  });
}
