import type { Middleware } from 'koa';
import type { Dialect, DialectParts } from '../dialect.ts';
import { accountRoutes } from './accounts/account-routes.ts';
import { Callers } from './accounts/callers.ts';
import { firstAdmin } from './accounts/first-admin.ts';
import { FormerNames } from './accounts/former-names.ts';
import { Tokens } from './accounts/tokens.ts';
import { userRoutes } from './accounts/user-routes.ts';
import { apiApp } from './app.ts';
import type { Context } from './context.ts';
import { dashboardApp } from './dashboard.ts';
import { infoRoutes } from './info-routes.ts';
import { jobDetails } from './jobs/details.ts';
import { Follower } from './jobs/follower.ts';
import { jobRoutes } from './jobs/job-routes.ts';
import { JobStore } from './jobs/job-store.ts';
import { Keeper } from './machines/keeper.ts';
import { machineRoutes } from './machines/machine-routes.ts';
import { openMachines } from './machines/open-machines.ts';
import { Lifecycle } from './jobs/lifecycle.ts';
import { Notices } from './jobs/notices.ts';
import { WorkStore } from './jobs/work-store.ts';
import { presetRoutes } from './presets/preset-routes.ts';
import { PresetStore } from './presets/preset-store.ts';
import { RouteTable, type Route } from './routes.ts';
import type { OpenencoderSettings } from './settings.ts';
import { settingRoutes } from './settings/setting-routes.ts';
import { SettingStore } from './settings/setting-store.ts';
import { storageRoutes } from './storage/storage-routes.ts';
import { workerRoutes } from './workers/worker-routes.ts';

function contextOf(settings: OpenencoderSettings, parts: DialectParts): Context {
  const { db, grid, clock } = parts;
  const tokens = new Tokens(settings.jwtKeys);
  const formerNames = new FormerNames(db);
  const jobs = new JobStore(db);
  const options = new SettingStore(db, grid.secrets);
  return {
    parts,
    settings,
    tokens,
    formerNames,
    callers: new Callers({ users: grid.users, tokens, formerNames, clock }),
    presets: new PresetStore(db),
    jobs,
    options,
    machines: openMachines({ parts, settings: settings.machines, options }),
    lifecycle: new Lifecycle(parts, jobs),
    notices: new Notices(parts, options),
  };
}

function routesOf(context: Context): Route[] {
  return [
    ...infoRoutes(context),
    ...accountRoutes(context),
    ...userRoutes(context),
    ...presetRoutes(context),
    ...settingRoutes(context),
    ...storageRoutes(context),
    ...workerRoutes(context),
    ...machineRoutes(context.machines),
    ...jobRoutes(context),
  ];
}

/** Open Encoder's API over the grid. The database must have been migrated. */
export function createOpenencoder(settings: OpenencoderSettings, parts: DialectParts): Dialect {
  const context = contextOf(settings, parts);
  const table = new RouteTable(routesOf(context));
  const work = new WorkStore(parts.db, parts.ids.randomUuid());
  const follower = new Follower(context, { work, bucket: settings.bucket });
  const api = apiApp(context, table);
  const dashboard = dashboardApp(settings.dashboardFolder, parts.logger);
  const app: Middleware = (ctx, next) =>
    ctx.path === '/api' || ctx.path.startsWith('/api/') ? api(ctx, next) : dashboard(ctx, next);
  const isOwn = (path: string): boolean => {
    if (!path.startsWith('/api/')) return false;
    const below = path.slice('/api'.length);
    return table.match(below) !== undefined || table.match(below.replace(/\/$/, '')) !== undefined;
  };
  const mount: Middleware = (ctx, next) => (isOwn(ctx.path) ? api(ctx, next) : next());
  return {
    name: 'openencoder',
    port: settings.port,
    app,
    mount,
    details: (jobId) => jobDetails(context.jobs, jobId),
    services: [firstAdmin(context), follower, new Keeper(context.machines).service()],
  };
}
