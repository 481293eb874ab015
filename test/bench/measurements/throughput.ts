import type { BenchContext, Measurement, Row } from '../measurement.ts';
import { cpuSeconds } from '../support/cpu.ts';
import { startSimulatedGrid } from '../support/grid.ts';
import { percentile } from '../support/stats.ts';

const AGENTS = 1_000;

async function run(context: BenchContext): Promise<Row[]> {
  const clips = context.quick ? 1_000 : 10_000;
  const grid = await startSimulatedGrid(context, {
    name: 'throughput',
    agents: AGENTS,
    processes: 1,
    clips,
    framesPerClip: 25,
  });
  try {
    context.say(`${clips} clips are on their way`);
    const cpu = async (): Promise<number[]> =>
      Promise.all([grid.coordinator.pid, context.server.pid, ...grid.agents.pids].map(cpuSeconds));
    const before = await cpu();
    const jobId = await grid.submit();
    await grid.agents.merged(jobId);
    const after = await cpu();
    const cpuMs = (which: number): number => (((after[which] ?? 0) - (before[which] ?? 0)) * 1000) / clips;
    const { grants, commits, refused } = await grid.agents.report();
    const encodes = commits.filter((commit) => commit.kind === 'encode');
    const firstMs = Math.min(...grants.filter((one) => one.kind === 'encode').map((one) => one.atMs));
    const lastMs = encodes.reduce((last, one) => Math.max(last, one.atMs), 0);
    const merge = commits.find((commit) => commit.kind === 'merge');
    return [
      {
        what: 'claim and complete through the whole coordinator',
        value: (encodes.length * 1000) / (lastMs - firstMs),
        unit: 'tasks/s',
        target: { atLeast: 1_000 },
        note: `${encodes.length} tasks, ${refused.length} refused`,
      },
      {
        what: 'TaskComplete to CommitResult, p50',
        value: percentile(
          encodes.map((one) => one.askedMs),
          0.5,
        ),
        unit: 'ms',
      },
      {
        what: `last clip committed to merge of ${clips} segments committed`,
        value: (merge?.atMs ?? Number.NaN) - lastMs,
        unit: 'ms',
      },
      { what: 'processor time of the coordinator, a task', value: cpuMs(0), unit: 'ms' },
      { what: 'processor time of PostgreSQL, a task', value: cpuMs(1), unit: 'ms' },
      { what: 'processor time of the simulated agents, a task', value: cpuMs(2), unit: 'ms' },
      {
        what: 'coordinator memory after it',
        value: (await grid.coordinator.rssBytes()) / 2 ** 20,
        unit: 'MiB',
      },
    ];
  } finally {
    await grid.stop();
  }
}

export const throughput: Measurement = {
  name: 'throughput',
  about: `tasks claimed, uploaded and committed by ${AGENTS} simulated agents over gRPC and HTTP`,
  run,
};
