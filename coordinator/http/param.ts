import type { RouterContext } from '@koa/router';

/** A path parameter of the route; ids are judged by what they are looked up in. */
export function param(ctx: RouterContext, name: string): string {
  const params = ctx.params as Readonly<Record<string, string | undefined>>;
  return params[name] ?? '';
}
