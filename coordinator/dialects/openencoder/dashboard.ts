import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { extname, join, normalize } from 'node:path';
import type { Context as Exchange, Middleware } from 'koa';
import type { Logger } from '../../../shared/logger.ts';

const OWN_PAGE = join(import.meta.dirname, 'page');
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.ico': 'image/x-icon',
  '.woff': 'font/woff',
  '.woff2': 'font/woff2',
  '.ttf': 'font/ttf',
  '.txt': 'text/plain; charset=utf-8',
};

/** A file below `folder`; undefined: there is none, or the path leads out. */
async function fileAt(
  folder: string,
  path: string,
): Promise<{ file: string; sizeBytes: number } | undefined> {
  let name: string;
  try {
    name = decodeURIComponent(path);
  } catch {
    return undefined;
  }
  const parts = name.split(/[/\\]/);
  // Nothing hidden, nothing outside; what the folder links to is the operator's own doing.
  if (name.includes('\0') || parts.some((part) => part.startsWith('.'))) return undefined;
  const file = join(folder, normalize(name));
  const found = await stat(file).catch(() => undefined);
  return found?.isFile() ? { file, sizeBytes: found.size } : undefined;
}

/** Files below `/dashboard/`; whatever is no file is the index page, which finds its way by the address itself. */
export function dashboardApp(folder: string | undefined, logger: Logger): Middleware {
  const root = folder ?? OWN_PAGE;
  return async (ctx) => {
    if (ctx.method !== 'GET' && ctx.method !== 'HEAD') return refuse(ctx, 405, 'method not allowed');
    if (ctx.path === '/' || ctx.path === '/dashboard') {
      ctx.status = 301;
      ctx.set('Location', ctx.path === '/' ? '/dashboard' : '/dashboard/');
      ctx.body = '';
      return;
    }
    if (!ctx.path.startsWith('/dashboard/')) return refuse(ctx, 404, 'not found');
    const wanted = await fileAt(root, ctx.path.slice('/dashboard/'.length));
    const found = wanted ?? (await fileAt(root, 'index.html'));
    if (found === undefined) {
      logger.warn({ folder: root }, 'the dashboard has no index.html');
      return refuse(ctx, 404, 'not found');
    }
    ctx.set('X-Content-Type-Options', 'nosniff');
    ctx.type = TYPES[extname(found.file)] ?? 'application/octet-stream';
    ctx.length = found.sizeBytes;
    ctx.body = ctx.method === 'HEAD' ? '' : createReadStream(found.file);
    if (ctx.method === 'HEAD') ctx.length = found.sizeBytes;
  };
}

function refuse(ctx: Exchange, status: number, text: string): void {
  if (status === 405) ctx.set('Allow', 'GET, HEAD');
  ctx.status = status;
  ctx.type = 'text/plain; charset=utf-8';
  ctx.body = text;
}
