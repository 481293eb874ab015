import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { TTL_MS } from '../support/grid-fixture.ts';
import { EACH_STORE } from '../support/each-store.ts';
import type { MemoryFixture } from '../support/memory-fixture.ts';

const FIRST = { start: 7, incarnation: 'seven', connection: 3 };
const LATE = {
  code: 'failed_precondition',
  message: expect.stringContaining('a later session of the agent a'),
};

describe.each(EACH_STORE)('L8 a Hello that arrives late, on %s', (_, create) => {
  let grid: Omit<MemoryFixture, 'state'>;
  beforeAll(async () => {
    grid = await create();
  });
  afterAll(() => grid.close());
  beforeEach(() => grid.reset());

  /** The id of the session that such a Hello opens. */
  async function hello(order: typeof FIRST): Promise<string> {
    const sessionId = grid.uuid();
    const said = grid.hello('a', order);
    await grid.agents.register({ hello: said, sessionId, coordinatorId: 'c' });
    return sessionId;
  }

  test.each([
    ['of an earlier start of the program', { ...FIRST, start: 6, incarnation: 'six', connection: 9 }],
    ['of an earlier connection of the same program', { ...FIRST, connection: 2 }],
    ['of a program that counts no starts', { start: 0, incarnation: 'none', connection: 0 }],
  ])('%s is refused and takes over nothing', async (__, late) => {
    const session = await hello(FIRST);
    await grid.submit();
    await expect(hello(late)).rejects.toMatchObject(LATE);
    const beats = [{ agentId: 'a', sessionId: session, load: undefined }];
    expect([...(await grid.agents.seen(beats)).keys()]).toEqual([session]);
    expect(await grid.grant('a', session)).toHaveLength(1);
  });

  test.each([
    ['a later start', { start: 8, incarnation: 'eight', connection: 1 }],
    ['a later connection of the same program', { ...FIRST, connection: 4 }],
    ['another program on a copy of the same folder', { ...FIRST, incarnation: 'copy', connection: 1 }],
  ])('%s takes over', async (__, later) => {
    const old = await hello(FIRST);
    await grid.submit();
    const fresh = await hello(later);
    expect(await grid.grant('a', old)).toEqual([]);
    expect(await grid.grant('a', fresh)).toHaveLength(1);
  });

  test('a session that was taken over between its Hello and its leases moves none of them', async () => {
    const old = await hello(FIRST);
    const fresh = await hello({ ...FIRST, connection: 4 });
    await grid.submit();
    const [task] = await grid.grant('a', fresh);
    const adopt = (sessionId: string) =>
      grid.leases.adopt({ agentId: 'a', sessionId, held: [task!.fence], ttlMs: TTL_MS, restarted: false });
    await expect(adopt(old)).rejects.toMatchObject(LATE);
    expect(await grid.jobs.task(task!.fence.taskId)).toMatchObject({ state: 'leased', attempts: 1 });
    expect(await adopt(fresh)).toEqual([task!.fence]);
  });
});
