import { expect, test } from 'vitest';
import type { OpenSession } from '../../../../coordinator/grid/agent-gateway.ts';
import { createGrid, type GridDeps } from '../../../../coordinator/grid/grid.ts';
import { DEFAULT_TIMES } from '../../../../coordinator/grid/settings.ts';
import type { LeaseStore } from '../../../../coordinator/store/lease-store.ts';
import { GridError } from '../../../../shared/errors.ts';
import type { SessionRequest, SessionResponse } from '../../../../shared/gen/clipgrid/v1/session.ts';
import { systemIds } from '../../../../shared/ids.ts';
import { silentLogger } from '../../../../shared/logger.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { createMemoryFixture, type MemoryFixture } from '../../../support/memory-fixture.ts';

type Request = NonNullable<SessionRequest['message']>;
type Response = NonNullable<SessionResponse['message']>;

const down = async (): Promise<never> => {
  throw new GridError('unavailable', 'the database is away');
};

/** One agent's session on a grid whose lease store fails in these ways. */
async function open(fixture: MemoryFixture, broken: Partial<LeaseStore>) {
  const clock = new ManualClock();
  const { jobs, agents, events } = fixture;
  const deps = { jobs, agents, events, leases: { ...fixture.leases, ...broken } };
  const grid = createGrid({
    ...(deps as unknown as GridDeps),
    secretKeys: [],
    clock,
    ids: systemIds(() => clock.wallMs()),
    logger: silentLogger,
    settings: { ...DEFAULT_TIMES, coordinatorId: 'c', version: 'test', bucket: 'clipgrid' },
  });
  const said: Response[] = [];
  const sink = { send: (message: Response) => said.push(message) > 0, end: () => undefined };
  const session: OpenSession = await grid.gateway.open(fixture.hello('a'), sink);
  return { said, say: (message: Request) => session.receive(message) };
}

async function leasedFence(fixture: MemoryFixture) {
  const session = await fixture.agent('a');
  await fixture.submit();
  const [task] = await fixture.grant('a', session);
  return task!.fence;
}

test.each([
  ['its task cannot be read', { context: down }],
  ['it cannot be counted', { fail: down }],
])('a failure is answered when %s: the agent is to say it again', async (_, broken) => {
  const fixture = await createMemoryFixture();
  const { said, say } = await open(fixture, broken);
  const fence = await leasedFence(fixture);
  const value = { fence, code: 'encoder_failed', message: 'boom', logTail: '', inputAtFault: false };
  await say({ $case: 'failed', value });
  const answer = { fence, committed: false, error: 'unavailable: the database is away', retryable: true };
  expect(said).toEqual([{ $case: 'commitResult', value: answer }]);
});

test.each(['uploadRequest', 'complete'] as const)(
  '%s is answered when its lease cannot be read',
  async (kind) => {
    const fixture = await createMemoryFixture();
    const { said, say } = await open(fixture, { context: down });
    const fence = await leasedFence(fixture);
    await say(
      kind === 'complete'
        ? { $case: kind, value: { fence, artifacts: [], result: undefined, logTail: '' } }
        : { $case: kind, value: { fence, artifacts: [] } },
    );
    expect(said[0]?.value).toMatchObject({
      fence,
      error: 'unavailable: the database is away',
      retryable: true,
    });
  },
);
