import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { GridEvent } from '../../../coordinator/grid/face.ts';
import { postgresAgentStore } from '../../../coordinator/store/postgres/agent-store.ts';
import { DynamicAgent } from '../../support/dynamic-agent.ts';
import { dynamicClient, type Dynamic } from '../../support/grpc-client.ts';
import { completeIndex, emptyGrid, submitJob } from '../../support/rpc-jobs.ts';
import { startRunningGrid, type RunningGrid } from '../../support/running-grid.ts';
import { BIG_BUCK_BUNNY } from '../../support/tools.ts';

let running: RunningGrid;
let admin: ReturnType<typeof dynamicClient>;
const agents: DynamicAgent[] = [];
beforeAll(async () => {
  // The coordinator's own revocation comes at once after the deadline.
  running = await startRunningGrid({ agents: 0, settings: { graceMs: 100 } });
  admin = dynamicClient('clipgrid.v1.AdminService', running.rpc.port);
});
afterAll(async () => {
  admin.close();
  await running.close();
});
beforeEach(() => emptyGrid(running));
afterEach(() => {
  for (const agent of agents.splice(0)) agent.close();
});

function newAgent(agentId?: string): DynamicAgent {
  const agent = new DynamicAgent(running.rpc.port, agentId === undefined ? {} : { agentId });
  agents.push(agent);
  return agent;
}

async function busyAgent(): Promise<{ agent: DynamicAgent; jobId: string; fence: Dynamic }> {
  const agent = newAgent();
  await agent.greet({ slots: 2 });
  const jobId = await submitJob(running);
  const grant = await agent.next('grant');
  return { agent, jobId, fence: grant['fence'] as Dynamic };
}

test('L13 a draining agent is told the deadline, keeps heartbeating and holding, and is granted nothing', async () => {
  const { agent, fence } = await busyAgent();
  const request = { agent_id: agent.agentId, deadline_seconds: 3_600 };
  const { agent: drained } = await admin.call('DrainAgent', request);
  expect(drained).toMatchObject({ state: 'draining', drain_seconds_left: 3_600, leases: 1 });
  expect(await agent.next('drain')).toMatchObject({ deadline_seconds: 3_600, undo: false });
  const waiting = await submitJob(running);
  expect(await agent.beat([fence])).toMatchObject({ renewed: [fence] });
  expect(await completeIndex(agent, fence, 2)).toMatchObject({ committed: true });
  expect(await admin.call('ExplainWaiting', { job_id: waiting })).toEqual({
    reason: 'no agent takes work: 1 draining, none online',
  });
  await agent.beat();
  expect(agent.has('grant')).toBe(false);
});

test('L13 an undo works live: the agent hears of it and is granted what waits', async () => {
  const agent = newAgent();
  await agent.greet();
  await admin.call('DrainAgent', { agent_id: agent.agentId, deadline_seconds: 3_600 });
  await agent.next('drain');
  const jobId = await submitJob(running);
  await agent.beat();
  expect(agent.has('grant')).toBe(false);
  const { agent: shown } = await admin.call('DrainAgent', { agent_id: agent.agentId, undo: true });
  expect(shown).toMatchObject({ state: 'online' });
  expect(shown).not.toHaveProperty('drain_seconds_left');
  expect(await agent.next('drain')).toMatchObject({ undo: true, deadline_seconds: 0 });
  expect(await agent.next('grant')).toMatchObject({ job_id: jobId });
});

test('L13 any coordinator drains an agent of any other', async () => {
  const agent = newAgent();
  await agent.greet();
  // What a second coordinator on the same database does.
  await postgresAgentStore(running.db).drain(agent.agentId, 77);
  expect(await agent.next('drain')).toMatchObject({ deadline_seconds: 77 });
});

test('L13 a lost notification is made good by the next heartbeat, both ways', async () => {
  const agent = newAgent();
  await agent.greet();
  const order = (drain: boolean) =>
    running.pool.query('update agents set drain_requested = $1, drain_until = now() + $2', [
      drain,
      '90 seconds',
    ]);
  await order(true);
  await agent.beat();
  const { deadline_seconds: left } = await agent.next('drain');
  expect(left).toBeGreaterThan(60);
  expect(left).toBeLessThanOrEqual(90);
  await order(false);
  await agent.beat();
  expect(await agent.next('drain')).toMatchObject({ undo: true });
});

