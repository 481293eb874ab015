import { extname } from 'node:path';
import type { Context as Exchange } from 'koa';
import type { Context } from './context.ts';
import { textFile, type NamedFile } from './name-store.ts';
import { MASTER_NAME, publishedFile } from './paths.ts';
import { masterPlaylist } from './playlists.ts';

const PLAYLIST = { type: 'application/vnd.apple.mpegurl', cache: 'no-cache' } as const;
const TRACK = { type: 'text/vtt; charset=utf-8', cache: 'no-cache' } as const;
const SHEET = { type: 'image/jpeg', cache: 'max-age=3600' } as const;
const SEGMENT = { type: 'video/mp2t', cache: 'max-age=31536000, immutable' } as const;

const KINDS: Readonly<Record<string, { type: string; cache: string }>> = {
  '.m3u8': PLAYLIST,
  '.vtt': TRACK,
  '.jpg': SHEET,
  '.ass': { type: 'text/x-ssa; charset=utf-8', cache: 'no-cache' },
  '.ttf': { type: 'font/ttf', cache: 'no-cache' },
  '.otf': { type: 'font/otf', cache: 'no-cache' },
  '.ttc': { type: 'font/collection', cache: 'no-cache' },
};

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

/** The master is made of what the folder has now: it never lists what went with its job. */
async function findFile(
  { names, sounds, subtitles }: Context,
  dstPath: string,
  name: string,
): Promise<NamedFile | undefined> {
  if (name === MASTER_NAME) {
    const renditions = await names.renditions(dstPath);
    if (renditions.length === 0) return undefined;
    const listed = [await sounds.published(dstPath), await subtitles.published(dstPath)] as const;
    return textFile(name, masterPlaylist(renditions, ...listed));
  }
  const row = await names.find(dstPath, name);
  if (row === undefined) return undefined;
  const { bucket, object_key: key, body, sha256 } = row;
  return { name, sha256, content: bucket !== null && key !== null ? { bucket, key } : (body ?? '') };
}

/** Whether the path is one of a published file; then it is answered. */
export async function serveMedia(context: Context, ctx: Exchange): Promise<boolean> {
  const { parts } = context;
  const path = publishedFile(ctx.path);
  const file = path && (await findFile(context, path.dstPath, path.name));
  if (file === undefined) return false;
  const { type, cache } = KINDS[extname(file.name)] ?? SEGMENT;
  const content = typeof file.content === 'string' ? Buffer.from(file.content) : file.content;
  const headers = {
    'Content-Type': type,
    'Cache-Control': cache,
    ETag: `"${file.sha256}"`,
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
