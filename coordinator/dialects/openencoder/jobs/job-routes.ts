import type { Context as Exchange } from 'koa';
import { readBody, type Shape } from '../body.ts';
import type { Context } from '../context.ts';
import { failure, invalid, unknown } from '../errors.ts';
import { idOf, sliceOf } from '../paging.ts';
import { ok, type Answer, type Request, type Route } from '../routes.ts';
import { newGuid } from './guid.ts';
import { isStatus, STATUSES } from './job-status.ts';
import type { JobRow, NewJob } from './job-store.ts';
import { fullJobView, jobView, newJobView } from './job-views.ts';
import { leadsOut, sourceKeys } from './places.ts';

const NEW: Shape = {
  name: 'request',
  fields: [
    { name: 'preset', type: 'text', required: true },
    { name: 'source', type: 'text', required: true },
    { name: 'dest', type: 'text', required: true },
  ],
};
const CHANGE: Shape = { name: 'request', fields: [{ name: 'status', type: 'text' }], mayBeEmpty: true };
const MAX_PLACE_CHARS = 4096;

async function readNew({ parts }: Context, ctx: Exchange): Promise<NewJob> {
  const values = await readBody(ctx, NEW);
  const [source, destination] = [values.text('source'), values.text('dest')];
  for (const [name, text] of Object.entries({ source, dest: destination })) {
    if (text.length > MAX_PLACE_CHARS) throw invalid(`${name} is longer than ${MAX_PLACE_CHARS} characters`);
    if (sourceKeys(text).some(leadsOut)) throw invalid(`${name} has a part "." or "..": give the plain key`);
  }
  const guid = newGuid(parts.ids, parts.clock.wallMs());
  return { guid, preset: values.text('preset'), source, destination };
}

async function noPreset({ presets }: Context, name: string): Promise<never> {
  const why = (await presets.byName(name)) ? 'it is not active' : 'there is none of that name';
  throw invalid(`preset is ${JSON.stringify(name.slice(0, 200))}: ${why}`);
}

/** Contract 2.6, and the aliases of the draft page. */
export function jobRoutes(context: Context): Route[] {
  const { jobs, lifecycle } = context;

  async function find(text: string): Promise<JobRow> {
    const id = idOf(text);
    const row = id === undefined ? undefined : await jobs.byId(id);
    if (row === undefined) throw unknown('Job');
    return row;
  }
  async function create({ ctx }: Request): Promise<Answer> {
    const wanted = await readNew(context, ctx);
    const row = (await jobs.create(wanted)) ?? (await noPreset(context, wanted.preset));
    lifecycle.wake();
    return { status: 201, json: { message: 'Job created', status: 200, job: newJobView(row) } };
  }
  async function list({ query }: Request): Promise<Answer> {
    const slice = sliceOf(query);
    const wanted = query.get('status') ?? '';
    if (wanted !== '' && !isStatus(wanted)) return ok({ count: 0, items: [] });
    const status = isStatus(wanted) ? wanted : undefined;
    const { count, items } = await jobs.list(slice, status);
    return ok({ count, items: items.map(jobView) });
  }
  async function get({ id }: Request): Promise<Answer> {
    const row = await find(id);
    const { guid, preset, created_date } = jobView(row);
    return ok({ status: 200, job: fullJobView(row), id: row.job_id, guid, preset, created_date });
  }
  async function put({ ctx, id }: Request): Promise<Answer> {
    const status = (await readBody(ctx, CHANGE)).text('status');
    const row = await find(id);
    if (status !== '' && !isStatus(status))
      throw invalid(`status is ${JSON.stringify(status.slice(0, 100))}: give one of ${STATUSES.join(', ')}`);
    if (status === '' || status === row.status) return ok(jobView(row));
    if (status === 'cancelled') return ok(jobView(await lifecycle.cancel(row.job_id)));
    if (status === 'restarting') return ok(jobView(await lifecycle.restart(row.job_id)));
    throw failure(409, `a job becomes ${status} by itself: only cancelled and restarting can be asked for`);
  }
  async function cancel({ id }: Request): Promise<Answer> {
    await lifecycle.cancel((await find(id)).job_id);
    return ok({ status: 200 });
  }
  async function restart({ id }: Request): Promise<Answer> {
    await lifecycle.restart((await find(id)).job_id);
    return ok({ status: 200 });
  }
  async function status({ id }: Request): Promise<Answer> {
    return ok({ job_status: (await find(id)).status, status: 200 });
  }
  return [
    { method: 'GET', path: '/jobs', who: 'guest', handle: list },
    { method: 'POST', path: '/jobs', who: 'operator', handle: create },
    { method: 'POST', path: '/job', who: 'operator', handle: create },
    { method: 'GET', path: '/jobs/:id', who: 'guest', handle: get },
    { method: 'PUT', path: '/jobs/:id', who: 'operator', handle: put },
    { method: 'GET', path: '/jobs/:id/status', who: 'guest', handle: status },
    { method: 'POST', path: '/jobs/:id/cancel', who: 'operator', handle: cancel },
    { method: 'POST', path: '/jobs/:id/restart', who: 'operator', handle: restart },
  ];
}
