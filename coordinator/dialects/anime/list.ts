import type { Context as Exchange } from 'koa';
import { isUuid } from '../../../shared/ids.ts';
import type { Context } from './context.ts';
import { AnimeError } from './messages.ts';
import { isSuccess } from './states.ts';

const USUAL = 100;
const MOST = 1000;

function first(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}

/** `GET /anime/list`: newest first; `before` is the id of the last one of the page before. */
export async function list({ store }: Context, { query }: Exchange): Promise<object> {
  const limit = Number(first(query['limit']) ?? USUAL);
  if (!Number.isInteger(limit) || limit < 1 || limit > MOST)
    throw new AnimeError(400, `limit must be a number of 1 to ${MOST}`);
  const before = first(query['before']);
  if (before !== undefined && !isUuid(before)) throw new AnimeError(400, 'before must be a task_id');
  const rows = await store.list({ limit, ...(before === undefined ? {} : { before }) });
  const tasks = rows.map((row) => ({
    task_id: row.task_id,
    src_path: row.src_path,
    dst_path: row.dst_path,
    created_at: row.created_at.toISOString(),
    success: isSuccess(row.states.map((state) => state ?? 'PENDING')),
  }));
  return { tasks };
}
