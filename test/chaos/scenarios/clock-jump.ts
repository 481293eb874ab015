import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { silentFilm } from '../../support/films.ts';
import type { JobWatch } from '../../support/job-watch.ts';
import { Processes } from '../../support/processes.ts';
import type { Scenario } from '../scenario.ts';
import { none } from '../support/rows.ts';
import { accountOf, order, wrongFrames } from '../support/work.ts';

const HOUR_MS = 3_600_000;
const CLOCK = pathToFileURL(join(import.meta.dirname, '../support/jumping-clock.mjs')).href;

/** Programs whose wall clock jumps an hour on, and at the next signal two hours back. */
const JUMPING = {
  NODE_OPTIONS: `--import=${CLOCK}`,
  CHAOS_CLOCK_JUMPS_MS: `${HOUR_MS},${-2 * HOUR_MS}`,
};

/** What a jump of the database's clock is to leases and sweeper: all their times are elsewhere. */
async function jumpDatabase(grid: Processes, ms: number): Promise<void> {
  const by = `interval '${-ms} milliseconds'`;
  await grid.sql.query(
    `update tasks set lease_expires_at = lease_expires_at + ${by}, granted_at = granted_at + ${by}`,
  );
  await grid.sql.query(`update sweeper set swept_at = swept_at + ${by}, held_until = held_until + ${by}`);
}

/** One jump of everybody, while a clip that has not been touched by one is in work. */
async function jump(watch: JobWatch, jumpOf: () => Promise<void> | void): Promise<void> {
  const before = watch.events.length;
  await watch.midClip();
  await jumpOf();
  await watch.event('task.succeeded', (event) => event.kind === 'encode', before);
}

export const clockJump: Scenario = {
  name: 'clock-jump',
  about:
    'the wall clocks of coordinator, agents and database jump an hour on and two hours back during one job',
  async run(context) {
    const grid = await Processes.start({
      agents: 2,
      database: await context.database(),
      coordinatorEnv: JUMPING,
      agentEnv: JUMPING,
    });
    try {
      const film = silentFilm(grid.folder, 12);
      const watch = await order(grid, { uploadId: await grid.api.upload(film), rate: 0.4, clipSeconds: 2 });
      const programs = [grid.coordinator.program, ...grid.agents];
      const signal = (): void => programs.forEach((program) => program.signal('SIGUSR2'));
      await jump(watch, signal);
      await jump(watch, () => jumpDatabase(grid, HOUR_MS));
      await jump(watch, signal);
      await jump(watch, () => jumpDatabase(grid, -HOUR_MS));
      const job = await watch.ended();
      const { interrupted, again } = await accountOf(grid, watch.jobId);
      const wrong = job.state === 'succeeded' ? await wrongFrames(grid, watch.jobId, film) : Infinity;
      const how = 'processes by their Date, the database by moving all stored times of leases and sweeper';
      return [
        none('clips interrupted', interrupted, 'clips', how),
        none('committed clips encoded again', again, 'clips'),
        none('wrong frames in the result', wrong, 'frames'),
      ];
    } finally {
      await grid.close();
    }
  },
};
