import { sql } from 'kysely';
import type { Transaction } from '../transaction.ts';

export interface SaidEvent {
  readonly type: string;
  readonly jobId?: string;
  readonly taskId?: string;
  readonly agentId?: string;
  readonly data?: Readonly<Record<string, unknown>>;
}

/** Writes an event in the transaction of what it tells. */
export async function say(tx: Transaction, event: SaidEvent): Promise<void> {
  await sql`
    insert into events (type, job_id, task_id, agent_id, owner_id, data)
    values (${event.type}, ${event.jobId ?? null}::uuid, ${event.taskId ?? null}::uuid, ${event.agentId ?? null},
      (select owner_id from jobs where job_id = ${event.jobId ?? null}::uuid), ${JSON.stringify(event.data ?? {})}::jsonb)
  `.execute(tx);
}

/** Wakes every coordinator at the commit (L7: only where nothing of a lease is granted, renewed or completed). */
export async function notify(tx: Transaction, payload: Readonly<Record<string, unknown>>): Promise<void> {
  await sql`select pg_notify('clipgrid', ${JSON.stringify(payload)})`.execute(tx);
}
