import { sql } from 'kysely';
import type { Gauges } from '../../domain/gauges.ts';
import type { GaugeStore } from '../gauge-store.ts';
import type { Db } from '../transaction.ts';

/** By partial indexes: nothing that has ended is looked at. */
async function gauges(db: Db): Promise<Gauges> {
  const tasks = await sql<Gauges['tasks'][number]>`
    select kind, 'ready' as state, count(*)::int as count, 0::float8 as fps,
      greatest(0, extract(epoch from now() - min(ready_at)))::float8 as "oldestSeconds"
    from tasks where state = 'ready' group by kind
    union all
    select kind, 'leased', count(*)::int, sum(fps)::float8,
      greatest(0, extract(epoch from now() - min(granted_at)))::float8
    from tasks where state = 'leased' group by kind`.execute(db);
  const webhooks = await sql<Gauges['webhooks']>`
    select count(*)::int as pending,
      greatest(0, coalesce(extract(epoch from now() - min(due_at)), 0))::float8 as "overdueSeconds"
    from webhook_deliveries where state = 'pending'`.execute(db);
  return { tasks: tasks.rows, webhooks: webhooks.rows[0] ?? { pending: 0, overdueSeconds: 0 } };
}

export function postgresGaugeStore(db: Db): GaugeStore {
  return { gauges: () => gauges(db) };
}
