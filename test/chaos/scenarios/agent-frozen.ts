import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { silentFilm } from '../../support/films.ts';
import { Processes } from '../../support/processes.ts';
import type { Scenario } from '../scenario.ts';
import { atLeast, none, took } from '../support/rows.ts';
import { addNetworkedAgents } from '../support/networks.ts';
import { secondsFrom } from '../support/time.ts';
import { accountOf, order, worksOn, wrongFrames } from '../support/work.ts';

const TTL_S = 8;

/** The hashes of all objects that the coordinator keeps. */
async function storedHashes(grid: Processes): Promise<Set<string>> {
  const root = join(grid.folder, 'data/objects/objects');
  const files = await readdir(root, { recursive: true, withFileTypes: true });
  const paths = files.filter((file) => file.isFile()).map((file) => join(file.parentPath, file.name));
  const bytes = await Promise.all(paths.map((path) => readFile(path)));
  return new Set(bytes.map((one) => createHash('sha256').update(one).digest('hex')));
}

interface Published {
  readonly epoch: number;
  readonly sha256: string;
  readonly key: string;
}

async function published(grid: Processes, taskId: string): Promise<Published> {
  const { rows } = await grid.sql.query<Published>(
    `select epoch, output->'artifacts'->0->>'sha256' as sha256, output->'artifacts'->0->>'key' as key
     from tasks where task_id = $1 and state = 'succeeded'`,
    [taskId],
  );
  if (rows[0] === undefined) throw new Error(`task ${taskId} is not committed`);
  return rows[0];
}

/**
 * The worst moment: an agent has encoded, uploaded and said so, but its word stays on the way, and it is frozen, until the
 * clip is another's.
 */
export const agentFrozen: Scenario = {
  name: 'agent-frozen',
  about: 'SIGSTOP of an agent between upload and commit, SIGCONT after another one has done its clip',
  async run(context) {
    const coordinatorEnv = { CLIPGRID_LEASE_TTL_S: String(TTL_S) };
    const grid = await Processes.start({ agents: 0, database: await context.database(), coordinatorEnv });
    const agents = await addNetworkedAgents(grid, 2);
    try {
      const film = silentFilm(grid.folder, 6);
      const watch = await order(grid, { uploadId: await grid.api.upload(film), rate: 0.6 });
      const clip = await watch.midClip();
      const { agent, network } = agents.find((one) => one.agent.name === clip.agent)!;
      const mark = agent.lines.length;
      const namesPicture = (bytes: Buffer): boolean =>
        bytes.includes(clip.task_id) && bytes.includes('thumbnail');
      // The last that a clip uploads is its picture: named once to be let upload it, and once as done.
      await network.swallowFrom('up', namesPicture);
      network.release();
      await network.swallowFrom('up', namesPicture);
      agent.signal('SIGSTOP');
      const frozenMs = Date.now();

      // Soon enough that the coordinator has not yet missed the answers to its pings.
      await worksOn(grid, clip.task_id, clip.epoch + 1);
      network.release();
      const refused = await grid.coordinator.program.seen(
        (line) => line.msg === 'what a task brought was refused' && line['task'] === clip.task_id,
      );
      const job = await watch.ended();
      const before = await published(grid, clip.task_id);
      agent.signal('SIGCONT');
      await agent.seen((line) => line.msg === 'task not done' && line['task'] === clip.task_id, mark);

      const after = await published(grid, clip.task_id);
      const kept = JSON.stringify(after) === JSON.stringify(before) && after.epoch === clip.epoch + 1;
      const stored = (await storedHashes(grid)).has(before.sha256);
      const { again } = await accountOf(grid, watch.jobId);
      const { result } = await grid.api.job(watch.jobId);
      const refusals = { what: 'late commits refused', value: Number(refused['code'] === 'stale_lease') };
      const changed = Number(result?.sha256 !== job.result?.sha256);
      return [
        atLeast(1, { ...refusals, unit: 'commits' }),
        none('published artifacts changed', Number(!kept || !stored), 'objects'),
        none('results changed', changed, 'results'),
        none('clips committed twice', again, 'clips'),
        none('wrong frames in the result', await wrongFrames(grid, watch.jobId, film), 'frames'),
        took('frozen for', secondsFrom(frozenMs), `with a ttl of ${TTL_S} s`),
      ];
    } finally {
      for (const { network } of agents) network.close();
      await grid.close();
    }
  },
};
