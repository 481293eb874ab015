import type { Middleware } from 'koa';
import type { Service } from '../../../shared/service.ts';
import type { Dialect, DialectParts } from '../dialect.ts';
import { finalripApp } from './app.ts';
import { Buckets } from './buckets.ts';
import type { Context } from './context.ts';
import { DataGateway } from './gateway.ts';
import { createHousekeeper } from './housekeeper.ts';
import { NameGuard } from './name-guard.ts';
import { NameStore } from './name-store.ts';
import { Publisher } from './publisher.ts';
import { TASK_PATH } from './routes.ts';
import type { FinalripSettings } from './settings.ts';
import { SharedReads } from './shared-reads.ts';
import { FinalripStore } from './store.ts';
import { TicketSigner } from './ticket.ts';
import { ensureTokens } from './tokens.ts';
import { GATEWAY_PATH, Urls } from './urls.ts';

const SECRET_BYTES = 32;

/** FinalRip's task API over the grid. The database must have been migrated. */
export async function createFinalrip(settings: FinalripSettings, parts: DialectParts): Promise<Dialect> {
  const { objects, db, clock, publicUrl, ids } = parts;
  const store = new FinalripStore(db);
  const names = new NameStore(db);
  const signer = new TicketSigner(await store.secret(ids.secret(SECRET_BYTES)));
  const context: Context = {
    parts,
    settings,
    store,
    names,
    guard: new NameGuard(names, objects),
    buckets: new Buckets(settings.bucket, objects),
    urls: new Urls({ objects, signer, publicUrl, clock }),
    reads: new SharedReads(),
  };
  const app = finalripApp(context);
  const gateway = new DataGateway(context, signer);
  const mount: Middleware = (ctx, next) => {
    if (ctx.path.startsWith(TASK_PATH)) return app(ctx, next);
    if (ctx.path.startsWith(GATEWAY_PATH)) return gateway.handle(ctx, next);
    return next();
  };
  const services = [preparation(context), new Publisher(context), createHousekeeper(context)];
  const details = async (jobId: string): Promise<Record<string, string>> => {
    const task = await store.byJob(jobId);
    return task === undefined ? {} : { video_key: task.video_key };
  };
  return { name: 'finalrip', port: settings.port, app, mount, details, services };
}

/** What must be there before the first request. */
function preparation({ parts, settings, buckets }: Context): Service {
  return {
    name: 'FinalRip tokens and buckets',
    async start() {
      await ensureTokens(parts, settings);
      await buckets.prepare();
    },
    stop: () => Promise.resolve(),
  };
}
