import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readlinkSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { readProcesses } from '../../../agent/guest/proc.ts';
import { treeOf } from '../../../agent/process-times.ts';
import type { AgentStatus } from '../../../shared/agent-control.ts';
import { runCli } from '../../support/command-line.ts';
import { plainFilm } from '../../support/films.ts';
import { Processes } from '../../support/processes.ts';
import type { WatchEvent } from '../../support/job-watch.ts';
import type { Program } from '../../support/program.ts';
import type { AgentBody } from '../../support/rest-client.ts';
import { slowScript } from '../../support/scripts.ts';

const ENCODE = 'ffmpeg -i - -c:v libx264 -preset ultrafast CLIPGRID_OUTPUT.mkv';
const WHOLE = { mode: 'whole' } as const;
const GAME = 'owners-game';
const LOOK_MS = 20;

let grid: Processes;
let film: string;
let game: ChildProcess | undefined;
beforeAll(async () => {
  grid = await Processes.start({ agents: 0 });
  film = plainFilm(grid.folder, 6);
  symlinkSync('/bin/sleep', join(grid.folder, GAME));
});
afterEach(async () => {
  game?.kill();
  await Promise.all(grid.agents.map((agent) => agent.kill()));
});
afterAll(() => grid.close());

/** What the agent's tools are doing: one letter for each process. */
function tools(agent: Program): string[] {
  const [own, ...others] = treeOf(agent.pid!, readProcesses());
  return others.filter((one) => one.group !== own?.group).map((one) => one.state);
}

