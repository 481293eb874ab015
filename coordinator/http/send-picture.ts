import type { RouterContext } from '@koa/router';
import type { Artifact } from '../domain/task.ts';
import type { ApiDeps } from './context.ts';

/** RFC 9110, section 13.1.2. Koa's own check yields to `Cache-Control: no-cache`, which `fetch` sends along. */
function knows(ctx: RouterContext, tag: string): boolean {
  const known = ctx.get('if-none-match').split(',');
  return known.some((one) => one.trim().replace(/^W\//, '') === `"${tag}"`);
}

/** Answers with the bytes of a picture that an agent made: a browser that has them already is told so. */
export async function sendPicture(
  ctx: RouterContext,
  { grid }: Pick<ApiDeps, 'grid'>,
  { artifact, type }: { artifact: Artifact; type: 'image/png' | 'image/jpeg' },
): Promise<void> {
  ctx.status = 200;
  ctx.etag = artifact.sha256;
  ctx.set('Cache-Control', 'private, max-age=60');
  ctx.set('X-Content-Type-Options', 'nosniff');
  if (knows(ctx, artifact.sha256)) {
    ctx.status = 304;
    return;
  }
  ctx.type = type;
  ctx.length = artifact.sizeBytes;
  if (ctx.method !== 'HEAD') ctx.body = await grid.jobs.read(artifact);
  // Koa forgets it with each stream.
  ctx.length = artifact.sizeBytes;
}
