import { sql, type RawBuilder } from 'kysely';
import { MAX_PARTS, UNFINISHED } from '../../domain/task-machine.ts';
import type { Fence, TaskPart } from '../../domain/task.ts';
import type { Db } from '../transaction.ts';

/** Frames of a task `t` that its committed parts hold. */
export const SAVED_FRAMES: RawBuilder<number> = sql`coalesce((t.parts->-1->>'endFrame')::int, 0)`;

/** L2: fence, and where the last part ended, are in the WHERE: each frame is in one part, whoever says what how often. */
export async function savePart(db: Db, { taskId, epoch, leaseId }: Fence, part: TaskPart): Promise<boolean> {
  const held = sql`
    t.task_id = ${taskId}::uuid and t.epoch = ${epoch} and t.lease_id = ${leaseId}::uuid
      and t.state = any(${UNFINISHED}::text[])`;
  const { rows } = await sql<{ task_id: string }>`
    update tasks t set parts = t.parts || ${JSON.stringify([part])}::jsonb
    where ${held} and ${SAVED_FRAMES} = ${part.startFrame} and jsonb_array_length(t.parts) < ${MAX_PARTS}
    returning t.task_id`.execute(db);
  if (rows.length > 0) return true;
  const { startFrame, endFrame, artifact } = part;
  const same = JSON.stringify([{ startFrame, endFrame, epoch, artifact: { sha256: artifact.sha256 } }]);
  const before = await sql<{ task_id: string }>`
    select t.task_id from tasks t where ${held} and t.parts @> ${same}::jsonb`.execute(db);
  return before.rows.length > 0;
}
