import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { RULES } from '../support/grid-fixture.ts';
import { EACH_STORE } from '../support/each-store.ts';
import type { MemoryFixture } from '../support/memory-fixture.ts';

const DAY_MS = 24 * 3600_000;
const LIMIT = { maxWaitMs: DAY_MS, limit: 100 };

describe.each(EACH_STORE)('L15 a job that nobody can do, on %s', (_, create) => {
  let grid: Omit<MemoryFixture, 'state'>;
  beforeAll(async () => {
    grid = await create();
  });
  afterAll(() => grid.close());
  beforeEach(async () => {
    await grid.reset();
    await grid.endHold(2 * DAY_MS);
  });

  /** Its clips need an encoder that the only agent has not. */
  async function stuckJob(): Promise<string> {
    const session = await grid.agent('a');
    const jobId = await grid.encodingJob('a', session);
    await grid.agent('a', ['program:ffmpeg']);
    return jobId;
  }

  test('fails once it has waited so long, in words, and can be retried', async () => {
    const jobId = await stuckJob();
    await grid.waitedFor(DAY_MS - 60_000);
    expect(await grid.leases.giveUpWaiting(LIMIT)).toBe(0);
    await grid.waitedFor(120_000);
    expect(await grid.leases.giveUpWaiting(LIMIT)).toBe(1);
    const { state, failure } = await grid.jobs.get(jobId);
    expect({ state, failure }).toEqual({
      state: 'failed',
      failure: {
        code: 'tool_missing',
        stage: 'encode',
        message:
          'in 24 hours (CLIPGRID_MAX_WAIT_H) no agent was there that has the encoder libx264, proved by encoding a frame; ' +
          'the program ffmpeg: start one, then retry the job',
        log: '',
        clipIndex: 0,
      },
    });
    expect(await grid.leases.giveUpWaiting(LIMIT)).toBe(0);
    await grid.jobs.retry(jobId, RULES);
    expect(await grid.grant('a', await grid.agent('a'), 4)).toHaveLength(4);
  });

  test('goes on waiting for an agent that was there within that time, busy or away', async () => {
    const jobId = await stuckJob();
    await grid.waitedFor(2 * DAY_MS);
    await grid.agent('b');
    await grid.silentFor(DAY_MS - 60_000);
    expect(await grid.leases.giveUpWaiting(LIMIT)).toBe(0);
    expect((await grid.jobs.get(jobId)).state).toBe('encoding');
    await grid.silentFor(DAY_MS + 60_000);
    expect(await grid.leases.giveUpWaiting(LIMIT)).toBe(1);
    expect((await grid.jobs.get(jobId)).state).toBe('failed');
  });

  test('L12 is given all its time anew after an outage, in which no agent could be seen', async () => {
    const jobId = await stuckJob();
    await grid.waitedFor(3 * DAY_MS);
    await grid.silentFor(3 * DAY_MS);
    await grid.endHold(DAY_MS - 60_000);
    expect(await grid.leases.giveUpWaiting(LIMIT)).toBe(0);
    expect((await grid.jobs.get(jobId)).state).toBe('encoding');
  });
});
