import { median, percentile } from '../../bench/support/stats.ts';
import { silentFilm } from '../../support/films.ts';
import type { JobWatch } from '../../support/job-watch.ts';
import { Processes } from '../../support/processes.ts';
import type { Scenario } from '../scenario.ts';
import { atLeast, none, took } from '../support/rows.ts';
import { lasting, secondsFrom } from '../support/time.ts';
import { accountOf, order, wrongFrames } from '../support/work.ts';

const CLIP_S = 1;
const SLOTS = 2;
const AGENTS = 2;
/** A clip takes so many times its own length: the job outlasts the kills. */
const SLOWNESS = 3;

/** Seconds from the kill until each agent was connected again. */
async function killAndStart(grid: Processes): Promise<number[]> {
  const { program } = grid.coordinator;
  const marks = grid.agents.map((agent) => agent.lines.length);
  const killedMs = Date.now();
  await program.kill();
  await program.start();
  return Promise.all(
    grid.agents.map(async (agent, i) => {
      const line = await agent.seen('connected', marks[i]);
      return secondsFrom(killedMs, Number(line['time']));
    }),
  );
}

/** Kills again and again at moments that no stage of the work is bound to; stops early when the job has ended. */
async function killOften(grid: Processes, watch: JobWatch, kills: number): Promise<number[]> {
  const seconds: number[] = [];
  for (let kill = 0; kill < kills && watch.job?.result == null; kill++) {
    await lasting(100 + ((kill * 379) % 1_300));
    seconds.push(...(await killAndStart(grid)));
  }
  return seconds;
}

export const coordinatorKilled: Scenario = {
  name: 'coordinator-killed',
  about: 'kill -9 of the only coordinator, again and again, during one job of many clips',
  async run(context) {
    const [clips, kills] = context.short ? [12, 3] : [100, 20];
    // Short, it runs beside other tests, and a start may take longer there than an agent trusts its lease.
    const coordinatorEnv = context.short ? { CLIPGRID_LEASE_TTL_S: '120' } : {};
    const database = await context.database();
    const grid = await Processes.start({ agents: AGENTS, slots: SLOTS, database, coordinatorEnv });
    try {
      const film = silentFilm(grid.folder, clips * CLIP_S);
      const uploadId = await grid.api.upload(film);
      const watch = await order(grid, { uploadId, rate: 1 / SLOWNESS, clipSeconds: CLIP_S });
      await watch.midClip();
      const backS = await killOften(grid, watch, kills);
      const job = await watch.ended();
      const account = await accountOf(grid, watch.jobId);
      const wrong = job.state === 'succeeded' ? await wrongFrames(grid, watch.jobId, film) : Infinity;
      const unheard = 'their message died with the coordinator; no work was begun';
      const withStart = 'with the start of the coordinator';
      return [
        atLeast(kills, { what: 'kills during the job', value: backS.length / AGENTS, unit: 'kills' }),
        atLeast(clips, { what: 'clips of the job', value: account.clips, unit: 'clips' }),
        none('committed clips encoded again', account.again, 'clips'),
        none('running clips interrupted', account.interrupted, 'clips'),
        { what: 'grants that no agent heard of', value: account.unheard, unit: 'grants', note: unheard },
        none('wrong frames in the result', wrong, 'frames'),
        took('agents connected again after, median', median(backS), withStart),
        took('agents connected again after, p95', percentile(backS, 0.95)),
      ];
    } finally {
      await grid.close();
    }
  },
};
