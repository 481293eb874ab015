import { sql } from 'kysely';
import { TaskSpec } from '../../../shared/gen/clipgrid/v1/task.ts';
import type { NewTask } from '../../domain/task.ts';
import type { Transaction } from '../transaction.ts';

/** Inserts the tasks of one job in one statement. A task that exists already (a merge again) becomes ready anew: epoch + 1. */
export async function insertTasks(
  tx: Transaction,
  jobId: string,
  tasks: readonly (NewTask & { readonly taskId: string })[],
): Promise<void> {
  const ranges = tasks.map((task) =>
    task.spec.kind?.$case === 'encode' ? task.spec.kind.value.range : undefined,
  );
  await sql`
    insert into tasks (task_id, job_id, kind, clip_index, priority, job_order, cost, spec, requires, frames_total,
      start_frame, end_frame, share_key)
    select n.task_id, j.job_id, n.kind, n.clip_index, j.priority, j.created_at, n.cost, n.spec,
      array(select jsonb_array_elements_text(n.requires)), n.frames_total, n.start_frame, n.end_frame,
      n.share_key
    from jobs j, unnest(
      ${tasks.map((task) => task.taskId)}::uuid[],
      ${tasks.map((task) => task.kind)}::text[],
      ${tasks.map((task) => task.clipIndex ?? -1)}::int[],
      ${tasks.map((task) => task.cost)}::float8[],
      ${tasks.map((task) => Buffer.from(TaskSpec.encode(task.spec).finish()))}::bytea[],
      ${tasks.map((task) => JSON.stringify(task.requires))}::jsonb[],
      ${tasks.map((task) => task.framesTotal)}::int[],
      ${ranges.map((range) => range?.startFrame ?? null)}::int[],
      ${ranges.map((range) => range?.endFrame ?? null)}::int[],
      ${tasks.map((task) => task.shareKey ?? null)}::text[]
    ) as n(task_id, kind, clip_index, cost, spec, requires, frames_total, start_frame, end_frame, share_key)
    where j.job_id = ${jobId}::uuid
    on conflict (job_id, kind, clip_index) do update set state = 'ready', epoch = tasks.epoch + 1, spec = excluded.spec,
      requires = excluded.requires, cost = excluded.cost, frames_total = excluded.frames_total, ready_at = now(),
      lease_id = null, lease_expires_at = null, finished_at = null, output = null, failure = null, attempts = 0, lost = 0,
      failed_agents = '{}', frames_done = 0`.execute(tx);
}
