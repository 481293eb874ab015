import { silentFilm } from '../../support/films.ts';
import { Processes } from '../../support/processes.ts';
import type { Row } from '../../bench/measurement.ts';
import type { Scenario } from '../scenario.ts';
import { atLeast, none, took, within } from '../support/rows.ts';
import { addNetworkedAgents, type NetworkedAgent } from '../support/networks.ts';
import { lasting, secondsFrom } from '../support/time.ts';
import { accountOf, order, worksOn, wrongFrames } from '../support/work.ts';

const CUT_MS = 500;

function holder(agents: readonly NetworkedAgent[], name: string): NetworkedAgent {
  const found = agents.find(({ agent }) => agent.name === name);
  if (found === undefined) throw new Error(`${name} has no network of its own`);
  return found;
}

interface Swallowed {
  /** From the first lost byte until another agent works on the clip. */
  readonly elsewhereS: number;
  /** How long the agent had given up by then. */
  readonly aloneS: number;
}

async function blackHole(
  grid: Processes,
  agents: readonly NetworkedAgent[],
  uploadId: string,
): Promise<Swallowed> {
  const watch = await order(grid, { uploadId, rate: 0.1 });
  const clip = await watch.midClip();
  const { agent, network } = holder(agents, clip.agent);
  const mark = agent.lines.length;
  const fromMs = Date.now();
  network.swallow();
  const gaveUp = agent.seen((line) => line.msg === 'task not done' && line['task'] === clip.task_id, mark);
  const beginsMs = await worksOn(grid, clip.task_id, clip.epoch + 1);
  const gaveUpMs = Number((await gaveUp)['time']);
  await grid.api.call(`/jobs/${watch.jobId}/cancel`, {});
  network.release();
  return { elsewhereS: secondsFrom(fromMs, beginsMs), aloneS: secondsFrom(gaveUpMs, beginsMs) };
}

async function shortCut(
  grid: Processes,
  agents: readonly NetworkedAgent[],
  work: { uploadId: string; film: string },
): Promise<Row[]> {
  const watch = await order(grid, { uploadId: work.uploadId, rate: 1.5 });
  const clip = await watch.midClip();
  const { agent, network } = holder(agents, clip.agent);
  const mark = agent.lines.length;
  network.cut();
  await lasting(CUT_MS);
  await network.mend();
  const mendedMs = Date.now();
  await agent.seen('connected', mark);
  const backS = secondsFrom(mendedMs);
  await watch.ended();
  const { interrupted } = await accountOf(grid, watch.jobId);
  const wrong = await wrongFrames(grid, watch.jobId, work.film);
  const what = `network cut for ${CUT_MS / 1000} s:`;
  return [
    none(`${what} clips interrupted`, interrupted, 'clips'),
    none(`${what} wrong frames in the result`, wrong, 'frames'),
    took(`${what} connected again after`, backS),
  ];
}

export const agentUnreachable: Scenario = {
  name: 'agent-unreachable',
  about: 'an agent behind a black hole (nothing passes, nobody is told), and one whose connection is cut',
  async run(context) {
    const grid = await Processes.start({ agents: 0, database: await context.database() });
    const agents = await addNetworkedAgents(grid, 2);
    try {
      const film = silentFilm(grid.folder, 10);
      const uploadId = await grid.api.upload(film);
      const holes: Swallowed[] = [];
      for (let round = 0; round < (context.short ? 1 : 4); round++)
        holes.push(await blackHole(grid, agents, uploadId));
      const elsewhereS = Math.max(...holes.map((one) => one.elsewhereS));
      const aloneS = Math.min(...holes.map((one) => one.aloneS));
      const elsewhere = took(
        'black hole: its clip runs elsewhere',
        elsewhereS,
        `the longest of ${holes.length}`,
      );
      const alone = took('black hole: it had stopped before by', aloneS, 'the shortest; L5');
      return [
        within(13, elsewhere),
        atLeast(0, alone),
        ...(await shortCut(grid, agents, { uploadId, film })),
      ];
    } finally {
      for (const { network } of agents) network.close();
      await grid.close();
    }
  },
};
