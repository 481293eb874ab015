import type { Context, Middleware } from 'koa';
import type { RouterContext } from '@koa/router';
import { parseTraceparent, type Span, type Tracer } from '../../shared/trace.ts';

const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** The W3C traceparent of what answers this request; empty: it is not traced. */
export function traceparentOf(ctx: Context): string {
  const span = (ctx.state as { span?: Span }).span;
  return span?.traceparent ?? '';
}

/**
 * A span for each request that changes something, or that is part of its client's trace (`traceparent`). Pages and polls
 * that only look are none: there are too many of them.
 */
export function httpTracing({ tracer }: { tracer: Tracer }): Middleware {
  return async (ctx, next) => {
    const said = ctx.get('traceparent');
    const parent = parseTraceparent(said) === undefined ? '' : said;
    if (parent === '' && SAFE.has(ctx.method)) return next();
    const span = tracer.start(`HTTP ${ctx.method}`, parent, { 'http.request.method': ctx.method });
    (ctx.state as { span?: Span }).span = span;
    try {
      await next();
      const route = (ctx as unknown as RouterContext).routerPath;
      span.set({ 'http.response.status_code': ctx.status, 'http.route': route });
      if (ctx.status >= 500) span.fail(`status ${ctx.status}`);
    } finally {
      span.end();
    }
  };
}
