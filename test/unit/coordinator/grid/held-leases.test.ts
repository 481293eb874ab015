import { randomUUID } from 'node:crypto';
import { beforeEach, expect, test } from 'vitest';
import type { OpenSession } from '../../../../coordinator/grid/agent-gateway.ts';
import type { Committer } from '../../../../coordinator/grid/committer.ts';
import { Gateway } from '../../../../coordinator/grid/gateway.ts';
import { LeaseKeeper } from '../../../../coordinator/grid/lease-keeper.ts';
import { systemPlatform } from '../../../../coordinator/grid/platform.ts';
import { SessionRegistry, type LocalSession } from '../../../../coordinator/grid/session-registry.ts';
import { memoryEnrolmentStore } from '../../../../coordinator/store/memory/enrolment-store.ts';
import { DEFAULT_TIMES } from '../../../../coordinator/grid/settings.ts';
import { Wake } from '../../../../coordinator/grid/wake.ts';
import type { GrantedTask } from '../../../../coordinator/store/lease-store.ts';
import { GridError } from '../../../../shared/errors.ts';
import type { CommitResult, Fence } from '../../../../shared/gen/clipgrid/v1/lease.ts';
import type { SessionResponse } from '../../../../shared/gen/clipgrid/v1/session.ts';
import { systemIds } from '../../../../shared/ids.ts';
import { silentLogger } from '../../../../shared/logger.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { NO_OBSERVER } from '../../../../coordinator/grid/observer.ts';
import { TaskOutputs } from '../../../../coordinator/grid/task-outputs.ts';
import type { LogStore } from '../../../../coordinator/store/log-store.ts';
import { createMemoryFixture, type MemoryFixture } from '../../../support/memory-fixture.ts';

const SETTINGS = { ...DEFAULT_TIMES, coordinatorId: 'c', version: '1', bucket: 'clipgrid' };

let grid: MemoryFixture;
let clock: ManualClock;
let registry: SessionRegistry;
let open: OpenSession;
let sent: NonNullable<SessionResponse['message']>[];
/** What the database does not do, as often as it says. */
let contextsRefused: number;
let completion: Omit<CommitResult, 'fence'>;

beforeEach(async () => {
  grid = await createMemoryFixture();
  clock = new ManualClock();
  registry = new SessionRegistry();
  sent = [];
  contextsRefused = 0;
  completion = { committed: true, error: '', retryable: false };
  const leases = {
    ...grid.leases,
    async context(fence: Fence) {
      if (contextsRefused-- > 0) throw new GridError('unavailable', 'the database is away');
      return grid.leases.context(fence);
    },
  };
  const { agents } = grid;
  const common = { leases, agents, registry, clock, settings: SETTINGS, platform: systemPlatform };
  const complete = async (
    _: LocalSession,
    { fence }: { fence?: Fence | undefined },
  ): Promise<CommitResult> => ({
    ...completion,
    fence,
  });
  const gateway = new Gateway({
    ...common,
    enrolments: memoryEnrolmentStore(grid.state, grid.leases),
    keeper: new LeaseKeeper(common),
    committer: { complete } as unknown as Committer,
    observer: NO_OBSERVER,
    outputs: new TaskOutputs({ logs: {} as LogStore, ...common, logger: silentLogger }),
    wake: new Wake(),
    ids: systemIds(() => 0),
    logger: silentLogger,
  });
  open = await gateway.open(grid.hello('a', { slots: 2 }), {
    send: (message) => sent.push(message) > 0,
    end: () => undefined,
  });
});

function session(): LocalSession {
  return registry.get(open.welcome.sessionId)!;
}

/** As the dispatcher notes it. */
function hold(task: GrantedTask): Fence {
  const { fence, jobId, kind, clipIndex } = task;
  session().held.set(fence.taskId, {
    fence,
    jobId,
    kind,
    clipIndex,
    traceparent: '',
    inputFrames: 0,
    sinceMs: clock.monotonicMs(),
    slot: fence.leaseId,
  });
  return fence;
}

async function granted(): Promise<Fence> {
  await grid.submit();
  const [task] = await grid.grant('a', open.welcome.sessionId);
  return hold(task!);
}

const NO_PROGRESS = { framesDone: 0, framesTotal: 0, fps: 0, speed: 0, phase: '', logTail: '' };

/** Batches of beats come apart in time. */
const BATCH_APART_MS = 100;

