import { sql, type Generated, type Kysely, type Selectable } from 'kysely';
import type { Db, Transaction } from '../../../store/transaction.ts';
import type { Slice } from '../paging.ts';
import { STATUSES, WAITING, type Status } from './job-status.ts';

type JobsTable = {
  job_id: Generated<number>;
  guid: string;
  preset_id: number;
  preset: string;
  source: string;
  destination: string;
  created_at: Generated<Date>;
  status: Generated<Status>;
  waits_since: Generated<Date>;
  revision: Generated<number>;
  grid_job_id: string | null;
  staged_key: string | null;
  preset_data: string | null;
  output_name: string | null;
  probe: Generated<string>;
  options: Generated<string>;
  progress: Generated<number>;
  speed: string | null;
  fps: Generated<number>;
  eta_s: number | null;
  clips_total: Generated<number>;
  clips_done: Generated<number>;
  error: string | null;
  error_log: Generated<string>;
  claimed_by: string | null;
  claimed_until: Date | null;
};

export type Tables = {
  openencoder_jobs: JobsTable;
  openencoder_outputs: { job_id: number; revision: number; bucket: string; object_key: string };
  openencoder_garbage: { object_key: string };
  openencoder_ended_jobs: { grid_job_id: string; job_id: number; ended_at: Generated<Date> };
};

export type JobRow = Selectable<JobsTable>;
/** Without the long texts that no list tells. */
export type ListedJob = Omit<JobRow, 'error_log' | 'preset_data' | 'output_name'>;

const LISTED = [
  ...(['job_id', 'guid', 'preset_id', 'preset', 'source', 'destination', 'created_at', 'status'] as const),
  ...(['waits_since', 'revision', 'grid_job_id', 'staged_key', 'probe', 'options', 'progress'] as const),
  ...([
    'speed',
    'fps',
    'eta_s',
    'clips_total',
    'clips_done',
    'error',
    'claimed_by',
    'claimed_until',
  ] as const),
] as const satisfies readonly (keyof ListedJob)[];

export type NewJob = Pick<JobRow, 'guid' | 'preset' | 'source' | 'destination'>;

export function tables(db: Db | Transaction): Kysely<Tables> {
  return db.withTables<Tables>() as unknown as Kysely<Tables>;
}

/** Jobs as requests see and change them; what makes them go on is in `work-store.ts`. */
export class JobStore {
  readonly #db: Db;

  constructor(db: Db) {
    this.#db = db;
  }

  /** By the preset of that name; undefined: there is none, or it is not active. */
  async create({ guid, preset, source, destination }: NewJob): Promise<JobRow | undefined> {
    const { rows } = await sql<JobRow>`
      insert into openencoder_jobs (guid, preset_id, preset, source, destination)
      select ${guid}, preset_id, name, ${source}, ${destination}
      from openencoder_presets where name = ${preset} and active
      returning *`.execute(this.#db);
    return rows[0];
  }

  byId(id: number): Promise<JobRow | undefined> {
    return tables(this.#db)
      .selectFrom('openencoder_jobs')
      .selectAll()
      .where('job_id', '=', id)
      .executeTakeFirst();
  }

  /** Nobody else changes it until the transaction ends. */
  lock(id: number, tx: Transaction): Promise<JobRow | undefined> {
    return tables(tx)
      .selectFrom('openencoder_jobs')
      .selectAll()
      .where('job_id', '=', id)
      .forUpdate()
      .executeTakeFirst();
  }

  /** Whose job of the grid it is, or was. */
  ofGridJob(gridJobId: string): Promise<JobRow | undefined> {
    const ended = tables(this.#db)
      .selectFrom('openencoder_ended_jobs')
      .select('job_id')
      .where('grid_job_id', '=', gridJobId);
    return tables(this.#db)
      .selectFrom('openencoder_jobs')
      .selectAll()
      .where((eb) => eb.or([eb('grid_job_id', '=', gridJobId), eb('job_id', 'in', ended)]))
      .executeTakeFirst();
  }

  byGridJobs(gridJobIds: readonly string[]): Promise<JobRow[]> {
    if (gridJobIds.length === 0) return Promise.resolve([]);
    return tables(this.#db)
      .selectFrom('openencoder_jobs')
      .selectAll()
      .where('grid_job_id', 'in', gridJobIds)
      .execute();
  }

  /** How many there are and, of a slice, which: newest first. */
  async list(slice: Slice | undefined, status?: Status): Promise<{ count: number; items: ListedJob[] }> {
    const { limit, offset } = slice ?? { limit: 0, offset: 0 };
    const where = status === undefined ? sql`true` : sql`status = ${status}`;
    // One statement: the count is of the same moment, and the way to the database is the longest part.
    const { rows } = await sql<ListedJob & { count: number; job_id: number | null }>`
      select c.count, j.* from (select count(*) from openencoder_jobs where ${where}) c
      left join lateral (
        select ${sql.join(LISTED.map((name) => sql.ref(name)))} from openencoder_jobs where ${where}
        order by job_id desc limit ${limit} offset ${offset}) j on true
      order by j.job_id desc`.execute(this.#db);
    return { count: Number(rows[0]?.count ?? 0), items: rows.filter(({ job_id }) => job_id !== null) };
  }

  async countByStatus(): Promise<{ status: Status; count: number }[]> {
    const rows = await tables(this.#db)
      .selectFrom('openencoder_jobs')
      .select((eb) => ['status', eb.fn.countAll<string>().as('count')])
      .groupBy('status')
      .execute();
    const counts = new Map(rows.map(({ status, count }) => [status, Number(count)]));
    return STATUSES.map((status) => ({ status, count: counts.get(status) ?? 0 }));
  }

  /** Jobs that wait and since when the oldest does, in seconds; undefined before the first job ever. */
  async queue(): Promise<{ count: number; latencyS: number } | undefined> {
    const { rows } = await sql<{ count: string; latency: number | null; any: boolean }>`
      select count(*) as count, extract(epoch from now() - min(waits_since))::float8 as latency,
        exists (select from openencoder_jobs) as any
      from openencoder_jobs where status in (${sql.join(WAITING)})`.execute(this.#db);
    const row = rows[0];
    if (row === undefined || !row.any) return undefined;
    return { count: Number(row.count), latencyS: Math.max(0, Math.floor(row.latency ?? 0)) };
  }
}
