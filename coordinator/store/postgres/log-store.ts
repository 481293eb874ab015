import { sql } from 'kysely';
import { isUuid } from '../../../shared/ids.ts';
import type { TaskState } from '../../domain/task.ts';
import { OUTPUT_CHARS, OUTPUT_EPOCHS } from '../../domain/task-output.ts';
import type { LogQuery, LogStore, PrintedPiece } from '../log-store.ts';
import type { Db } from '../transaction.ts';
import { noTask } from './job-reads.ts';
import { RELAXED } from './relaxed.ts';

/** All pieces of one tick in one statement, at most one of each attempt. */
async function append(db: Db, pieces: readonly PrintedPiece[]): Promise<void> {
  if (pieces.length === 0) return;
  await sql`
    with sent as (
      select s.* from ${RELAXED}, unnest(
        ${pieces.map((one) => one.fence.taskId)}::uuid[],
        ${pieces.map((one) => one.fence.epoch)}::int[],
        ${pieces.map((one) => one.agentId)}::text[],
        ${pieces.map((one) => one.start)}::bigint[],
        ${pieces.map((one) => one.start + one.text.length)}::bigint[],
        ${pieces.map((one) => one.text)}::text[]) as s(task_id, epoch, agent_id, started, ended, text)
    ), own as (
      -- The attempt may have ended already.
      select s.* from sent s join tasks t using (task_id)
      where (t.epoch = s.epoch and t.agent_id = s.agent_id) or exists (
        select 1 from attempts a where a.task_id = s.task_id and a.epoch = s.epoch and a.agent_id = s.agent_id)
    ), old as (
      delete from task_logs l using own where l.task_id = own.task_id and l.epoch <= own.epoch - ${OUTPUT_EPOCHS}::int
    )
    insert into task_logs as l (task_id, epoch, started, ended, text)
    select task_id, epoch, started, ended, right(text, ${OUTPUT_CHARS}) from own
    on conflict (task_id, epoch) do update set
      text = right(case when l.ended = excluded.started then l.text || excluded.text else excluded.text end, ${OUTPUT_CHARS}),
      started = excluded.started, ended = excluded.ended, revision = l.revision + 1`.execute(db);
}

interface LogRow {
  state: TaskState;
  epoch: number | null;
  epochs: number[] | null;
  ended: number | null;
  revision: number | null;
  text: string | null;
}

async function read(db: Db, taskId: string, { ownerId, epoch, known }: LogQuery) {
  if (!isUuid(taskId)) throw noTask(taskId);
  const { rows } = await sql<LogRow>`
    select t.state, l.epoch, l.ended, l.revision,
      (select array_agg(e.epoch order by e.epoch) from task_logs e where e.task_id = t.task_id) as epochs,
      case when l.epoch = ${known?.epoch ?? -1}::int and l.revision = ${known?.revision ?? -1}::int then null else l.text end
        as text
    from tasks t join jobs j using (job_id) left join lateral (
      select * from task_logs where task_id = t.task_id and (${epoch ?? null}::int is null or epoch = ${epoch ?? null}::int)
      order by epoch desc limit 1) l on true
    where t.task_id = ${taskId}::uuid and (${ownerId ?? null}::text is null or j.owner_id = ${ownerId ?? null})`.execute(
    db,
  );
  const [row] = rows;
  if (row === undefined) throw noTask(taskId);
  const { state, ended, revision } = row;
  const isKnown = row.epoch !== null && row.text === null;
  return {
    state,
    epoch: row.epoch ?? 0,
    epochs: row.epochs ?? [],
    end: ended ?? 0,
    revision: revision ?? 0,
    text: isKnown ? undefined : (row.text ?? ''),
  };
}

/** What tools printed, on PostgreSQL: one row an attempt. */
export function postgresLogStore(db: Db): LogStore {
  return {
    append: (pieces) => append(db, pieces),
    read: (taskId, query) => read(db, taskId, query),
    async ask(taskId, forMs) {
      await sql`
        select pg_notify('clipgrid', jsonb_build_object('output', jsonb_build_object('taskId', task_id, 'epoch', epoch,
          'leaseId', lease_id), 'sessionId', session_id, 'forMs', ${forMs}::int)::text)
        from tasks where task_id = ${taskId}::uuid and state = 'leased'`.execute(db);
    },
  };
}