async function beat(...fences: Fence[]): Promise<void> {
  clock.advance(BATCH_APART_MS);
  await open.receive({
    $case: 'heartbeat',
    value: {
      sequence: 1,
      load: undefined,
      pause: undefined,
      leases: fences.map((fence) => ({ fence, ...NO_PROGRESS })),
    },
  });
}

const failed = (fence: Fence): Promise<void> =>
  open.receive({
    $case: 'failed',
    value: { fence, code: 'encoder_failed', message: 'no', logTail: '', inputAtFault: false },
  });

const completed = (fence: Fence): Promise<void> =>
  open.receive({ $case: 'complete', value: { fence, artifacts: [], result: undefined, logTail: '' } });

test('L14 a failure that cannot be taken now is answered: unanswered, its lease would be kept for ever', async () => {
  const fence = await granted();
  session().held.clear();
  contextsRefused = 1;
  await failed(fence);
  expect(sent.at(-1)).toMatchObject({
    $case: 'commitResult',
    value: { fence, committed: false, retryable: true },
  });
  await failed(fence);
  expect(sent.at(-1)).toMatchObject({ $case: 'commitResult', value: { fence, committed: true } });
});

test('a late answer about an old lease frees no slot of the newer one of the same task', async () => {
  const fence = await granted();
  await grid.leases.release(fence, 'a');
  const [again] = await grid.grant('a', open.welcome.sessionId);
  const newer = hold(again!);
  expect(newer.taskId).toBe(fence.taskId);
  completion = { committed: false, error: 'stale_lease: it is over', retryable: false };
  await completed(fence);
  await failed(fence);
  await open.receive({ $case: 'release', value: { fence, reason: '' } });
  expect(session().held.get(fence.taskId)?.fence).toEqual(newer);
});

test('a refused completion keeps its slot until the agent says that it failed', async () => {
  const fence = await granted();
  completion = { committed: false, error: 'digest_mismatch: other bytes', retryable: false };
  await completed(fence);
  expect(session().held.size).toBe(1);
  await failed(fence);
  expect(session().held.size).toBe(0);
});

test.each([
  { committed: true, error: '', retryable: false },
  { committed: false, error: 'stale_lease: it is over', retryable: false },
])('a completion frees its slot when the lease is over: $error', async (answer) => {
  const fence = await granted();
  completion = answer;
  await completed(fence);
  expect(session().held.size).toBe(0);
});

test('a lease that the first heartbeat after a pause does not name yet is not forgotten', async () => {
  const fence = await granted();
  clock.advance(SETTINGS.leaseTtlMs + 1);
  await beat();
  expect(session().held.size).toBe(1);
  clock.advance(SETTINGS.heartbeatMs);
  await beat(fence);
  clock.advance(SETTINGS.leaseTtlMs + 1);
  await beat();
  expect(session().held.size).toBe(1);
});

test('a lease that heartbeats have not named for a whole ttl frees its slot', async () => {
  await granted();
  await beat();
  clock.advance(SETTINGS.leaseTtlMs + 1);
  await beat();
  expect(session().held.size).toBe(0);
});

test('a heartbeat names what was lost, and frees its slot', async () => {
  const fence = { taskId: randomUUID(), epoch: 1, leaseId: randomUUID() };
  hold({ fence, jobId: 'j', kind: 'encode', clipIndex: 0 } as GrantedTask);
  await beat(fence);
  expect(sent.at(-1)).toMatchObject({ $case: 'heartbeatAck', value: { lost: [fence], renewed: [] } });
  expect(session().held.size).toBe(0);
});

test('a paused agent keeps what it holds and gets nothing new, until its next word', async () => {
  const free = () => registry.capacities(-Infinity).map((one) => one.freeSlots);
  const say = async (pause: { reason: string } | undefined) => {
    clock.advance(BATCH_APART_MS);
    const leases = [...session().held.values()].map(({ fence }) => ({ fence, ...NO_PROGRESS }));
    await open.receive({ $case: 'heartbeat', value: { sequence: 2, load: undefined, leases, pause } });
  };
  const fence = await granted();
  expect(free()).toEqual([1]);
  await say({ reason: 'blender runs\0' });
  expect(free()).toEqual([]);
  expect(sent.at(-1)).toMatchObject({ $case: 'heartbeatAck', value: { renewed: [fence], lost: [] } });
  expect(await grid.agents.get('a')).toMatchObject({ state: 'online', pause: { reason: 'blender runs' } });
  await say(undefined);
  expect(free()).toEqual([1]);
  expect(await grid.agents.get('a')).not.toHaveProperty('pause');
});
