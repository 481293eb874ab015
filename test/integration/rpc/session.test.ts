import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { DynamicAgent } from '../../support/dynamic-agent.ts';
import { dynamicClient, type Dynamic } from '../../support/grpc-client.ts';
import { completeEncode, completeIndex, emptyGrid, submitJob } from '../../support/rpc-jobs.ts';
import { startRunningGrid, type RunningGrid } from '../../support/running-grid.ts';

let running: RunningGrid;
let admin: ReturnType<typeof dynamicClient>;
const agents: DynamicAgent[] = [];
beforeAll(async () => {
  running = await startRunningGrid({ agents: 0 });
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

async function withIndexTask(): Promise<{ agent: DynamicAgent; jobId: string; fence: Dynamic }> {
  const agent = newAgent();
  await agent.greet();
  const jobId = await submitJob(running);
  const grant = await agent.next('grant', (one) => one['job_id'] === jobId);
  return { agent, jobId, fence: grant['fence'] as Dynamic };
}

test('Hello is answered by Welcome with the times of the grid, and the agent is there to be seen', async () => {
  const agent = newAgent();
  const welcome = await agent.greet({ slots: 3 });
  const { heartbeatMs, leaseTtlMs, trustMarginMs, maxMessageBytes } = running.settings;
  expect(welcome).toMatchObject({
    coordinator_id: running.settings.coordinatorId,
    heartbeat_interval_ms: heartbeatMs,
    lease_ttl_ms: leaseTtlMs,
    trust_margin_ms: trustMarginMs,
    max_message_bytes: maxMessageBytes,
    kept_leases: [],
  });
  expect(await agent.beat()).toMatchObject({ renewed: [], lost: [] });
  const { agent: seen } = await admin.call('GetAgent', { agent_id: agent.agentId });
  expect(seen).toMatchObject({ name: 'by hand', state: 'online', slots: 3, leases: 0, load: { cpu: 0.5 } });
});

test('a film goes through: grant, heartbeat with progress, upload, completion, next stage, merge granted', async () => {
  const { agent, jobId, fence } = await withIndexTask();
  expect(await completeIndex(agent, fence, 2)).toMatchObject({ committed: true, error: '' });
  const first = await agent.next('grant', (one) => one['job_id'] === jobId);
  expect(first).toMatchObject({ ttl_ms: running.settings.leaseTtlMs, spec: { kind: 'encode' } });
  const leased = first['fence'] as Dynamic;
  const progress = { frames_done: 7, frames_total: 25, fps: 12.5, phase: 'filter', log_tail: 'frame=7' };
  expect(await agent.beat([leased], progress)).toMatchObject({ renewed: [leased], lost: [] });
  const { task } = await admin.call('GetTask', { task_id: leased['task_id'] });
  expect(task).toMatchObject({
    kind: 'encode',
    state: 'leased',
    agent_id: agent.agentId,
    frames_done: 7,
    fps: 12.5,
    phase: 'filter',
    log_tail: 'frame=7',
  });
  expect(await completeEncode(agent, first)).toMatchObject({ committed: true });
  // L3: the same lease with the same bytes, said twice, is one completion.
  expect(await completeEncode(agent, first)).toMatchObject({ committed: true });
  const second = await agent.next('grant');
  expect(await completeEncode(agent, second)).toMatchObject({ committed: true });
  const merge = await agent.next('grant');
  expect(merge).toMatchObject({
    job_id: jobId,
    spec: { kind: 'merge', merge: { segment_frames: [25, 25] } },
  });
  const { job } = await admin.call('GetJob', { job_id: jobId });
  expect(job).toMatchObject({ state: 'merging', clips_done: 2, clips_total: 2, frames_done: 50 });
});

test('L2 a stale fence renews nothing, uploads nothing and commits nothing', async () => {
  const { agent, fence } = await withIndexTask();
  for (const stale of [
    { ...fence, lease_id: randomUUID() },
    { ...fence, epoch: (fence['epoch'] as number) + 1 },
  ]) {
    expect(await agent.beat([stale])).toMatchObject({ renewed: [], lost: [stale] });
    const artifact = { name: 'index', sha256: 'a'.repeat(64), md5: 'b'.repeat(32), size_bytes: 1 };
    agent.send({ upload_request: { fence: stale, artifacts: [artifact] } });
    expect(await agent.next('upload_grant')).toMatchObject({
      targets: [],
      error: expect.stringContaining('the lease is not the current one') as string,
    });
    agent.send({ complete: { fence: stale, artifacts: [artifact], result: { index: {} } } });
    expect(await agent.next('commit_result')).toMatchObject({
      committed: false,
      retryable: false,
      error: expect.stringMatching(/^stale_lease: /) as string,
    });
    agent.send({ failed: { fence: stale, code: 'encoder_failed', message: 'too late' } });
    expect(await agent.next('commit_result')).toMatchObject({ committed: false });
  }
  expect(await agent.beat([fence])).toMatchObject({ renewed: [fence], lost: [] });
});

test('cancelling a job revokes its leases on the spot', async () => {
  const { agent, jobId, fence } = await withIndexTask();
  const { job } = await admin.call('CancelJob', { job_id: jobId });
  expect(job).toMatchObject({ state: 'cancelled' });
  expect(await agent.next('revoke')).toEqual({ fence, reason: 'cancelled' });
  expect(await agent.beat([fence])).toMatchObject({ renewed: [], lost: [fence] });
});

test('L1 retrying a running task revokes the attempt and grants it anew with a higher epoch', async () => {
  const { agent, fence } = await withIndexTask();
  await admin.call('RetryTask', { task_id: fence['task_id'] });
  expect(await agent.next('revoke')).toEqual({ fence, reason: 'superseded' });
  const again = (await agent.next('grant'))['fence'] as Dynamic;
  expect(again['task_id']).toBe(fence['task_id']);
  // One for the change, one for the grant.
  expect(again['epoch']).toBe((fence['epoch'] as number) + 2);
});

test('a released lease costs no attempt and goes to the next', async () => {
  const { agent, fence } = await withIndexTask();
  agent.send({ release: { fence, reason: 'changed my mind' } });
  const again = await agent.next('grant');
  expect(again['fence']).toMatchObject({ task_id: fence['task_id'], epoch: (fence['epoch'] as number) + 1 });
  const { task } = await admin.call('GetTask', { task_id: fence['task_id'] });
  expect(task).toMatchObject({ state: 'leased', attempts: 1 });
});

test('a failed attempt is told with its log, and the task tries another agent', async () => {
  const { agent, jobId, fence } = await withIndexTask();
  const other = newAgent();
  await other.greet();
  const failed = { fence, code: 'encoder_failed', message: 'no such codec', log_tail: 'line 1\nline 2' };
  agent.send({ failed });
  expect(await agent.next('commit_result')).toMatchObject({ committed: true, fence });
  const again = await other.next('grant', (one) => one['job_id'] === jobId);
  expect(again['fence']).toMatchObject({ task_id: fence['task_id'] });
  const { task } = await admin.call('GetTask', { task_id: fence['task_id'] });
  expect(task).toMatchObject({
    agent_id: other.agentId,
    failure: { code: 'encoder_failed', stage: 'index', message: 'no such codec', log: 'line 1\nline 2' },
  });
});

test('L8 a newer session of the agent wins and keeps what it lists; the older one is told not to come back', async () => {
  const { agent, fence } = await withIndexTask();
  const newer = newAgent(agent.agentId);
  const welcome = await newer.greet({ heldLeases: [fence] });
  expect(welcome['kept_leases']).toEqual([fence]);
  expect(await agent.next('goodbye')).toMatchObject({
    reason: 'a newer session of this agent took over',
    reconnect: false,
  });
  expect(await newer.beat([fence])).toMatchObject({ renewed: [fence] });
});

test('an agent that wants to leave keeps what it holds, is shown as draining and is granted nothing', async () => {
  const { agent, jobId, fence } = await withIndexTask();
  agent.send({ drain: { reason: 'the machine goes off' } });
  await expect
    .poll(async () => (await admin.call('GetAgent', { agent_id: agent.agentId }))['agent'])
    .toMatchObject({ state: 'draining', leases: 1 });
  expect(await agent.beat([fence])).toMatchObject({ renewed: [fence] });
  expect(await completeIndex(agent, fence, 2)).toMatchObject({ committed: true });
  const { reason } = await admin.call('ExplainWaiting', { job_id: jobId });
  expect(reason).toBe('no agent takes work: 1 draining, none online');
  await agent.beat();
  expect(agent.has('grant')).toBe(false);
  agent.halfClose();
  expect(await agent.next('goodbye')).toMatchObject({ reason: 'the agent ended the stream' });
  expect(await agent.ended).toMatchObject({ status: 'OK' });
});

test('a stopping coordinator says Goodbye with the wish to come back', async () => {
  const second = await startRunningGrid({ agents: 0 });
  const agent = new DynamicAgent(second.rpc.port);
  await agent.greet();
  await second.close();
  expect(await agent.next('goodbye')).toMatchObject({
    reason: 'the coordinator is stopping',
    reconnect: true,
  });
  agent.close();
});
