import { afterAll, beforeAll, expect, test } from 'vitest';
import { FakeAgent } from '../../support/fake-agent.ts';
import { workUntil } from '../../support/fake-work.ts';
import { PASS_THROUGH } from '../../support/grid-fixture.ts';
import { submitJob } from '../../support/rpc-jobs.ts';
import { startRunningGrid, type RunningGrid } from '../../support/running-grid.ts';

const MAX_MESSAGE_BYTES = 8 * 1024;
let running: RunningGrid;
beforeAll(async () => {
  running = await startRunningGrid({ agents: 0, settings: { maxMessageBytes: MAX_MESSAGE_BYTES } });
});
afterAll(() => running.close());

test('L15 a task that no message can hold fails its job at once, in words, and the agent goes on', async () => {
  const capabilities = ['program:ffmpeg', 'encoder:libx264', 'tool:vapoursynth'];
  const agent = await FakeAgent.connect(running.rpc.port, { agentId: 'a', capabilities });
  const script = { ...PASS_THROUGH.script, text: `# ${'long '.repeat(MAX_MESSAGE_BYTES / 5)}` };
  const tooLarge = await submitJob(running, { spec: { script } });
  await workUntil(agent, 'index');
  await expect.poll(async () => (await running.grid.jobs.get(tooLarge)).state).toBe('failed');
  const { failure } = await running.grid.jobs.get(tooLarge);
  expect(failure).toMatchObject({
    code: 'too_large',
    stage: 'encode',
    clipIndex: expect.any(Number) as number,
  });
  expect(failure?.message).toMatch(
    /^the task cannot be told to an agent: a grant of \d+ bytes is more than a message may have \(8192\); make the clips shorter$/,
  );
  const small = await submitJob(running);
  await workUntil(agent, 'merge');
  expect((await running.grid.jobs.get(small)).state).toBe('succeeded');
  agent.close();
});
