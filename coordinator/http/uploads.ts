import type Router from '@koa/router';
import { ownerFilter } from '../domain/account.ts';
import { partsRequest, uploadRequest } from '../domain/requests.ts';
import { requireScope, type ApiDeps } from './context.ts';
import { param } from './param.ts';
import { readJson } from './read-body.ts';
import { partView, uploadView } from './views.ts';

/** Films on their way in. The bytes go to the signed URLs, past these routes. */
export function uploadRoutes(router: Router, deps: ApiDeps): void {
  const { uploads } = deps.grid;

  router.post('/uploads', async (ctx) => {
    const { ownerId } = await requireScope(deps, ctx, 'submit');
    const { name, size_bytes: sizeBytes } = await readJson(ctx, uploadRequest);
    const signed = await uploads.create({ ownerId, name, ...(sizeBytes === undefined ? {} : { sizeBytes }) });
    ctx.status = 201;
    ctx.set('Location', `/api/v1/uploads/${signed.upload.uploadId}`);
    ctx.body = { ...uploadView(signed.upload), url: signed.url, headers: signed.headers };
  });

  router.get('/uploads', async (ctx) => {
    const { ownerId } = await requireScope(deps, ctx, 'read');
    ctx.body = { uploads: (await uploads.list(ownerId)).map(uploadView) };
  });

  router.get('/uploads/:id', async (ctx) => {
    const principal = await requireScope(deps, ctx, 'read');
    ctx.body = uploadView(await uploads.get(param(ctx, 'id'), ownerFilter(principal)));
  });

  router.get('/uploads/:id/parts', async (ctx) => {
    const { ownerId } = await requireScope(deps, ctx, 'submit');
    const { partBytes, parts } = await uploads.listParts(param(ctx, 'id'), ownerId);
    ctx.body = { part_bytes: partBytes, parts: parts.map(partView) };
  });

  router.post('/uploads/:id/parts', async (ctx) => {
    const { ownerId } = await requireScope(deps, ctx, 'submit');
    const { parts } = await readJson(ctx, partsRequest);
    const { partBytes, urls } = await uploads.signParts(param(ctx, 'id'), ownerId, parts);
    ctx.body = { part_bytes: partBytes, urls };
  });

  router.post('/uploads/:id/complete', async (ctx) => {
    const { ownerId } = await requireScope(deps, ctx, 'submit');
    ctx.body = uploadView(await uploads.complete(param(ctx, 'id'), ownerId));
  });

  router.delete('/uploads/:id', async (ctx) => {
    const { ownerId } = await requireScope(deps, ctx, 'submit');
    await uploads.remove(param(ctx, 'id'), ownerId);
    ctx.status = 204;
  });
}
