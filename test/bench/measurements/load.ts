import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BenchContext, Measurement, Row } from '../measurement.ts';
import { startSimulatedGrid, type SimulatedGrid } from '../support/grid.ts';
import { watched } from '../support/watched.ts';

const FRAMES_PER_CLIP = 25;
/** The garbage of the connecting is gone by then, and each agent has its clip. */
const SETTLE_MS = 10_000;
const GRANTED_WITHIN_MS = 60_000;

/** Waits until every agent holds a clip: each heartbeat then renews a lease. */
async function allHold(grid: SimulatedGrid, agents: number): Promise<void> {
  const deadline = performance.now() + GRANTED_WITHIN_MS;
  let held = 0;
  while (held < agents) {
    held += (await grid.agents.report()).grants.filter((grant) => grant.kind === 'encode').length;
    if (performance.now() > deadline) throw new Error(`${held} of ${agents} agents got a clip`);
    await sleep(200);
  }
}

interface Crowd {
  readonly agents: number;
  readonly processes: number;
  /** Whether the coordinator gets one core and no more. */
  readonly oneCore: boolean;
}

async function crowd(context: BenchContext, { agents, processes, oneCore }: Crowd) {
  const grid = await startSimulatedGrid(context, {
    name: `load-${agents}`,
    agents,
    processes,
    clips: agents,
    framesPerClip: FRAMES_PER_CLIP,
    holdClips: true,
  });
  try {
    await grid.submit();
    await allHold(grid, agents);
    if (oneCore) execFileSync('taskset', ['-a', '-c', '-p', '0', String(grid.coordinator.pid)]);
    await sleep(SETTLE_MS);
    context.say(`${agents} agents heartbeat, each for one lease`);
    const seen = await watched(grid.coordinator, () => sleep(context.quick ? 9_000 : 60_000));
    const { refused } = await grid.agents.report();
    if (refused.length > 0) throw new Error(`refused: ${refused[0]}`);
    return seen;
  } finally {
    await grid.stop();
  }
}

async function run(context: BenchContext): Promise<Row[]> {
  const [few, many] = context.quick ? [200, 400] : [1_000, 4_000];
  const small = await crowd(context, { agents: few, processes: 2, oneCore: false });
  const large = await crowd(context, { agents: many, processes: 4, oneCore: true });
  const note = 'each session a connection of its own, with one lease, a heartbeat every 1.5 s; none lost';
  return [
    {
      what: `coordinator, ${few} sessions heartbeating`,
      value: small.cores,
      unit: 'cores',
      target: { atMost: 0.5 },
      note,
    },
    {
      what: `coordinator memory, ${few} sessions`,
      value: small.peakMib,
      unit: 'MiB',
      target: { atMost: 250 },
      note: 'resident, highest',
    },
    {
      what: `coordinator on one core, ${many} sessions heartbeating`,
      value: large.cores,
      unit: 'cores',
      note: 'held to one core by taskset',
    },
    { what: `coordinator memory, ${many} sessions`, value: large.peakMib, unit: 'MiB' },
  ];
}

export const load: Measurement = {
  name: 'load',
  about: 'a coordinator with many agents that work and heartbeat',
  run,
};
