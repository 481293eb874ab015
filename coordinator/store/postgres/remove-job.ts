import { sql } from 'kysely';
import { indexInUse } from '../../domain/named-index.ts';
import type { Transaction } from '../transaction.ts';
import { ARTIFACTS } from './artifacts.ts';
import { cancelTasks } from './end-job.ts';
import { lockJob } from './reopen.ts';
import { say } from './say.ts';

/** A job in any state with its leases; its objects are garbage from then on. Not while another job stands on its index. */
export async function removeJob(tx: Transaction, jobId: string, ownerId?: string): Promise<void> {
  await lockJob(tx, jobId, ownerId);
  const { rows } = await sql<{ jobs: number }>`
    select count(*)::int as jobs from jobs where index_of = ${jobId}::uuid`.execute(tx);
  if (rows[0] && rows[0].jobs > 0) throw indexInUse(jobId, rows[0].jobs);
  await cancelTasks(tx, jobId, 'cancelled');
  await sql`
    insert into garbage (refs)
    select jsonb_agg(jsonb_build_object('bucket', a->>'bucket', 'key', a->>'key'))
    from tasks t, ${ARTIFACTS} a where t.job_id = ${jobId}::uuid
    having count(*) > 0`.execute(tx);
  await say(tx, { type: 'job.removed', jobId });
  await sql`
    delete from attempts a using tasks t where t.job_id = ${jobId}::uuid and a.task_id = t.task_id`.execute(
    tx,
  );
  await sql`delete from jobs where job_id = ${jobId}::uuid`.execute(tx);
}
