import type { GridEvent } from '../../coordinator/grid/face.ts';
import { postgresAgentStore } from '../../coordinator/store/postgres/agent-store.ts';
import { postgresEventStore } from '../../coordinator/store/postgres/event-store.ts';
import { postgresJobStore } from '../../coordinator/store/postgres/job-store.ts';
import { postgresLeaseStore } from '../../coordinator/store/postgres/lease-store.ts';
import { openPool } from '../../coordinator/store/postgres/pool.ts';
import { createTestDatabase } from './postgres.ts';
import { storeMoves, type MovedStores } from './store-moves.ts';

export { CAPABILITIES, closedIndex, FORMAT, PASS_THROUGH, RULES, TTL_MS } from './store-moves.ts';

/** Stores over a database of their own, with the few moves that lease tests are made of. */
export async function createGridFixture(options: Pick<MovedStores, 'newId' | 'ttlMs'> = {}) {
  const database = await createTestDatabase();
  const { db, pool } = openPool({ connectionString: database.url, max: 10, onError: () => undefined });
  const leases = postgresLeaseStore(db);
  const jobs = postgresJobStore(db);
  const agents = postgresAgentStore(db);
  const moves = storeMoves({ leases, jobs, agents, ...options });
  const past = (ms: number): string => `interval '${ms} milliseconds'`;

  return {
    ...moves,
    db,
    pool,
    url: database.url,
    leases,
    jobs,
    agents,
    events: postgresEventStore(db),
    /** Moves all leases into the past, as if that time had gone by on the database's clock. */
    async ageLeases(ms: number): Promise<void> {
      await pool.query(`update tasks set lease_expires_at = lease_expires_at - ${past(ms)}`);
    },
    /** As if the database's clock had just jumped so far on, or back: all that is stored is by the old one. */
    async clockJumped(ms: number): Promise<void> {
      const by = past(ms);
      await pool.query(
        `update tasks set lease_expires_at = lease_expires_at - ${by}, ready_at = ready_at - ${by}, granted_at = granted_at - ${by}`,
      );
      await pool.query(
        `update agents set last_seen_at = last_seen_at - ${by}, drain_until = drain_until - ${by}`,
      );
      await pool.query(`update uploads set touched_at = touched_at - ${by}`);
      await pool.query(`update webhook_deliveries set due_at = due_at - ${by}`);
      await pool.query(`update sign_in_failures set ends_at = ends_at - ${by}`);
      await pool.query(`update sweeper set swept_at = swept_at - ${by}, held_until = held_until - ${by}`);
    },
    /** As if nobody had swept for so long. */
    async sweptAgo(ms: number): Promise<void> {
      await pool.query(`update sweeper set swept_at = now() - ${past(ms)}`);
    },
    /** As if the hold after an outage had been over for so long. */
    async endHold(ms = 1_000): Promise<void> {
      await pool.query(`update sweeper set held_until = now() - ${past(ms)}`);
    },
    /** As if all that is ready had been so for that much longer. */
    async waitedFor(ms: number): Promise<void> {
      await pool.query(`update tasks set ready_at = ready_at - ${past(ms)}`);
    },
    /** As if no agent had been heard of for so long. */
    async silentFor(ms: number): Promise<void> {
      await pool.query(`update agents set last_seen_at = now() - ${past(ms)}`);
    },
    /** As if the intermediate objects of a job had been collected. */
    async markCollected(jobId: string): Promise<void> {
      await pool.query('update jobs set collected_at = now() where job_id = $1', [jobId]);
    },
    /** Those, too, that watchers see only when every older transaction on the server, of whichever database, has ended. */
    async allEvents(jobId: string): Promise<GridEvent[]> {
      const { rows } = await pool.query<{
        type: string;
        task_id: string;
        agent_id: string;
        data: GridEvent['data'];
      }>('select type, task_id, agent_id, data from events where job_id = $1 order by sequence', [jobId]);
      return rows.map(({ type, task_id, agent_id, data }, sequence) => ({
        sequence,
        at: new Date(0),
        type,
        ...(task_id ? { taskId: task_id } : {}),
        ...(agent_id ? { agentId: agent_id } : {}),
        data,
      }));
    },
    /** Nothing is known, and the sweeper has just been there. */
    async reset(): Promise<void> {
      await pool.query('truncate jobs, agents, events cascade');
      await pool.query(`update sweeper set swept_at = now(), held_until = now() - ${past(1_000)}`);
    },
    async close(): Promise<void> {
      await pool.end();
      await database.drop();
    },
  };
}

export type GridFixture = Awaited<ReturnType<typeof createGridFixture>>;
