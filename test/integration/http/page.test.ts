import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, request, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import Koa from 'koa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dashboard } from '../../../coordinator/http/dashboard.ts';

const SCRIPT = 'export const frames = 1;\n'.repeat(100);
const PATHS = ['/', '/jobs/1', '/agents', '/agents/render-7', '/grid', '/submit', '/tokens'];

let folder: string;
let port: number;
let server: Server;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clipgrid-page-'));
  const app = new Koa();
  app.use(dashboard({ folder: join(folder, 'dist'), objectOrigins: ['https://objects.example'] }));
  server = createServer(app.callback());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
});
afterAll(async () => {
  server.close();
  await rm(folder, { recursive: true, force: true });
});

/** By hand: `fetch` unpacks bodies and keeps headers of its own. */
async function get(path: string, headers: Record<string, string> = {}, method = 'GET') {
  const sent = request({ port, host: '127.0.0.1', path, method, headers }).end();
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  return { status: answer.statusCode, headers: answer.headers, body: await buffer(answer) };
}

test('a page that is not built says so, and is found once it is', async () => {
  const before = await get('/agents');
  expect(before.status).toBe(503);
  expect(before.body.toString()).toContain('npm run setup');
  expect(before.headers['content-security-policy']).toContain("default-src 'none'");
  await mkdir(join(folder, 'dist', 'assets'), { recursive: true });
  await writeFile(join(folder, 'dist', 'index.html'), '<!doctype html><title>page</title>');
  await writeFile(join(folder, 'dist', 'assets', 'main-abc.js'), SCRIPT);
  await writeFile(join(folder, 'dist', 'secret.env'), 'a=b');
  for (const path of PATHS) {
    const page = await get(path);
    expect([path, page.status, page.headers['content-type']]).toEqual([
      path,
      200,
      'text/html; charset=utf-8',
    ]);
    expect(page.body.toString()).toContain('<title>page</title>');
  }
});

test('other paths, methods and kinds of files are left to who comes next', async () => {
  const left = ['/jobs', '/jobs/1/2', '/elsewhere', '/api/v1/health', '/secret.env', '/assets/../secret.env'];
  for (const path of left) expect([path, (await get(path)).status]).toEqual([path, 404]);
  expect((await get('/', {}, 'POST')).status).toBe(404);
});

test('files with a hash in their name are kept for ever, the page is asked for again; both by ETag', async () => {
  const asset = await get('/assets/main-abc.js');
  expect(asset.headers['cache-control']).toBe('public, max-age=31536000, immutable');
  expect(asset.headers['content-type']).toBe('text/javascript; charset=utf-8');
  const page = await get('/');
  expect(page.headers['cache-control']).toBe('no-cache');
  for (const [path, { headers }] of [
    ['/assets/main-abc.js', asset],
    ['/', page],
  ] as const) {
    const again = await get(path, { 'if-none-match': `"other", ${headers.etag}` });
    expect([again.status, again.body.length, again.headers.etag]).toEqual([304, 0, headers.etag]);
    expect((await get(path, { 'if-none-match': '"other"' })).status).toBe(200);
  }
});

test('who takes gzip gets it, with an ETag of its own', async () => {
  const plain = await get('/assets/main-abc.js');
  const packed = await get('/assets/main-abc.js', { 'accept-encoding': 'br, gzip' });
  expect(packed.headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'Accept-Encoding' });
  expect(plain.headers['content-encoding']).toBeUndefined();
  expect(packed.headers.etag).not.toBe(plain.headers.etag);
  expect(packed.body.length).toBeLessThan(plain.body.length / 4);
  expect(gunzipSync(packed.body).equals(plain.body)).toBe(true);
  const refused = await get('/assets/main-abc.js', { 'accept-encoding': 'gzip;q=0' });
  expect(refused.headers['content-encoding']).toBeUndefined();
});

test('the page may run nothing but its own scripts, and be framed by nobody', async () => {
  const { headers } = await get('/');
  const policy = new Map(
    headers['content-security-policy']
      ?.toString()
      .split('; ')
      .map((part): [string, string] => [part.split(' ')[0] ?? '', part.split(' ').slice(1).join(' ')]),
  );
  expect(Object.fromEntries(policy)).toMatchObject({
    'default-src': "'none'",
    'script-src': "'self'",
    'style-src': "'self'",
    'connect-src': "'self' https://objects.example",
    'media-src': "'self' https://objects.example blob:",
    'frame-ancestors': "'none'",
  });
  expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' });
});
