import { median, percentile } from '../../bench/support/stats.ts';
import { silentFilm } from '../../support/films.ts';
import { Processes } from '../../support/processes.ts';
import type { Scenario } from '../scenario.ts';
import { atLeast, took, within } from '../support/rows.ts';
import { secondsFrom } from '../support/time.ts';
import { order, worksOn } from '../support/work.ts';

/** Of a film of 10 s: nobody waits for its end. */
const RATE = 0.1;

/** Kills whoever works on a clip, and that again; seconds until another agent worked on it. */
async function killOne(grid: Processes, uploadId: string): Promise<number> {
  const watch = await order(grid, { uploadId, rate: RATE });
  const clip = await watch.midClip();
  const killed = grid.agent(clip.agent);
  const killedMs = Date.now();
  await killed.kill();
  const seconds = secondsFrom(killedMs, await worksOn(grid, clip.task_id, clip.epoch + 1));
  await grid.api.call(`/jobs/${watch.jobId}/cancel`, {});
  await killed.start();
  return seconds;
}

export const agentKilled: Scenario = {
  name: 'agent-killed',
  about: 'kill -9 of an agent in the middle of a clip, while another one is idle',
  async run(context) {
    const grid = await Processes.start({ agents: 2, database: await context.database() });
    try {
      const uploadId = await grid.api.upload(silentFilm(grid.folder, 10));
      const rounds = context.short ? 1 : 15;
      const seconds: number[] = [];
      for (let round = 0; round < rounds; round++) seconds.push(await killOne(grid, uploadId));
      const note = `${rounds} kills; until the other agent's first heartbeat about the clip`;
      return [
        within(3, took('its clip runs elsewhere, p95', percentile(seconds, 0.95), note)),
        took('its clip runs elsewhere, median', median(seconds)),
        atLeast(rounds, { what: 'clips that came to run elsewhere', value: seconds.length, unit: 'clips' }),
      ];
    } finally {
      await grid.close();
    }
  },
};
