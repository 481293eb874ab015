import { createHash, randomUUID } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import type { FilmSpec } from '../../../coordinator/domain/job.ts';
import { mergeTask } from '../../../coordinator/domain/merge-plan.ts';
import { place, type Capacity } from '../../../coordinator/domain/placement.ts';
import { indexTask, plan } from '../../../coordinator/domain/planner.ts';
import type { TaskOutput } from '../../../coordinator/domain/task.ts';
import type { GrantedTask } from '../../../coordinator/store/lease-store.ts';
import { postgresAgentStore } from '../../../coordinator/store/postgres/agent-store.ts';
import { postgresJobStore } from '../../../coordinator/store/postgres/job-store.ts';
import { postgresLeaseStore } from '../../../coordinator/store/postgres/lease-store.ts';
import { openPool } from '../../../coordinator/store/postgres/pool.ts';
import type { SourceIndex } from '../../../shared/source-index.ts';
import { simulatedHello } from '../agents/hello.ts';
import { simulatedIndex } from '../agents/output.ts';
import type { BenchContext, Measurement, Row } from '../measurement.ts';
import { cpuSeconds } from '../support/cpu.ts';
import { median } from '../support/stats.ts';

const BATCH = 500;
const TTL_MS = 12_000;
const CLIPS = 10_000;
const FRAMES = 25;

const SPEC: FilmSpec = {
  source: { bucket: 'clipgrid', key: 'sources/x', sizeBytes: 1000 },
  script: { text: '', sourceVariable: 'CLIPGRID_SOURCE', sourceName: 'CLIPGRID_SOURCE.mkv' },
  command: {
    text: '',
    programs: [['ffmpeg', '-i', '-', '-c:v', 'libx264', 'OUT.mkv']],
    outputName: 'OUT.mkv',
  },
  container: 'matroska',
  clips: { mode: 'auto', targetS: 1 },
};
const RULES = { merge: mergeTask, newTaskId: (): string => randomUUID() };

function outputOf(task: GrantedTask): TaskOutput {
  const sha256 = createHash('sha256').update(task.fence.taskId).digest('hex');
  const key = `artifacts/${task.jobId}/${sha256}`;
  const format = task.spec.kind?.$case === 'encode' ? task.spec.kind.value.sourceFormat : undefined;
  const frames = { frameCount: FRAMES, inputFrames: FRAMES, format, encodeSeconds: 1, extradataSha256: '' };
  const kind =
    task.kind === 'index'
      ? ({
          $case: 'index',
          value: { frameCount: 0, durationSeconds: 0, format, hasSidecar: false, probeJson: '' },
        } as const)
      : ({
          $case: 'encode',
          value: { ...frames, fetchedBytes: 0, outputRate: undefined, resumedFrames: 0 },
        } as const);
  const name = task.kind === 'index' ? 'index' : 'segment';
  return { artifacts: [{ name, bucket: 'clipgrid', key, sha256, sizeBytes: 10 }], result: { kind } };
}

async function openStores(context: BenchContext) {
  const { db, pool } = openPool({
    connectionString: await context.server.database(),
    max: 4,
    onError: () => undefined,
  });
  const leases = postgresLeaseStore(db);
  const jobs = postgresJobStore(db);
  const hello = { ...simulatedHello(0, BATCH), heldLeases: [] };
  const sessionId = randomUUID();
  await postgresAgentStore(db).register({ hello, sessionId, coordinatorId: 'bench' });
  const capacity: Capacity = {
    agentId: hello.agentId,
    sessionId,
    freeSlots: BATCH,
    capabilities: new Set(hello.capabilities),
  };
  const grant = (): Promise<GrantedTask[]> =>
    leases.grant({
      capacities: [capacity],
      known: () => Promise.resolve([]),
      ttlMs: TTL_MS,
      newLeaseId: () => randomUUID(),
      place,
    });
  const commit = (tasks: readonly GrantedTask[], planned: object = {}) =>
    leases.commit(
      tasks.map((task) => ({
        fence: task.fence,
        agentId: task.agentId,
        output: outputOf(task),
        logTail: '',
        ...planned,
      })),
      RULES,
    );
  return { pool, jobs, grant, commit };
}

/** Submits a job and plans it; resolves when its clips are ready. */
async function readyJob({ jobs, grant, commit }: Awaited<ReturnType<typeof openStores>>): Promise<void> {
  await jobs.submit({
    jobId: randomUUID(),
    ownerId: 'bench',
    dialect: 'grid',
    name: 'bench',
    priority: 0,
    spec: SPEC,
    specHash: '',
    tasks: [{ ...indexTask(SPEC), taskId: randomUUID() }],
  });
  const [task] = await grant();
  if (task === undefined) throw new Error('the index task was not granted');
  const index = JSON.parse(gunzipSync(simulatedIndex(CLIPS, FRAMES)).toString()) as SourceIndex;
  const [indexArtifact] = outputOf(task).artifacts;
  if (indexArtifact === undefined) throw new Error('an index task leaves an artifact');
  await commit([task], { plan: plan({ spec: SPEC, index, indexArtifact, slots: 1 }) });
}

/** Grants batch after batch, and commits each while the next one is granted, as a coordinator does. */
async function drain({ grant, commit }: Awaited<ReturnType<typeof openStores>>): Promise<number> {
  let done = 0;
  let committing: Promise<unknown> = Promise.resolve();
  for (let tasks = await grant(); tasks[0]?.kind === 'encode'; tasks = await grant()) {
    await committing;
    done += tasks.length;
    committing = commit(tasks).then((outcomes) => {
      if (!outcomes.every((one) => one.committed)) throw new Error('a commit was refused');
    });
  }
  await committing;
  return done;
}

async function run(context: BenchContext): Promise<Row[]> {
  const stores = await openStores(context);
  const rates: number[] = [];
  const cpuMs: number[] = [];
  try {
    for (let round = 0; round < (context.quick ? 1 : 3); round++) {
      await readyJob(stores);
      const cpuBefore = await cpuSeconds(context.server.pid);
      const startedMs = performance.now();
      const done = await drain(stores);
      // The merge, so that the next round does not find it.
      await stores.grant();
      if (done !== CLIPS) throw new Error(`${done} of ${CLIPS} tasks went through`);
      cpuMs.push((((await cpuSeconds(context.server.pid)) - cpuBefore) * 1000) / done);
      rates.push((done * 1000) / (performance.now() - startedMs));
    }
    return [
      {
        what: 'grant and commit in batches, SQL only',
        value: median(rates),
        unit: 'tasks/s',
        target: { atLeast: 5_000 },
        note: `batches of ${BATCH}, one granted while the one before is committed, ${CLIPS} clips of one job; median of ${rates.length}`,
      },
      { what: 'processor time of PostgreSQL, a task', value: median(cpuMs), unit: 'ms' },
    ];
  } finally {
    await stores.pool.end();
  }
}

export const leaseSql: Measurement = {
  name: 'lease-sql',
  about: 'grant and commit through the lease store, without anything around it',
  run,
};
