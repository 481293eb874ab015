import { Agent, request, type IncomingMessage } from 'node:http';
import type { BenchContext, Measurement, Row } from '../measurement.ts';
import { cpuSeconds } from '../support/cpu.ts';
import { startSimulatedGrid } from '../support/grid.ts';

const WATCHERS = 50;
const CLIPS = 10_000;
const FRAMES_PER_CLIP = 25;

/** Watches a job as a browser does; the bytes are counted and thrown away. Resolves at the first of them. */
function watch(url: string, agent: Agent): Promise<{ bytes(): number; close(): void }> {
  return new Promise((resolve, reject) => {
    let bytes = 0;
    const asking = request(url, { agent }, (response: IncomingMessage) => {
      response.on('data', (chunk: Buffer) => (bytes += chunk.length));
      response.on('error', () => undefined);
      response.once('data', () => resolve({ bytes: () => bytes, close: () => response.destroy() }));
    });
    asking.once('error', reject);
    asking.end();
  });
}

interface Use {
  /** Processor time of the coordinator and of PostgreSQL, as a share of one processor. */
  readonly coordinator: number;
  readonly postgres: number;
}

async function run(context: BenchContext): Promise<Row[]> {
  const seconds = context.quick ? 3 : 20;
  const plan = { agents: 1, processes: 1, clips: CLIPS, framesPerClip: FRAMES_PER_CLIP };
  const grid = await startSimulatedGrid(context, { name: 'watchers', ...plan });
  const agent = new Agent({ maxSockets: Infinity });
  const use = async (): Promise<Use> => {
    const pids = [grid.coordinator.pid, context.server.pid] as const;
    const before = await Promise.all(pids.map(cpuSeconds));
    const fromMs = performance.now();
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    const after = await Promise.all(pids.map(cpuSeconds));
    const share = (which: number): number =>
      ((after[which] ?? 0) - (before[which] ?? 0)) / ((performance.now() - fromMs) / 1000);
    return { coordinator: share(0), postgres: share(1) };
  };
  try {
    const jobId = await grid.submit();
    let planned = false;
    while (!planned) planned = (await grid.agents.report()).commits.some(({ kind }) => kind === 'index');
    const url = `${grid.coordinator.api}/jobs/${jobId}/events`;
    context.say('watching it while an agent works');
    const alone = await use();
    const watchers = await Promise.all(Array.from({ length: WATCHERS }, () => watch(url, agent)));
    const bytes = (): number => watchers.reduce((sum, one) => sum + one.bytes(), 0);
    const bytesBefore = bytes();
    const working = await use();
    const mibPerS = (bytes() - bytesBefore) / 2 ** 20 / seconds;
    await grid.agents.stop();
    context.say('watching it while nobody works');
    // What the agent left behind is told first.
    await use();
    const quiet = await use();
    for (const one of watchers) one.close();
    const note = `share of one processor, over ${seconds} s; ${WATCHERS} streams read on the same machine`;
    return [
      {
        what: `coordinator, ${WATCHERS} watchers, clips wait`,
        value: quiet.coordinator,
        unit: 'cores',
        note,
      },
      { what: `PostgreSQL, ${WATCHERS} watchers, clips wait`, value: quiet.postgres, unit: 'cores' },
      {
        what: `coordinator, ${WATCHERS} watchers, an agent works`,
        value: working.coordinator,
        unit: 'cores',
      },
      { what: `PostgreSQL, ${WATCHERS} watchers, an agent works`, value: working.postgres, unit: 'cores' },
      { what: 'sent to watchers meanwhile', value: mibPerS, unit: 'MiB/s' },
      { what: 'coordinator, no watcher, an agent works', value: alone.coordinator, unit: 'cores' },
    ];
  } finally {
    agent.destroy();
    await grid.stop();
  }
}

export const watchers: Measurement = {
  name: 'watchers',
  about: `${WATCHERS} watchers of one job of ${CLIPS} clips over server-sent events: what they cost`,
  run,
};
