import { sql } from 'kysely';
import { TaskSpec } from '../../../shared/gen/clipgrid/v1/task.ts';
import { noClip } from '../../domain/job-machine.ts';
import type { NewTask } from '../../domain/task.ts';
import type { Transaction } from '../transaction.ts';
import { insertTasks } from './insert-tasks.ts';
import { lockJob } from './reopen.ts';
import { notify } from './say.ts';

export interface ExportInput {
  readonly jobId: string;
  readonly clipIndex: number;
  build(encode: NewTask['spec']): NewTask & { readonly taskId: string };
}

/**
 * Returns the id of the clip's `clip` task; makes it, or makes it ready again after it failed or its bytes were collected:
 * while it is `succeeded` they are there.
 */
export async function exportClip(tx: Transaction, { jobId, clipIndex, build }: ExportInput): Promise<string> {
  await lockJob(tx, jobId);
  const { rows } = await sql<{ task_id: string; kind: string; state: string; spec: Buffer }>`
    select task_id, kind, state, spec from tasks
    where job_id = ${jobId}::uuid and clip_index = ${clipIndex} and kind in ('encode', 'clip')`.execute(tx);
  const encode = rows.find((row) => row.kind === 'encode');
  if (encode === undefined) throw noClip(jobId, clipIndex);
  const known = rows.find((row) => row.kind === 'clip');
  if (known && ['ready', 'leased', 'succeeded'].includes(known.state)) return known.task_id;
  const task = build(TaskSpec.decode(encode.spec));
  await insertTasks(tx, jobId, [task]);
  await notify(tx, { wake: 'tasks' });
  return known?.task_id ?? task.taskId;
}
