import { sql } from 'kysely';
import { TaskSpec } from '../../../shared/gen/clipgrid/v1/task.ts';
import type { JobSpec } from '../../domain/job.ts';
import type { Fence, TaskKind } from '../../domain/task.ts';
import type { LeaseContext, LeaseStore } from '../lease-store.ts';
import type { Db } from '../transaction.ts';
import { commit } from './commit.ts';
import { expire, raiseWaiting } from './expire.ts';
import { fail, release } from './fail.ts';
import { giveUpWaiting } from './give-up-waiting.ts';
import { grant } from './grant.ts';
import { adopt, renew, shorten } from './renew.ts';
import { revokeDrained } from './revoke-drained.ts';
import { savePart } from './save-part.ts';

interface ContextRow {
  job_id: string;
  agent_id: string;
  kind: TaskKind;
  clip_index: number;
  spec: Buffer;
  job_spec: JobSpec;
  traceparent: string;
}

async function context(db: Db, fence: Fence): Promise<LeaseContext | undefined> {
  const { rows } = await sql<ContextRow>`
    select t.job_id, t.agent_id, t.kind, t.clip_index, t.spec, j.spec as job_spec, j.traceparent from tasks t join jobs j using (job_id)
    where t.task_id = ${fence.taskId}::uuid and t.epoch = ${fence.epoch} and t.lease_id = ${fence.leaseId}::uuid
      and t.state in ('leased', 'ready', 'succeeded')`.execute(db);
  const row = rows[0];
  if (row === undefined) return undefined;
  return {
    jobId: row.job_id,
    agentId: row.agent_id,
    kind: row.kind,
    clipIndex: row.clip_index,
    spec: TaskSpec.decode(row.spec),
    jobSpec: row.job_spec,
    traceparent: row.traceparent,
  };
}

/** The lease rules on PostgreSQL; one statement or transaction a file beside this one. */
export function postgresLeaseStore(db: Db): LeaseStore {
  return {
    grant: (request) => grant(db, request),
    renew: (renewals, ttlMs) => renew(db, renewals, ttlMs),
    adopt: (input) => adopt(db, input),
    shorten: (sessionId, graceMs) => shorten(db, sessionId, graceMs),
    context: (fence) => context(db, fence),
    commit: (completions, rules) => commit(db, completions, rules),
    savePart: (fence, part) => savePart(db, fence, part),
    fail: (failure) => fail(db, failure),
    release: (fence, agentId) => release(db, fence, agentId),
    expire: (options) => expire(db, options),
    revokeDrained: (options) => revokeDrained(db, options),
    giveUpWaiting: (limit) => giveUpWaiting(db, limit),
    raiseWaiting: (afterMs, priority) => raiseWaiting(db, afterMs, priority),
  };
}
