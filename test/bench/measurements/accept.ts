import type { BenchContext, Measurement, Row } from '../measurement.ts';
import { startSimulatedGrid } from '../support/grid.ts';
import { median } from '../support/stats.ts';

const CLIPS = 10_000;
const FRAMES_PER_CLIP = 25;

async function run(context: BenchContext): Promise<Row[]> {
  const submits: number[] = [];
  const plans: number[] = [];
  for (let round = 0; round < (context.quick ? 1 : 5); round++) {
    // One agent, and a grid of its own each time: the clips of the round before would compete.
    const grid = await startSimulatedGrid(context, {
      name: `accept-${round}`,
      agents: 1,
      processes: 1,
      clips: CLIPS,
      framesPerClip: FRAMES_PER_CLIP,
    });
    try {
      const startedMs = performance.now();
      await grid.submit();
      submits.push(performance.now() - startedMs);
      let planned: number | undefined;
      while (planned === undefined) {
        const { commits, refused } = await grid.agents.report();
        if (refused.length > 0) throw new Error(`the index was refused: ${refused[0]}`);
        planned = commits.find((commit) => commit.kind === 'index')?.askedMs;
      }
      plans.push(planned);
    } finally {
      await grid.stop();
    }
  }
  const note = `median of ${plans.length}; TaskComplete of the index to its CommitResult: plan, ${CLIPS} tasks, commit`;
  return [
    { what: 'submit answered over REST', value: median(submits) / 1000, unit: 's', target: { atMost: 1 } },
    {
      what: `index of ${CLIPS} clips committed, all its tasks ready`,
      value: median(plans) / 1000,
      unit: 's',
      target: { atMost: 1 },
      note,
    },
  ];
}

export const accept: Measurement = {
  name: 'accept',
  about: `a job of ${CLIPS} clips: how soon it is accepted, and how soon its clips are ready`,
  run,
};
