import { sql, type RawBuilder } from 'kysely';
import { assert } from '../../../shared/errors.ts';
import {
  historyInterval,
  SAMPLE_INTERVAL_S,
  SAMPLES_KEPT_MINUTES,
  type GridSample,
  type GridTotals,
} from '../../domain/grid-totals.ts';
import { JOB_STATES, type JobState } from '../../domain/job.ts';
import type { StatsStore } from '../stats-store.ts';
import type { Db } from '../transaction.ts';
import { COUNTED } from './kinds.ts';

interface CountsRow {
  at: Date;
  fps: number;
  speed: number;
  tasks_ready: number;
  tasks_running: number;
  agents_online: number;
}

interface TotalsRow extends CountsRow {
  agents_draining: number;
  jobs: Partial<Record<JobState, number>> | null;
}

/** Partial indexes hold the tasks that are ready or leased: those that have ended are not looked at. */
const COUNTS: RawBuilder<unknown> = sql`
  (select count(*)::int as tasks_ready from tasks where state = 'ready') q,
  (select count(*)::int as tasks_running, coalesce(sum(fps) filter (where kind in (${COUNTED})), 0)::real as fps,
    coalesce(sum(speed) filter (where kind in (${COUNTED})), 0)::real as speed from tasks where state = 'leased') r,
  (select count(*) filter (where state = 'online')::int as agents_online,
    count(*) filter (where state = 'draining')::int as agents_draining
    from agents a where not exists (select from revoked_agents v where v.agent_id = a.agent_id)) a`;

function toSample(row: CountsRow): GridSample {
  return {
    at: row.at,
    fps: row.fps,
    speed: row.speed,
    tasksReady: row.tasks_ready,
    tasksRunning: row.tasks_running,
    agentsOnline: row.agents_online,
  };
}

async function totals(db: Db): Promise<GridTotals> {
  const { rows } = await sql<TotalsRow>`
    select now() as at, q.*, r.*, a.*, (
      select jsonb_object_agg(state, count) from (
        select case when state = 'indexing' and started_at is null then 'queued' else state end as state, count(*)::int
        from jobs where not preview group by 1) j) as jobs
    from ${COUNTS}`.execute(db);
  const [row] = rows;
  assert(row !== undefined, 'counts are one row');
  const jobs = Object.fromEntries(JOB_STATES.map((state) => [state, row.jobs?.[state] ?? 0]));
  return { ...toSample(row), agentsDraining: row.agents_draining, jobs: jobs as GridTotals['jobs'] };
}

/**
 * Nothing is counted where the interval has its sample. Samples of the future are of a clock that was wrong, and would
 * stand in the way of those to come.
 */
async function sample(db: Db): Promise<void> {
  await sql`delete from grid_samples where at > now() + interval '1 second'`.execute(db);
  await sql`
    insert into grid_samples (slot, fps, speed, tasks_ready, tasks_running, agents_online)
    select s.slot, r.fps, r.speed, q.tasks_ready, r.tasks_running, a.agents_online
    from (select floor(extract(epoch from now()) / ${SAMPLE_INTERVAL_S})::bigint as slot) s, ${COUNTS}
    where not exists (
      select from grid_samples where slot = floor(extract(epoch from now()) / ${SAMPLE_INTERVAL_S})::bigint)
    on conflict (slot) do nothing`.execute(db);
}

async function history(db: Db, minutes: number) {
  const intervalS = historyInterval(minutes);
  const { rows } = await sql<CountsRow>`
    select to_timestamp(floor(extract(epoch from at) / ${intervalS}) * ${intervalS}) as at, avg(fps)::real as fps,
      avg(speed)::real as speed, avg(tasks_ready)::int as tasks_ready, avg(tasks_running)::int as tasks_running,
      avg(agents_online)::int as agents_online
    from grid_samples where at > now() - ${minutes} * interval '1 minute' group by 1 order by 1`.execute(db);
  return { intervalS, samples: rows.map(toSample) };
}

/** The grid's figures, now and before. */
export function postgresStatsStore(db: Db): StatsStore {
  return {
    totals: () => totals(db),
    sample: () => sample(db),
    history: (minutes) => history(db, minutes),
    async prune() {
      const kept = sql`${SAMPLES_KEPT_MINUTES} * interval '1 minute'`;
      await sql`delete from grid_samples where at < now() - ${kept}`.execute(db);
    },
  };
}
