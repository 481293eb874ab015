import { afterAll, beforeAll, expect, test } from 'vitest';
import { plainFilm } from '../../support/films.ts';
import { Processes } from '../../support/processes.ts';
import { allGone, processesNaming } from '../../support/sandboxed-encode.ts';
import { slowScript } from '../../support/scripts.ts';

/** Leaves its session and its parents, and sleeps on. */
const DAEMON = `
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        time.sleep(600)
    os._exit(0)
`;
const ENCODE = 'ffmpeg -i - -c:v libx264 -preset ultrafast CLIPGRID_OUTPUT.mkv';

let grid: Processes;
beforeAll(async () => {
  grid = await Processes.start({ agents: 1 });
});
afterAll(() => grid.close());

test(
  'kill -9 of an agent: neither its tools nor a daemon of the script survive it',
  { timeout: 150_000 },
  async () => {
    const film = plainFilm(grid.folder, 4);
    const script = `${slowScript('CLIPGRID_SOURCE', 1)}${DAEMON}`;
    const watch = await grid.api.submit(film, { script, encode: ENCODE, clips: { mode: 'whole' } });
    await watch.midClip();
    // The work directories of the agent are named in the environment of what runs in them.
    const work = `${grid.folder}/agent-1/work/`;
    expect(processesNaming(work).length).toBeGreaterThan(0);
    await grid.agents[0]!.kill();
    await allGone(work);
  },
);
