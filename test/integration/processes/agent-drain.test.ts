import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { plainFilm } from '../../support/films.ts';
import { Processes } from '../../support/processes.ts';
import { slowScript } from '../../support/scripts.ts';

const SLOW = slowScript('CLIPGRID_SOURCE', 0.08);
const ENCODE = 'ffmpeg -i - -c:v libx264 -preset ultrafast CLIPGRID_OUTPUT.mkv';

let grid: Processes;
let film: string;
beforeAll(async () => {
  grid = await Processes.start({ agents: 0 });
  film = plainFilm(grid.folder, 6);
});
afterEach(() => Promise.all(grid.agents.map((agent) => agent.kill())));
afterAll(() => grid.close());

describe('SIGTERM of an agent', { timeout: 150_000 }, () => {
  test('it finishes the clip that it holds, takes nothing new, and leaves; the other one does the rest', async () => {
    const leaving = await grid.addAgent({ env: { CLIPGRID_DRAIN_S: '80' } });
    const staying = await grid.addAgent();
    // More clips than agents.
    const clips = { target_seconds: 2 };
    const watch = await grid.api.submit(film, { script: SLOW, encode: ENCODE, clips });
    const clip = await watch.midClip((task) => task.agent === leaving.name);
    expect(await leaving.stop()).toEqual({ code: 0, signal: null });

    const ended = await watch.ended();
    expect(ended.state).toBe('succeeded');
    const attempts = await grid.attempts(watch.jobId);
    const encodes = attempts.filter((one) => one.kind === 'encode');
    expect(encodes).toHaveLength(3);
    expect(encodes.every((one) => one.epoch === 1 && one.outcome === 'succeeded')).toBe(true);
    const ofLeaving = encodes.filter((one) => one.agent === leaving.name);
    expect(ofLeaving.map((one) => one.clip_index)).toEqual([clip.clip_index]);
    expect(attempts.at(-1)).toMatchObject({ kind: 'merge', agent: staying.name });
  });

  test('what it cannot finish within its deadline it gives back, which costs no attempt', async () => {
    const env = { CLIPGRID_DRAIN_S: '1' };
    const both = [await grid.addAgent({ env }), await grid.addAgent({ env })];
    const watch = await grid.api.submit(film, { script: SLOW, encode: ENCODE, clips: { mode: 'whole' } });
    const clip = await watch.midClip();
    const leaving = both.find((agent) => agent.name === clip.agent)!;
    const staying = both.find((agent) => agent !== leaving)!;
    expect(await leaving.stop()).toEqual({ code: 0, signal: null });

    const ended = await watch.ended();
    expect(ended.state).toBe('succeeded');
    const [released, done] = (await grid.attempts(watch.jobId)).filter((one) => one.kind === 'encode');
    expect(released).toMatchObject({ epoch: 1, outcome: 'released', agent: leaving.name });
    expect(done).toMatchObject({ epoch: 2, outcome: 'succeeded', agent: staying.name });
    expect(ended.tasks.find((task) => task.kind === 'encode')?.attempts).toBe(1);
    const agents = await grid.api.agents();
    expect(agents.find((agent) => agent.name === leaving.name)).toMatchObject({
      state: 'offline',
      leases: 0,
    });
  });
});
