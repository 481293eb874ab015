import { afterAll, beforeAll, expect, test } from 'vitest';
import { DynamicAgent } from '../../support/dynamic-agent.ts';
import { startRunningGrid, type RunningGrid } from '../../support/running-grid.ts';

let running: RunningGrid;
beforeAll(async () => {
  running = await startRunningGrid({ agents: 0, settings: { minSandbox: 'namespaces' } });
});
afterAll(() => running.close());

test('an agent with a weaker sandbox is refused for good, in words that say what to do', async () => {
  const agent = new DynamicAgent(running.rpc.port);
  agent.send({ hello: agent.hello({ capabilities: ['program:ffmpeg', 'sandbox:limits'] }) });
  const goodbye = await agent.next('goodbye');
  expect(goodbye['reason']).toContain('the strength limits, and this grid accepts none below namespaces');
  expect(goodbye['reason']).toContain('install bubblewrap');
  expect(goodbye['reconnect']).toBe(false);
  agent.close();
});

test('one with walls is welcome', async () => {
  const agent = new DynamicAgent(running.rpc.port);
  const welcome = await agent.greet({ capabilities: ['program:ffmpeg', 'sandbox:namespaces'] });
  expect(welcome['session_id']).not.toBe('');
  agent.close();
});
