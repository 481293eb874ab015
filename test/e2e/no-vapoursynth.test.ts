import { afterAll, beforeAll, expect, test } from 'vitest';
import type { JobView } from '../../coordinator/grid/face.ts';
import { checkPrograms } from '../../shared/command-policy.ts';
import { splitCommand } from '../../shared/command-words.ts';
import { startRunningGrid, type RunningGrid } from '../support/running-grid.ts';
import { BIG_BUCK_BUNNY } from '../support/tools.ts';

let running: RunningGrid;
beforeAll(async () => {
  running = await startRunningGrid({ agents: 1, vapourSynthFile: '/there/is/no/clipgrid.json' });
});
afterAll(() => running.close());

async function submit(script: string): Promise<JobView> {
  const text = 'ffmpeg -i - -c:v libx264 -preset ultrafast OUT.mkv';
  return running.grid.jobs.submit({
    ownerId: 'me',
    dialect: 'grid',
    name: 'bunny.mp4',
    priority: 0,
    spec: {
      source: await running.putSource(BIG_BUCK_BUNNY),
      script: { text: script, sourceVariable: 'CLIPGRID_SOURCE', sourceName: 'CLIPGRID_SOURCE.mkv' },
      command: { text, programs: checkPrograms(splitCommand(text)), outputName: 'OUT.mkv' },
      container: 'matroska',
      clips: { mode: 'auto', targetS: 1.5 },
    },
  });
}

test('a grid without VapourSynth encodes through the pass-through; its agent says what it lacks and how to get it', async () => {
  const job = await submit('');
  expect(await running.ended(job.jobId)).toMatchObject({ state: 'succeeded', framesDone: 132 });
  const [agent] = await running.grid.agents.list();
  expect(agent?.capabilities).not.toContain('tool:vapoursynth');
  expect(agent?.lacks).toContain(
    'VapourSynth is missing: only the pass-through script runs here. Install Python 3.12 or newer, then `npm run setup`.',
  );
});

test('a job with a script of its own says at once that nobody has VapourSynth, and how to get it', async () => {
  const job = await submit('clip.set_output()');
  const why = await running.grid.jobs.explainJob(job.jobId);
  expect(why).toBe(
    'none of the 1 agents online has VapourSynth (on the agent: Python 3.12 or newer, then `npm run setup`, and start the agent again)',
  );
});
