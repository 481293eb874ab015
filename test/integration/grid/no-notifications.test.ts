import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { indexTask } from '../../../coordinator/domain/planner.ts';
import { postgresAgentStore } from '../../../coordinator/store/postgres/agent-store.ts';
import { postgresJobStore } from '../../../coordinator/store/postgres/job-store.ts';
import { FakeAgent } from '../../support/fake-agent.ts';
import { PASS_THROUGH } from '../../support/grid-fixture.ts';
import { startRunningGrid, type RunningGrid } from '../../support/running-grid.ts';

let running: RunningGrid;
beforeAll(async () => {
  // As if the connection that listens were down all the time.
  running = await startRunningGrid({
    agents: 0,
    wakeSource: { listen: () => undefined, stop: () => Promise.resolve() },
  });
});
afterAll(() => running.close());

/** As another coordinator does it: this one hears of nothing. */
async function submitElsewhere(): Promise<string> {
  const jobId = randomUUID();
  await postgresJobStore(running.db).submit({
    jobId,
    ownerId: 'me',
    dialect: 'grid',
    name: 'film.mkv',
    priority: 0,
    spec: PASS_THROUGH,
    specHash: 'x',
    tasks: [{ ...indexTask(PASS_THROUGH), taskId: randomUUID() }],
  });
  return jobId;
}

test('L7 with every notification lost, tasks are granted, leases revoked and drains known all the same', async () => {
  const agent = await FakeAgent.connect(running.rpc.port, { agentId: 'a' });
  const jobId = await submitElsewhere();
  const grant = await agent.next('grant');
  expect(grant.jobId).toBe(jobId);
  await agent.next('heartbeatAck');

  await postgresJobStore(running.db).cancel(jobId);
  agent.beat([grant.fence!]);
  expect((await agent.next('heartbeatAck')).lost).toEqual([grant.fence]);

  const agents = postgresAgentStore(running.db);
  await agents.drain('a', 0);
  agent.beat([]);
  expect(await agent.next('drain')).toMatchObject({ undo: false });
  await submitElsewhere();
  await agents.undrain('a');
  agent.beat([]);
  // What it was not granted while it drained comes now.
  expect((await agent.next('grant')).spec?.kind?.$case).toBe('index');
  agent.close();
});
