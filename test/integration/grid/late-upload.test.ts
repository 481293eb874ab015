import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FakeAgent } from '../../support/fake-agent.ts';
import { doTask, uploadWork } from '../../support/fake-work.ts';
import { submitJob } from '../../support/rpc-jobs.ts';
import { startRunningGrid, type RunningGrid } from '../../support/running-grid.ts';

let running: RunningGrid;
beforeAll(async () => {
  running = await startRunningGrid({ agents: 0 });
});
afterAll(() => running.close());

/** As if a lease had run out long ago, and the hold after the grid's start were over (L12); the sweeper finds it. */
async function runOut(taskId: string): Promise<void> {
  await running.pool.query(
    `update tasks set lease_expires_at = now() - interval '1 minute' where task_id = $1`,
    [taskId],
  );
  await running.pool.query('update sweeper set held_until = now()');
}

test('L6 a late upload of a superseded lease lands beside what was published, never on it', async () => {
  const late = await FakeAgent.connect(running.rpc.port, { agentId: 'late' });
  const jobId = await submitJob(running);
  await doTask(late, await late.next('grant'));
  const grant = await late.next('grant');
  const { taskId, epoch, leaseId } = grant.fence!;
  const lateBytes = Buffer.from('the same clip, encoded by the one that was thought dead');
  const uploaded = await uploadWork(late, grant, lateBytes);
  const digest = createHash('sha256').update(lateBytes).digest('hex');
  // Epoch, lease and content are in the key.
  const key = `incoming/${taskId}/${epoch}-${leaseId}/${digest}`;
  expect(await running.objects.stat({ bucket: 'clipgrid', key })).toMatchObject({
    sizeBytes: lateBytes.length,
  });

  await runOut(taskId);
  const other = await FakeAgent.connect(running.rpc.port, { agentId: 'other' });
  for (;;) {
    const next = await other.next('grant');
    await doTask(other, next, Buffer.from(`published ${next.fence!.taskId}`));
    if (next.fence!.taskId !== taskId) continue;
    expect(next.fence!.epoch).toBe(epoch + 1);
    break;
  }

  // The first one is back: it sends its bytes again, and others, and says that it is done.
  for (const body of [lateBytes, Buffer.from('other bytes')]) {
    await fetch(uploaded.target.url, { method: 'PUT', headers: uploaded.target.headers, body });
  }
  late.send({ $case: 'complete', value: uploaded.complete });
  expect(await late.next('commitResult')).toMatchObject({ committed: false, retryable: false });
  const task = await running.grid.jobs.task(taskId);
  const [artifact] = task.output!.artifacts;
  expect(artifact!.key).toContain(`artifacts/${jobId}/${taskId}-${epoch + 1}/`);
  const published = await buffer(await running.objects.read(artifact!));
  expect(published.toString()).toBe(`published ${taskId}`);
  for (const agent of [late, other]) agent.close();
});
