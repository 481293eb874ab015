import { sql } from 'kysely';
import type { GridEvent } from '../../grid/face.ts';
import type { EventQuery, EventStore } from '../event-store.ts';
import type { Db } from '../transaction.ts';
import { say } from './say.ts';

interface EventRow {
  sequence: number;
  at: Date;
  type: string;
  job_id: string | null;
  task_id: string | null;
  agent_id: string | null;
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
    data: row.data,
  };
}

/** Sequence numbers are given before the commit: only rows older than every running transaction are complete. */
const SETTLED = sql`xid < pg_snapshot_xmin(pg_current_snapshot())`;

async function after(db: Db, query: EventQuery): Promise<GridEvent[]> {
  const { rows } = await sql<EventRow>`
    select sequence, at, type, job_id, task_id, agent_id, data from events
    where sequence > ${query.afterSequence} and ${SETTLED}
      and (${query.jobId ?? null}::uuid is null or job_id = ${query.jobId ?? null}::uuid)
      and (${query.ownerId ?? null}::text is null or owner_id = ${query.ownerId ?? null})
    order by sequence limit ${query.limit}`.execute(db);
  return rows.map(toEvent);
}

/** Events on PostgreSQL, readable by every coordinator in the same order. */
export function postgresEventStore(db: Db): EventStore {
  return {
    async head() {
      const { rows } = await sql<{ head: number }>`
        select coalesce(max(sequence), 0) as head from events where ${SETTLED}`.execute(db);
      return rows[0]?.head ?? 0;
    },
    after: (query) => after(db, query),
    async prune(olderThanMs) {
      await sql`delete from events where at < now() - ${olderThanMs} * interval '1 millisecond'`.execute(db);
    },
    async say(event) {
      await db.transaction().execute((tx) => say(tx, event));
    },
  };
}
