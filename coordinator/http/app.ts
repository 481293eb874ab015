import type { IncomingMessage, ServerResponse } from 'node:http';
import Router from '@koa/router';
import Koa, { type Middleware } from 'koa';
import { GridError } from '../../shared/errors.ts';
import { agentRoutes } from './agents.ts';
import type { ApiDeps } from './context.ts';
import { jobRoutes } from './jobs.ts';
import { httpMetrics, type HttpMetrics } from './metrics.ts';
import { openApiDocument } from './openapi.ts';
import { problems } from './problem.ts';
import { uploadRoutes } from './uploads.ts';

export interface HttpAppOptions extends ApiDeps {
  readonly metrics: HttpMetrics;
  /** Serves signed object URLs below `/objects/`; absent where the store has a server of its own. */
  readonly objects?: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  /** Resolves when database and object store can be used; else throws. */
  ready(): Promise<void>;
  /** Served before the own API, e.g. a dialect by its paths. */
  readonly mounts?: readonly Middleware[];
}

/** The coordinator's HTTP: the own API, objects, health and metrics. */
export function createHttpApp(options: HttpAppOptions): Koa {
  const app = new Koa();
  // Errors below koa (a client that went away) must not reach the console.
  app.on('error', (error: Error) => options.logger.debug({ error: String(error) }, 'http'));
  app.use(serveObjects(options));
  app.use(httpMetrics(options));
  app.use(problems(options));
  for (const mount of options.mounts ?? []) app.use(mount);
  const router = new Router({ prefix: '/api/v1' });
  uploadRoutes(router, options);
  jobRoutes(router, options);
  agentRoutes(router, options);
  operations(router, options);
  app.use(router.routes());
  app.use(
    router.allowedMethods({
      throw: true,
      methodNotAllowed: () => new GridError('not_found', 'this path has no such method') as never,
      notImplemented: () => new GridError('not_found', 'no path has such a method') as never,
    }),
  );
  app.use((ctx) => {
    throw new GridError(
      'not_found',
      `there is nothing at ${ctx.method} ${ctx.path}; see /api/v1/openapi.json`,
    );
  });
  return app;
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
    ctx.body = { status: 'ok' };
  });
  router.get('/ready', async (ctx) => {
    await options.ready();
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