test('L13 a drain stays over reconnects: the new session is told what is left of it', async () => {
  const { agent, fence } = await busyAgent();
  await admin.call('DrainAgent', { agent_id: agent.agentId, deadline_seconds: 600 });
  agent.close();
  const back = newAgent(agent.agentId);
  expect(await back.greet({ heldLeases: [fence] })).toMatchObject({ kept_leases: [fence] });
  const { deadline_seconds: left } = await back.next('drain');
  expect(left).toBeGreaterThan(500);
  expect(left).toBeLessThanOrEqual(600);
  await submitJob(running);
  expect(await back.beat([fence])).toMatchObject({ renewed: [fence] });
  expect(back.has('grant')).toBe(false);
});

test('L13 what the agent does not give back at the deadline is revoked, and another agent gets it', async () => {
  const { agent, jobId, fence } = await busyAgent();
  const other = newAgent();
  await other.greet();
  await admin.call('DrainAgent', { agent_id: agent.agentId, deadline_seconds: 1 });
  expect(await agent.next('revoke')).toEqual({ fence, reason: 'drained' });
  const again = await other.next('grant', (grant) => grant['job_id'] === jobId);
  expect(again['fence']).toMatchObject({ task_id: fence['task_id'] });
  const { agent: shown } = await admin.call('GetAgent', { agent_id: agent.agentId });
  expect(shown).toMatchObject({ state: 'draining', leases: 0 });
});

/** A job whose encode takes far longer than any test. */
async function longJob(on: RunningGrid): Promise<string> {
  const programs = [['ffmpeg', '-i', '-', '-c:v', 'libx265', '-preset', 'placebo', 'OUT.mkv']];
  const job = await on.grid.jobs.submit({
    ownerId: 'me',
    dialect: 'grid',
    name: 'bunny.mp4',
    priority: 0,
    spec: {
      source: await on.putSource(BIG_BUCK_BUNNY),
      script: { text: '', sourceVariable: 'CLIPGRID_SOURCE', sourceName: 'CLIPGRID_SOURCE.mkv' },
      command: { text: 'x', programs, outputName: 'OUT.mkv' },
      container: 'matroska',
      clips: { mode: 'whole' },
    },
  });
  return job.jobId;
}

async function event(
  on: RunningGrid,
  jobId: string,
  fits: (event: GridEvent) => boolean,
): Promise<GridEvent> {
  for await (const one of on.grid.events.watch({ jobId, afterSequence: 0 }, AbortSignal.timeout(80_000)))
    if (fits(one)) return one;
  throw new Error('the event did not come');
}

const encodeGranted = (one: GridEvent): boolean =>
  one.type === 'task.granted' && one.data['kind'] === 'encode';

test(
  'L13 a real agent gives back what it holds: at the deadline of a drain, and when it is told to leave',
  { timeout: 90_000 },
  async () => {
    // The coordinator would take a minute to revoke: it is the agent that gives back.
    const grid = await startRunningGrid({ agents: 1, settings: { graceMs: 60_000 } });
    try {
      const drained = await longJob(grid);
      const { agentId = '' } = await event(grid, drained, encodeGranted);
      await grid.grid.agents.drain(agentId, 1);
      const released = await event(grid, drained, (one) => one.type === 'task.released');
      expect(released).toMatchObject({ agentId, data: {} });
      expect(await grid.grid.agents.get(agentId)).toMatchObject({ state: 'draining', leases: 0 });
      await grid.grid.jobs.cancel(drained);

      const left = await longJob(grid);
      await grid.grid.agents.undrain(agentId);
      await event(grid, left, encodeGranted);
      grid.agents[0]!.leave.abort();
      await grid.agents[0]!.done;
      expect(await event(grid, left, (one) => one.type === 'task.released')).toMatchObject({
        agentId,
        data: {},
      });
      expect((await grid.grid.agents.get(agentId)).state).toBe('offline');
    } finally {
      await grid.close();
    }
  },
);