/** Waits until something is so; what it waits for is the state of other processes, which signals nothing. */
async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<number> {
  const from = performance.now();
  while (!(await isSo())) {
    if (performance.now() - from > 60_000) throw new Error(`it never came to this: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  return performance.now() - from;
}

const stands = (agent: Program) => (): boolean => {
  const states = tools(agent);
  return states.length > 1 && states.every((state) => state === 'T' || state === 'Z');
};

async function told(agent: Program): Promise<AgentBody> {
  return (await grid.api.agents()).find((one) => one.name === agent.name)!;
}

async function own(agent: Program, ...words: string[]): Promise<AgentStatus> {
  const ran = await runCli(['agent', ...words, '--data', join(grid.folder, agent.name), '--json']);
  expect(ran).toMatchObject({ code: 0, stderr: '' });
  return JSON.parse(ran.stdout) as AgentStatus;
}

describe('an agent on a machine that has an owner', { timeout: 150_000 }, () => {
  test('stands still within 2 s of the owner’s program, keeps its clip meanwhile, and goes on with it after', async () => {
    const env = { CLIPGRID_YIELD_TO: GAME, CLIPGRID_RESUME_AFTER: '1s' };
    const agent = await grid.addAgent({ env });
    const watch = await grid.api.submit(film, {
      script: slowScript('CLIPGRID_SOURCE', 0.06),
      encode: ENCODE,
      clips: WHOLE,
    });
    await watch.midClip();
    expect(stands(agent)()).toBe(false);
    game = spawn(join(grid.folder, GAME), ['600']);
    const stoodMs = await until('the tools stand', stands(agent));
    expect(stoodMs).toBeLessThan(2_000);
    const toldMs = await until('the grid knows', async () => (await told(agent)).paused !== null);
    expect(stoodMs + toldMs).toBeLessThan(3_000);
    expect(await told(agent)).toMatchObject({
      state: 'online',
      leases: 1,
      paused: { reason: `${GAME} runs`, since: expect.any(String) as string },
    });
    // A whole ttl and more: what stands is renewed all the same.
    const framesAt = async () => (await own(agent, 'status')).leases[0]!.frames_done;
    const before = await framesAt();
    await new Promise((resolve) => setTimeout(resolve, 13_000));
    expect(await framesAt()).toBe(before);
    expect(stands(agent)()).toBe(true);
    game.kill();
    await once(game, 'close');
    expect((await watch.ended()).state).toBe('succeeded');
    const encodes = (await grid.attempts(watch.jobId)).filter((one) => one.kind === 'encode');
    expect(encodes).toMatchObject([{ epoch: 1, outcome: 'succeeded' }]);
    expect((await told(agent)).paused).toBeNull();
  });

  test('a pause that lasts gives the clip to another agent with what is finished of it, and takes nothing until it is over', async () => {
    const agent = await grid.addAgent({ env: { CLIPGRID_RELEASE_AFTER: '4s' } });
    const long = plainFilm(grid.folder, 25);
    const script = slowScript('CLIPGRID_SOURCE', 0.04);
    // Lossless, so that the container is written as it grows.
    const encode = 'ffmpeg -i - -c:v libx264 -preset ultrafast -qp 0 -g 24 CLIPGRID_OUTPUT.mkv';
    const watch = await grid.api.submit(long, { script, encode, clips: WHOLE });
    await agent.seen('part kept');
    const socket = join(grid.folder, agent.name, 'control', 'agent.sock');
    expect(statSync(socket).mode & 0o777).toBe(0o600);
    expect(await own(agent, 'pause')).toMatchObject({
      name: agent.name,
      connected: true,
      slots: 1,
      paused: { reason: 'paused by its owner', until: null },
      leases: [{ phase: 'filter' }],
    });
    await until('the tools stand', stands(agent));
    const other = await grid.addAgent();
    const again: WatchEvent & { readonly saved?: number } = await watch.event(
      'task.granted',
      (event) => event.kind === 'encode' && event.epoch === 2,
    );
    expect(again).toMatchObject({
      agent_id: (await told(other)).agent_id,
      saved: expect.any(Number) as number,
    });
    const status = await own(agent, 'status');
    expect(status).toMatchObject({ leases: [], paused: { reason: 'paused by its owner' } });
    await until('its tools are gone', () => tools(agent).length === 0);
    expect((await watch.ended()).state).toBe('succeeded');
    const encodes = (await grid.attempts(watch.jobId)).filter((one) => one.kind === 'encode');
    expect(encodes).toMatchObject([
      { epoch: 1, outcome: 'released', agent: agent.name },
      { epoch: 2, outcome: 'succeeded', agent: other.name },
    ]);
    const ended = await grid.api.call<{ tasks: { kind: string; attempts: number }[] }>(
      `/jobs/${watch.jobId}`,
    );
    expect(ended.tasks.find((task) => task.kind === 'encode')).toMatchObject({ attempts: 1 });

    // The only one that is left is paused: the job waits, and says for whom. A restart is no resume.
    await other.kill();
    await agent.stop();
    await agent.start();
    const waits = await grid.api.submit(film, { encode: ENCODE, clips: WHOLE });
    await until('it says what it waits for', async () => {
      const { waiting } = await grid.api.call<{ waiting: string | null }>(`/jobs/${waits.jobId}`);
      return waiting === `the only agent that can run it is paused (${agent.name}: paused by its owner)`;
    });
    const spoken = await runCli(['agent', 'resume', '--data', join(grid.folder, agent.name)]);
    expect(spoken.stdout).toMatch(/^agent-\d \(.*\) works\nconnected to 127.0.0.1:\d+\n0 of 1 slots busy\n/);
    expect((await waits.ended()).state).toBe('succeeded');
  });

  test('takes nothing while others compute, and says so', async () => {
    game = spawn(process.execPath, ['-e', 'for (;;);']);
    // Whoever else computes here is one of the others, too.
    const agent = await grid.addAgent({ env: { CLIPGRID_YIELD_CPU: '1%' } });
    const reason = async () => (await told(agent)).paused?.reason ?? '';
    await until('it is paused', async () => /^others use \d+ % of the processors$/.test(await reason()));
    expect((await own(agent, 'status')).guest[0]).toBe(
      'stands still while others use more than 1 % of the processors',
    );
  });

  test('killed while paused it leaves nothing behind for its next life', async () => {
    const agent = await grid.addAgent();
    await grid.api
      .submit(film, { script: slowScript('CLIPGRID_SOURCE', 0.2), encode: ENCODE, clips: WHOLE })
      .then((watch) => watch.midClip());
    await own(agent, 'pause', '--for', '1h');
    await until('the tools stand', stands(agent));
    await agent.kill();
    await agent.start();
    const work = join(grid.folder, agent.name, 'work');
    const left = readProcesses().filter((one) => one.state === 'T');
    expect(left.filter((one) => cwdOf(one.pid).startsWith(work))).toEqual([]);
    const gone = await runCli(['agent', 'status', '--data', join(grid.folder, 'nobody')]);
    expect(gone).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('no agent runs with this data folder') as string,
    });
  });
});

function cwdOf(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return '';
  }
}
