import type Router from '@koa/router';
import type { RouterContext } from '@koa/router';
import { GridError } from '../../shared/errors.ts';
import { ownerFilter, type Scope } from '../domain/account.ts';
import { jobRequest } from '../domain/requests.ts';
import type { HistoryQuery, JobView } from '../grid/face.ts';
import { requireScope, type ApiDeps } from './context.ts';
import { param } from './param.ts';
import { traceparentOf } from './tracing.ts';
import { readJson, readQuery } from './read-body.ts';
import { jobHistoryQuery, jobQuery, pageQuery, resultQuery } from './schemas.ts';
import { sendPicture } from './send-picture.ts';
import { sendJobEvents } from './job-events.ts';
import { JobFeeds } from './job-feed.ts';
import { fileView, historyView, jobDetail, jobView, taskView } from './views.ts';

const RESULT_URL_EXPIRY_S = 6 * 3600;
const MAX_KEY_CHARS = 200;

/** Jobs of the own API. */
export function jobRoutes(router: Router, deps: ApiDeps): void {
  const { jobs } = deps.grid;
  const feeds = new JobFeeds({ jobs, clock: deps.clock });

  /** The job of the path, if the caller may see it. */
  const named = async (ctx: RouterContext, scope: Scope): Promise<JobView> => {
    const principal = await requireScope(deps, ctx, scope);
    return jobs.get(param(ctx, 'id'), ownerFilter(principal));
  };

  router.post('/jobs', async (ctx) => submit(ctx, deps));

  router.get('/jobs', async (ctx) => list(ctx, deps));

  router.get('/jobs/:id', async (ctx) => {
    const job = await named(ctx, 'read');
    const [tasks, waiting, details] = await Promise.all([
      jobs.briefTasks(job.jobId),
      jobs.explainJob(job.jobId),
      deps.dialectDetails(job),
    ]);
    ctx.body = { ...jobDetail(job, tasks, waiting), dialect_details: details };
  });

  router.get('/jobs/:id/events', async (ctx) => {
    await sendJobEvents(ctx, { ...deps, feeds }, await named(ctx, 'read'));
  });

  router.get('/jobs/:id/tasks', async (ctx) => {
    const { jobId } = await named(ctx, 'read');
    const page = await jobs.listTasks({ jobId, ...pageOf(ctx) });
    ctx.body = { tasks: page.items.map(taskView), next_cursor: page.nextCursor ?? null };
  });

  router.get('/jobs/:id/history', async (ctx) => {
    const { jobId } = await named(ctx, 'read');
    const page = await deps.grid.events.history({ jobId, ...historyOf(ctx) });
    ctx.body = { events: page.items.map(historyView), next_cursor: page.nextCursor ?? null };
  });

  router.post('/jobs/:id/cancel', async (ctx) => {
    const { jobId } = await named(ctx, 'submit');
    ctx.body = jobView(await jobs.cancel(jobId));
  });

  router.post('/jobs/:id/retry', async (ctx) => {
    const { jobId } = await named(ctx, 'submit');
    ctx.body = jobView(await jobs.retry(jobId));
  });

  router.delete('/jobs/:id', async (ctx) => {
    const { jobId } = await named(ctx, 'submit');
    await jobs.remove(jobId);
    ctx.status = 204;
  });

  router.get('/jobs/:id/files', async (ctx) => {
    const { jobId } = await named(ctx, 'read');
    ctx.body = { files: (await jobs.signedFiles(jobId, RESULT_URL_EXPIRY_S)).map(fileView) };
  });

  router.get('/jobs/:id/clips/:clip/thumbnail', async (ctx) => {
    const { jobId } = await named(ctx, 'read');
    const clip = param(ctx, 'clip');
    const artifact = /^\d{1,9}$/.test(clip) ? await jobs.thumbnail(jobId, Number(clip)) : undefined;
    if (artifact === undefined) {
      const message = `clip ${JSON.stringify(clip)} of job ${jobId} has no picture: it is there once the clip is encoded`;
      throw new GridError('not_found', message, { details: { field: 'clip', value: clip } });
    }
    await sendPicture(ctx, deps, { artifact, type: 'image/jpeg' });
  });

  router.get('/jobs/:id/result', async (ctx) => {
    const { jobId } = await named(ctx, 'read');
    const { disposition } = readQuery(ctx, resultQuery);
    ctx.redirect(await jobs.resultUrl(jobId, RESULT_URL_EXPIRY_S, disposition));
    ctx.status = 307;
  });
}

function pageOf(ctx: RouterContext): { limit: number; cursor?: string } {
  const { limit, cursor } = readQuery(ctx, pageQuery);
  return { limit, ...(cursor === undefined ? {} : { cursor }) };
}

function historyOf(ctx: RouterContext): Omit<HistoryQuery, 'jobId'> {
  const { task_id: taskId, limit, cursor } = readQuery(ctx, jobHistoryQuery);
  return { limit, ...(taskId === undefined ? {} : { taskId }), ...(cursor === undefined ? {} : { cursor }) };
}

async function list(ctx: RouterContext, deps: ApiDeps): Promise<void> {
  const principal = await requireScope(deps, ctx, 'read');
  const {
    state,
    shape,
    dialect,
    name,
    limit,
    cursor,
    idempotency_key: idempotencyKey,
  } = readQuery(ctx, jobQuery);
  // Keys are each owner's own, an administrator's too.
  const ownerId = idempotencyKey === undefined ? ownerFilter(principal) : principal.ownerId;
  const page = await deps.grid.jobs.list({
    limit,
    ...(ownerId === undefined ? {} : { ownerId }),
    ...(state === undefined ? {} : { states: state }),
    ...(dialect === undefined ? {} : { dialect }),
    ...(name === undefined ? {} : { name }),
    ...(shape === undefined ? {} : { shape }),
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    ...(cursor === undefined ? {} : { cursor }),
  });
  ctx.body = { jobs: page.items.map(jobView), next_cursor: page.nextCursor ?? null };
}

async function submit(ctx: RouterContext, deps: ApiDeps): Promise<void> {
  const { ownerId } = await requireScope(deps, ctx, 'submit');
  const key = ctx.get('idempotency-key');
  if (key.length > MAX_KEY_CHARS) {
    const details = { field: 'Idempotency-Key', value: key };
    throw new GridError('invalid_argument', `Idempotency-Key is longer than ${MAX_KEY_CHARS} characters`, {
      details,
    });
  }
  const request = await readJson(ctx, jobRequest);
  const job = await deps.grid.jobs.submitFilm({
    ownerId,
    request,
    ...(key === '' ? {} : { idempotencyKey: key }),
    traceparent: traceparentOf(ctx),
  });
  ctx.status = 201;
  ctx.set('Location', `/api/v1/jobs/${job.jobId}`);
  const waiting = await deps.grid.jobs.explainJob(job.jobId);
  ctx.body = { ...jobView(job), waiting };
}
