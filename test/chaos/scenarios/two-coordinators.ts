import { silentFilm } from '../../support/films.ts';
import type { JobWatch } from '../../support/job-watch.ts';
import { Processes, type CoordinatorProcess } from '../../support/processes.ts';
import { startS3 } from '../../support/s3.ts';
import type { Scenario } from '../scenario.ts';
import { atLeast, none, took, within } from '../support/rows.ts';
import { answered, secondsFrom } from '../support/time.ts';
import { accountOf, order, wrongFrames } from '../support/work.ts';

const MOST_AGENTS = 10;

/** Agents by the coordinator that they are connected to. */
async function spread(grid: Processes): Promise<number[]> {
  const { rows } = await grid.sql.query<{ agents: number }>(
    `select count(*)::int as agents from agents where state = 'online' group by coordinator_id`,
  );
  return rows.map((row) => row.agents);
}

/** Agents that know both, until each coordinator has one: they choose by chance. */
async function addUntilSpread(grid: Processes): Promise<number[]> {
  await Promise.all([grid.addAgent(), grid.addAgent()]);
  while ((await spread(grid)).length < 2 && grid.agents.length < MOST_AGENTS) await grid.addAgent();
  return spread(grid);
}

/** Kills one; seconds until all agents were at the other one. */
async function kill(grid: Processes, coordinator: CoordinatorProcess): Promise<number> {
  const killedMs = Date.now();
  await coordinator.program.kill();
  await answered('all agents are at the other coordinator', async () => {
    // The rows of those that have not moved yet still name the dead one.
    const [all, ...others] = await spread(grid);
    return all === grid.agents.length && others.length === 0 ? true : undefined;
  });
  return secondsFrom(killedMs);
}

function eventsDiffer(one: JobWatch, other: JobWatch): number {
  const common = Math.min(one.events.length, other.events.length);
  const texts = [one, other].map(({ events }) =>
    events.slice(0, common).map((event) => JSON.stringify(event)),
  );
  return (texts[0] ?? []).filter((text, i) => text !== texts[1]?.[i]).length;
}

export const twoCoordinators: Scenario = {
  name: 'two-coordinators',
  about: 'two coordinators on one database and one S3: each of them is killed once during one job',
  async run(context) {
    const s3 = await startS3();
    try {
      const grid = await Processes.start({
        coordinators: 2,
        agents: 0,
        s3,
        database: await context.database(),
      });
      try {
        const agents = await addUntilSpread(grid);
        const [first, second] = grid.coordinators as [CoordinatorProcess, CoordinatorProcess];
        const film = silentFilm(grid.folder, 16);
        const uploadId = await first.api.upload(film);
        const atFirst = await order(grid, { uploadId, rate: 0.5, clipSeconds: 2 });
        const atSecond = second.api.watch(atFirst.jobId);
        await Promise.all([atFirst.midClip(), atSecond.midClip()]);
        const movedS = [await kill(grid, first)];
        await atSecond.midClip();
        await first.program.start();
        movedS.push(await kill(grid, second));
        const [job] = await Promise.all([atFirst.ended(), second.program.start()]);
        await atSecond.ended();
        const { again, interrupted } = await accountOf(grid, atFirst.jobId);
        const wrong = job.state === 'succeeded' ? await wrongFrames(grid, atFirst.jobId, film) : Infinity;
        const chance = `${grid.agents.length} agents, which choose by chance: some were added until both had one`;
        const common = Math.min(atFirst.events.length, atSecond.events.length);
        const moved = took('agents of a dead coordinator are at the other after', Math.max(...movedS));
        return [
          atLeast(2, { what: 'coordinators with agents', value: agents.length, unit: 'of 2', note: chance }),
          none('committed clips encoded again', again, 'clips'),
          none('running clips interrupted', interrupted, 'clips'),
          none('wrong frames in the result', wrong, 'frames'),
          none('events that the two show differently', eventsDiffer(atFirst, atSecond), 'events'),
          atLeast(10, { what: 'events shown by both', value: common, unit: 'events' }),
          within(3, moved),
        ];
      } finally {
        await grid.close();
      }
    } finally {
      await s3.stop();
    }
  },
};
