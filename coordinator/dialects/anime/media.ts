import type { Context as Exchange } from 'koa';
import type { Context } from './context.ts';
import { publishedFile } from './paths.ts';

const PLAYLIST = { type: 'application/vnd.apple.mpegurl', cache: 'no-cache' } as const;
const SEGMENT = { type: 'video/mp2t', cache: 'max-age=31536000, immutable' } as const;

/** Players come from other origins, and ask for ranges. */
export function allowOrigins(ctx: Exchange): void {
  ctx.set('Access-Control-Allow-Origin', '*');
  ctx.set('Access-Control-Expose-Headers', 'ETag, Content-Length, Content-Range, Accept-Ranges');
}

/** The answer to a browser that asks whether it may ask. */
export function preflight(ctx: Exchange): void {
  allowOrigins(ctx);
  ctx.set('Access-Control-Allow-Methods', 'GET, HEAD');
  ctx.set(
    'Access-Control-Allow-Headers',
    ctx.get('Access-Control-Request-Headers') || 'Range, Authorization',
  );
  ctx.set('Access-Control-Max-Age', '86400');
  ctx.status = 204;
}

/** Whether the path is one of a published file; then it is answered. */
export async function serveMedia({ names, parts }: Context, ctx: Exchange): Promise<boolean> {
  const file = publishedFile(ctx.path);
  const row = file && (await names.find(file.dstPath, file.name));
  if (row === undefined) return false;
  const { type, cache } = row.name.endsWith('.m3u8') ? PLAYLIST : SEGMENT;
  const { bucket, object_key: key } = row;
  const content = bucket !== null && key !== null ? { bucket, key } : Buffer.from(row.body ?? '');
  const headers = {
    'Content-Type': type,
    'Cache-Control': cache,
    ETag: `"${row.sha256}"`,
    'X-Content-Type-Options': 'nosniff',
  };
  allowOrigins(ctx);
  ctx.respond = false;
  await parts.serveFile(content, headers, { request: ctx.req, response: ctx.res }).catch((error: unknown) => {
    ctx.respond = true;
    throw error;
  });
  return true;
}
