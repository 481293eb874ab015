import { join } from 'node:path';
import { silentFilm } from '../../support/films.ts';
import type { JobBody } from '../../support/job-body.ts';
import { Processes } from '../../support/processes.ts';
import type { Program } from '../../support/program.ts';
import type { Scenario } from '../scenario.ts';
import { atLeast, none } from '../support/rows.ts';
import { fillDisk, smallDisk } from '../support/small-disk.ts';
import { order, wrongFrames } from '../support/work.ts';

const DISK = '32m';
/** Where nothing can be mounted the agent's own limit stands in for the disk. */
const QUOTA = { CLIPGRID_SANDBOX_DISK_GIB: '0.0002' };

interface Failure {
  readonly code: string;
  readonly agent: string;
}

async function failures(grid: Processes, jobId: string): Promise<Failure[]> {
  const { rows } = await grid.sql.query<Failure>(
    `select a.code, g.name as agent from attempts a join tasks t using (task_id) join agents g on g.agent_id = a.agent_id
     where t.job_id = $1 and a.outcome = 'failed'`,
    [jobId],
  );
  return rows;
}

/** The agent's disk is full in the middle of its clip; what it cannot do the other one does. */
async function fillUp(grid: Processes, film: string, small: Program, mounted: boolean): Promise<() => void> {
  const watch = await order(grid, { uploadId: await grid.api.upload(film), rate: 0.3, clipSeconds: 3 });
  if (!mounted) {
    await watch.ended();
    return () => undefined;
  }
  await watch.midClip((task) => task.agent === small.name);
  const makeRoom = fillDisk(small.pid ?? 0, join(grid.folder, small.name));
  await watch.ended();
  return makeRoom;
}

export const diskFull: Scenario = {
  name: 'disk-full',
  about: "an agent's disk (a small tmpfs of its own) becomes full in the middle of a clip",
  async run(context) {
    const grid = await Processes.start({ agents: 0, database: await context.database() });
    try {
      const disk = smallDisk(DISK);
      const small = await grid.addAgent(disk === undefined ? { env: QUOTA } : { by: disk });
      const roomy = await grid.addAgent();
      const film = silentFilm(grid.folder, 6);
      const makeRoom = await fillUp(grid, film, small, disk !== undefined);
      const [job] = (await grid.api.call<{ jobs: JobBody[] }>('/jobs')).jobs;
      const jobId = job?.job_id ?? '';
      const failed = await failures(grid, jobId);
      const lost = failed.filter((one) => one.code !== 'disk_full' || one.agent !== small.name);
      const sessions = small.lines.filter((line) => line.msg === 'connected');
      const how =
        disk === undefined ? 'nothing can be mounted here: by the limit of the agent' : `tmpfs of ${DISK}`;
      const full = {
        what: 'attempts that ended as disk_full',
        value: failed.length - lost.length,
        note: how,
      };
      const rows = [
        atLeast(1, { ...full, unit: 'attempts' }),
        none('attempts that ended otherwise', lost.length, 'attempts'),
        none('wrong frames in the result', await wrongFrames(grid, jobId, film), 'frames'),
        none('times that the agent lost its session', sessions.length - 1, 'times'),
      ];
      if (disk === undefined) return rows;
      makeRoom();
      await roomy.stop();
      const again = await order(grid, { uploadId: await grid.api.upload(film), rate: 10 });
      const { state } = await again.ended();
      const what = 'jobs that it does once there is room again';
      return [...rows, atLeast(1, { what, value: Number(state === 'succeeded'), unit: 'jobs' })];
    } finally {
      await grid.close();
    }
  },
};
