import { sql } from 'kysely';
import type { GridEvent, HistoryEvent, HistoryQuery, Page } from '../../grid/face.ts';
import { isUuid } from '../../../shared/ids.ts';
import type { EventQuery, EventStore } from '../event-store.ts';
import type { Db } from '../transaction.ts';
import { badCursor, noJob } from './job-reads.ts';
import { say } from './say.ts';

interface EventRow {
  sequence: number;
  at: Date;
  type: string;
  job_id: string | null;
  task_id: string | null;
  agent_id: string | null;
  owner_id: string | null;
  data: Record<string, unknown>;
}

function toEvent(row: EventRow): GridEvent {
  return {
    sequence: row.sequence,
    at: row.at,
    type: row.type,
    ...(row.job_id ? { jobId: row.job_id } : {}),
    ...(row.task_id ? { taskId: row.task_id } : {}),
    ...(row.agent_id ? { agentId: row.agent_id } : {}),
    ...(row.owner_id ? { ownerId: row.owner_id } : {}),
    data: row.data,
  };
}

/**
 * Sequence numbers are given before the commit, and a transaction that began later may have a lower one: only in the order of
 * (xid, sequence) are the rows older than every running transaction complete, and nothing comes between them any more.
 */
const SETTLED = sql`xid < pg_snapshot_xmin(pg_current_snapshot())`;

/**
 * Where to go on: behind the event of that number or, when it has been pruned, from the next number that is there. Null,
 * so that nothing fits, when there is none.
 */
function placeOf(sequence: number) {
  if (sequence === 0) return sql`'0'::xid8`;
  return sql`(select e.xid from events e where e.sequence >= ${sequence} order by e.sequence limit 1)`;
}

async function after(db: Db, query: EventQuery): Promise<GridEvent[]> {
  const { rows } = await sql<EventRow>`
    select sequence, at, type, job_id, task_id, agent_id, owner_id, data from events
    where (xid, sequence) > (${placeOf(query.afterSequence)}, ${query.afterSequence}::bigint) and ${SETTLED}
      and (${query.jobId ?? null}::uuid is null or job_id = ${query.jobId ?? null}::uuid)
      and (${query.ownerId ?? null}::text is null or owner_id = ${query.ownerId ?? null})
    order by xid, sequence limit ${query.limit}`.execute(db);
  return rows.map(toEvent);
}

/** Newest first, settled or not: who reads a page of what was has no order to keep. The cursor is a sequence number. */
async function history(db: Db, { jobId, taskId, limit, cursor }: HistoryQuery): Promise<Page<HistoryEvent>> {
  if (!isUuid(jobId)) throw noJob(jobId);
  if (cursor !== undefined && !/^\d{1,15}$/.test(cursor)) throw badCursor(cursor);
  const before = cursor ?? null;
  const { rows } = await sql<EventRow & { agent_name: string | null }>`
    select e.sequence, e.at, e.type, e.job_id, e.task_id, e.agent_id, e.owner_id, e.data, a.name as agent_name
    from events e left join agents a on a.agent_id = e.agent_id
    where e.job_id = ${jobId}::uuid and (${before}::bigint is null or e.sequence < ${before}::bigint)
      and (${taskId ?? null}::uuid is null or e.task_id = ${taskId ?? null}::uuid)
    order by e.sequence desc limit ${limit + 1}`.execute(db);
  const items = rows
    .slice(0, limit)
    .map((row) => ({ ...toEvent(row), ...(row.agent_name ? { agentName: row.agent_name } : {}) }));
  const last = items.at(-1);
  return { items, ...(rows.length > limit && last ? { nextCursor: String(last.sequence) } : {}) };
}

/** Events on PostgreSQL, readable by every coordinator in the same order. */
export function postgresEventStore(db: Db): EventStore {
  return {
    async head() {
      const { rows } = await sql<{ head: number }>`
        select sequence as head from events where ${SETTLED} order by xid desc, sequence desc limit 1`.execute(
        db,
      );
      return rows[0]?.head ?? 0;
    },
    after: (query) => after(db, query),
    history: (query) => history(db, query),
    async prune(olderThanMs) {
      await sql`delete from events where at < now() - ${olderThanMs} * interval '1 millisecond'`.execute(db);
    },
    async say(event) {
      await db.transaction().execute((tx) => say(tx, event));
    },
  };
}
