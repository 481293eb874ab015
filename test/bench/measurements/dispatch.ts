import pg from 'pg';
import type { SeenGrant } from '../agents/protocol.ts';
import type { BenchContext, Measurement, Row } from '../measurement.ts';
import { startSimulatedGrid } from '../support/grid.ts';
import { percentile, wallMs } from '../support/stats.ts';

const AGENTS = 200;
const CLIPS = 4;

interface Commit {
  readonly jobId: string;
  readonly kind: 'index' | 'encode' | 'merge';
  readonly atMs: number;
}

/** When the transactions that made tasks ready were committed, by PostgreSQL's own record (`track_commit_timestamp`). */
async function readyCommits(databaseUrl: string): Promise<Commit[]> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  const { rows } = await client.query<{ job_id: string; type: string; at_ms: string }>(`
    select job_id, type, extract(epoch from pg_xact_commit_timestamp(xid::xid)) * 1000 as at_ms from events
    where type in ('job.created', 'job.planned') or (type = 'job.state' and data->>'state' = 'merging')`);
  await client.end();
  const kinds = { 'job.created': 'index', 'job.planned': 'encode', 'job.state': 'merge' } as const;
  return rows.map((row) => ({
    jobId: row.job_id,
    kind: kinds[row.type as keyof typeof kinds],
    atMs: Number(row.at_ms),
  }));
}

function latencies(commits: readonly Commit[], grants: readonly SeenGrant[]): number[] {
  const ready = new Map(commits.map((commit) => [`${commit.jobId} ${commit.kind}`, commit.atMs]));
  return grants.map(({ jobId, kind, atMs }) => {
    const from = ready.get(`${jobId} ${kind}`);
    if (from === undefined) throw new Error(`no commit made the ${kind} tasks of job ${jobId} ready`);
    return atMs - from;
  });
}

async function run(context: BenchContext): Promise<Row[]> {
  const jobs = context.quick ? 20 : 200;
  const grid = await startSimulatedGrid(context, {
    name: 'dispatch',
    agents: AGENTS,
    processes: 1,
    clips: CLIPS,
    framesPerClip: 25,
  });
  try {
    const sinceSubmit: number[] = [];
    const warm = await grid.submit();
    await grid.agents.merged(warm);
    await grid.agents.report();
    const grants: SeenGrant[] = [];
    for (let i = 0; i < jobs; i++) {
      const jobId = await grid.submit();
      const submittedMs = wallMs();
      await grid.agents.merged(jobId);
      const report = await grid.agents.report();
      if (report.refused.length > 0) throw new Error(`refused: ${report.refused[0]}`);
      grants.push(...report.grants);
      const index = report.grants.find((grant) => grant.kind === 'index');
      if (index) sinceSubmit.push(index.atMs - submittedMs);
    }
    const all = latencies(await readyCommits(grid.databaseUrl), grants);
    const note = `${all.length} grants of ${jobs} jobs (index, ${CLIPS} clips, merge), from the commit that made them ready`;
    return [
      {
        what: 'dispatch to an idle agent, p50',
        value: percentile(all, 0.5),
        unit: 'ms',
        target: { atMost: 5 },
        note,
      },
      {
        what: 'dispatch to an idle agent, p99',
        value: percentile(all, 0.99),
        unit: 'ms',
        target: { atMost: 30 },
      },
      {
        what: 'submit answered to index task at its agent, p50',
        value: percentile(sinceSubmit, 0.5),
        unit: 'ms',
        note: 'below 0: the agent had it before the answer was read',
      },
    ];
  } finally {
    await grid.stop();
  }
}

export const dispatch: Measurement = {
  name: 'dispatch',
  about: `a ready task to an idle agent: PostgreSQL, coordinator and ${AGENTS} simulated agents over gRPC`,
  run,
};
