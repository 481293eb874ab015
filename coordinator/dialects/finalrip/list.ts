import type { JobView } from '../../grid/face.ts';
import type { Bound } from './binding.ts';
import type { Context } from './context.ts';
import { FinalripError, MESSAGES } from './messages.ts';
import { resultKey } from './names.ts';
import { AnswerBytes } from './shared-reads.ts';
import type { TaskRow } from './store.ts';
import { creation, failureOf, stateOf, statusOf, type State } from './views.ts';

const PAGE = 1000;

async function jobsOf({ parts }: Context, ownerId: string): Promise<ReadonlyMap<string, JobView>> {
  const jobs = new Map<string, JobView>();
  let cursor: string | undefined;
  do {
    const page = await parts.grid.jobs.list({
      ownerId,
      dialect: 'finalrip',
      limit: PAGE,
      ...(cursor === undefined ? {} : { cursor }),
    });
    for (const job of page.items) jobs.set(job.jobId, job);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return jobs;
}

interface Entry {
  readonly row: TaskRow;
  readonly job: JobView | undefined;
  readonly state: State;
}

async function item({ buckets, urls, settings }: Context, { row, job, state }: Entry): Promise<object> {
  const key = row.video_key;
  const bucket = await buckets.of(row.owner_id);
  const completed = state === 'completed';
  return {
    key,
    url: await urls.object(bucket, key),
    encode_key: completed ? resultKey(key) : '',
    encode_url: completed ? await urls.object(bucket, resultKey(key)) : '',
    encode_param: row.encode_param,
    script: row.script,
    status: statusOf(state),
    ...creation(row, settings.createAt),
    state,
    failure: failureOf(state, job),
  };
}

/** `list`: newest first, those whose status has a true flag. */
export async function list(context: Context, request: Bound, ownerId: string): Promise<AnswerBytes> {
  const flags = ['pending', 'running', 'completed'].map((flag) => request.flag(flag));
  const page = [request.text('q'), request.number('offset'), request.number('limit')];
  const name = JSON.stringify(['list', ownerId, flags, page]);
  try {
    return await context.reads.get(
      name,
      async () => new AnswerBytes(JSON.stringify(await read(context, request, ownerId))),
    );
  } catch (error) {
    context.parts.logger.error({ error: String(error) }, 'FinalRip tasks cannot be listed');
    throw new FinalripError(MESSAGES.list);
  }
}

async function read(context: Context, request: Bound, ownerId: string): Promise<object[]> {
  const rows = await context.store.list(ownerId, request.text('q'));
  const [results, jobs] = await Promise.all([
    context.store.publishedResults(ownerId),
    jobsOf(context, ownerId),
  ]);
  const entries = rows.map((row): Entry => {
    const job = row.job_id === null ? undefined : jobs.get(row.job_id);
    const shown = job?.result !== undefined && results.get(row.task_id) === job.result.sha256;
    return { row, job, state: stateOf(row, job, shown) };
  });
  const wanted = entries.filter(({ state }) => request.flag(statusOf(state)) === true);
  const from = Math.max(0, request.number('offset'));
  const limit = request.number('limit');
  const page = wanted.slice(from, limit > 0 ? from + limit : undefined);
  return Promise.all(page.map((entry) => item(context, entry)));
}
