import type { Context, Middleware } from 'koa';
import { readPageFiles, type PageFile, type PageFiles } from './page-files.ts';

export interface DashboardOptions {
  /** Where the build wrote it. */
  readonly folder: string;
  /** Origins that the page may load films and images from, and upload to, beside its own. */
  readonly objectOrigins: readonly string[];
}

/** What its files may be called. */
const FILES = /^\/(?:assets\/)?[^/]+\.[a-z0-9]+$/;

/** The page's own paths: each answers with index.html, and the page looks at the path by itself. */
const PAGES = /^\/(?:jobs\/[^/]+|agents(?:\/[^/]+)?|grid|submit|tokens)?$/;

const NOT_BUILT = `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>clipgrid</title>
<h1>The dashboard is not built</h1>
<p>The coordinator runs, and its API answers below <code>/api/v1</code>. To build the page, run this in the
folder of clipgrid, then load this page again:</p>
<pre>npm run setup</pre>
</html>
`;

/** What a browser may do with the page: load from here and from the object store, be framed by nobody. */
export function securityHeaders(objectOrigins: readonly string[]): Record<string, string> {
  const here = ["'self'", ...objectOrigins].join(' ');
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "font-src 'self'",
    "manifest-src 'self'",
    `img-src ${here} data: blob:`,
    `media-src ${here} blob:`,
    `connect-src ${here}`,
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ];
  return {
    'Content-Security-Policy': policy.join('; '),
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
  };
}

/** Serves the built page: index.html for its paths, and its files. All other paths are left to whoever comes next. */
export function dashboard(options: DashboardOptions): Middleware {
  const headers = securityHeaders(options.objectOrigins);
  let known: PageFiles | undefined;
  return async (ctx, next) => {
    if (ctx.method !== 'GET' && ctx.method !== 'HEAD') return next();
    const isPage = PAGES.test(ctx.path);
    if (!isPage && !FILES.test(ctx.path)) return next();
    // Read when somebody wants it, and kept: a page that is built later is found then.
    known ??= await readPageFiles(options.folder);
    const file = isPage ? known?.get('/index.html') : known?.get(ctx.path);
    if (file === undefined && !isPage) return next();
    ctx.set(headers);
    if (file === undefined) return sendNotBuilt(ctx);
    sendFile(ctx, file);
  };
}

function sendNotBuilt(ctx: Context): void {
  ctx.status = 503;
  ctx.set('Cache-Control', 'no-store');
  ctx.type = 'text/html; charset=utf-8';
  ctx.body = NOT_BUILT;
}

function sendFile(ctx: Context, file: PageFile): void {
  const packed = file.gzipped !== undefined && ctx.acceptsEncodings('gzip', 'identity') === 'gzip';
  ctx.status = 200;
  ctx.vary('Accept-Encoding');
  ctx.etag = packed ? `${file.hash}-gz` : file.hash;
  ctx.set('Cache-Control', file.immutable ? 'public, max-age=31536000, immutable' : 'no-cache');
  if (ctx.fresh) {
    ctx.status = 304;
    return;
  }
  ctx.type = file.type;
  if (packed) ctx.set('Content-Encoding', 'gzip');
  ctx.body = packed ? file.gzipped : file.bytes;
}
