import { silentFilm } from '../../support/films.ts';
import { Processes } from '../../support/processes.ts';
import { startS3 } from '../../support/s3.ts';
import type { Scenario } from '../scenario.ts';
import { atLeast, none, took, within } from '../support/rows.ts';
import { lasting, secondsFrom } from '../support/time.ts';
import { accountOf, order, wrongFrames } from '../support/work.ts';

/** Longer than the ttl: whoever stays with it loses its leases. */
const FROZEN_MS = 13_000;
const FILM_S = 6;
/** Far longer than an agent trusts a lease that nobody renews. */
const ENCODE_S = 20;

export const coordinatorFrozen: Scenario = {
  name: 'coordinator-frozen',
  about: 'SIGSTOP of one of two coordinators, for longer than a lease lives, while its agents encode',
  async run(context) {
    const s3 = await startS3();
    try {
      const grid = await Processes.start({ agents: 0, s3, database: await context.database() });
      try {
        const first = grid.coordinator;
        const second = await grid.prepareCoordinator();
        // They know both; only the first one is there yet.
        const agents = await Promise.all([grid.addAgent(), grid.addAgent()]);
        await second.program.start();
        const film = silentFilm(grid.folder, FILM_S);
        const uploadId = await second.api.upload(film);
        const watches = [];
        for (let k = 0; k < agents.length; k++) {
          const { jobId } = await order(grid, { uploadId, rate: FILM_S / ENCODE_S });
          const watch = second.api.watch(jobId);
          await watch.midClip();
          watches.push(watch);
        }
        const marks = agents.map((agent) => agent.lines.length);
        first.program.signal('SIGSTOP');
        const frozenMs = Date.now();
        await Promise.all(agents.map((agent, i) => agent.seen('connected', marks[i])));
        const movedS = secondsFrom(frozenMs);
        await lasting(FROZEN_MS - 1000 * movedS);
        first.program.signal('SIGCONT');
        const jobs = await Promise.all(watches.map((watch) => watch.ended()));
        const jobIds = watches.map((watch) => watch.jobId);
        const accounts = await Promise.all(jobIds.map((jobId) => accountOf(grid, jobId)));
        const succeeded = jobs.filter((job) => job.state === 'succeeded').length;
        const wrong = await Promise.all(jobIds.map((jobId) => wrongFrames(grid, jobId, film)));
        const sum = (values: readonly number[]): number => values.reduce((all, one) => all + one, 0);
        const interrupted = sum(accounts.map((one) => one.interrupted));
        const moved = took('agents of a frozen coordinator are at the other after', movedS);
        return [
          atLeast(2, { what: 'jobs that succeeded', value: succeeded, unit: 'jobs' }),
          none('running clips interrupted', interrupted, 'clips', `frozen for ${FROZEN_MS / 1000} s`),
          none('wrong frames in the results', sum(wrong), 'frames'),
          within(9, moved),
        ];
      } finally {
        await grid.close();
      }
    } finally {
      await s3.stop();
    }
  },
};
