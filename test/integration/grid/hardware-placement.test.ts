import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LeaseGrant } from '../../../shared/gen/clipgrid/v1/lease.ts';
import { FakeAgent } from '../../support/fake-agent.ts';
import { doTask } from '../../support/fake-work.ts';
import { submitJob } from '../../support/rpc-jobs.ts';
import { startRunningGrid, type RunningGrid } from '../../support/running-grid.ts';

let running: RunningGrid;
beforeAll(async () => {
  running = await startRunningGrid({ agents: 0 });
});
afterAll(() => running.close());

const NVENC = {
  text: 'ffmpeg -i - -c:v hevc_nvenc OUT.mkv',
  programs: [['ffmpeg', '-i', '-', '-c:v', 'hevc_nvenc', 'OUT.mkv']],
  outputName: 'OUT.mkv',
};
const PLAIN = ['program:ffmpeg', 'encoder:libx264'];

/** Takes and does everything until no grant comes for the job any more; returns what was done. */
async function work(agent: FakeAgent, done: LeaseGrant[]): Promise<void> {
  for (;;) {
    const grant = await agent.next('grant').catch(() => undefined);
    if (grant === undefined) return;
    done.push(grant);
    await doTask(agent, grant);
  }
}

test('a command that needs hevc_nvenc goes only to an agent that proved it; until there is one, the job says so at once', async () => {
  const plain = await FakeAgent.connect(running.rpc.port, {
    agentId: 'plain',
    capabilities: PLAIN,
    slots: 4,
  });
  const jobId = await submitJob(running, { spec: { command: NVENC } });
  const why = 'none of the 1 agents online has the encoder hevc_nvenc, proved by encoding a frame';
  expect(await running.grid.jobs.explainJob(jobId)).toBe(why);

  // What needs no such encoder is done all the same.
  const index = await plain.next('grant');
  expect(index.spec?.kind?.$case).toBe('index');
  await doTask(plain, index);
  expect(await running.grid.jobs.explainJob(jobId)).toBe(why);
  const clips = (await running.grid.jobs.tasks(jobId)).filter((task) => task.kind === 'encode');
  expect(clips.map((task) => task.state)).toEqual(['ready', 'ready', 'ready', 'ready']);
  expect(await running.grid.jobs.explainTask(clips[0]!.taskId)).toBe(why);

  const onPlain: LeaseGrant[] = [];
  const onCard: LeaseGrant[] = [];
  const card = await FakeAgent.connect(running.rpc.port, {
    agentId: 'card',
    capabilities: [...PLAIN, 'encoder:hevc_nvenc'],
    slots: 2,
  });
  void work(plain, onPlain);
  void work(card, onCard);
  expect(await running.ended(jobId)).toMatchObject({ state: 'succeeded' });
  const kinds = (grants: LeaseGrant[]) => grants.map((grant) => grant.spec?.kind?.$case);
  expect(kinds(onCard)).toEqual(['encode', 'encode', 'encode', 'encode']);
  // The merge needs no card, so it leaves the one that has it alone.
  expect(kinds(onPlain)).toEqual(['merge']);
  for (const agent of [plain, card]) agent.close();
});
