import { beforeEach, expect, test } from 'vitest';
import { LeaseKeeper, type LeaseKeeperDeps } from '../../../../coordinator/grid/lease-keeper.ts';
import { systemPlatform } from '../../../../coordinator/grid/platform.ts';
import type { LocalSession } from '../../../../coordinator/grid/session-registry.ts';
import { DEFAULT_TIMES } from '../../../../coordinator/grid/settings.ts';
import type { Renewal } from '../../../../coordinator/store/lease-store.ts';
import { GridError } from '../../../../shared/errors.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

const FENCE = {
  taskId: '11111111-1111-4111-8111-111111111111',
  epoch: 1,
  leaseId: '22222222-2222-4222-8222-222222222222',
};
const PROGRESS = { framesDone: 1, framesTotal: 9, fps: 1, speed: 0, phase: 'encode', logTail: '' };

let clock: ManualClock;
let keeper: LeaseKeeper;
/** What the database does with renewals. */
let renew: (renewals: readonly Renewal[]) => Promise<readonly Renewal['fence'][]>;
beforeEach(() => {
  clock = new ManualClock();
  renew = async (renewals) => renewals.map((one) => one.fence);
  const deps = {
    leases: { renew: (renewals: readonly Renewal[]) => renew(renewals) },
    agents: {
      seen: async (beats: readonly { sessionId: string }[]) =>
        new Map(beats.map(({ sessionId }) => [sessionId, {}])),
    },
    clock,
    settings: DEFAULT_TIMES,
    platform: systemPlatform,
  };
  keeper = new LeaseKeeper(deps as unknown as LeaseKeeperDeps);
});

/** Everything that is due now has happened. */
const settle = () => new Promise<void>((resolve) => setImmediate(() => setImmediate(resolve)));

function beat(sequence: number) {
  const session = { sessionId: 's', agentId: 'a', held: new Map(), committing: new Set(), draining: false };
  const leases = [{ fence: FENCE, ...PROGRESS }];
  return keeper.heartbeat(session as unknown as LocalSession, {
    sequence,
    load: undefined,
    leases,
    pause: undefined,
  });
}

const away = async (): Promise<never> => {
  throw new GridError('unavailable', 'connect ECONNREFUSED');
};

test('a heartbeat renews what it lists', async () => {
  expect(await beat(1)).toEqual({ sequence: 1, renewed: [FENCE], lost: [], putOff: false });
  renew = async () => [];
  clock.advance(1_000);
  expect(await beat(2)).toEqual({ sequence: 2, renewed: [], lost: [FENCE], putOff: false });
});

test('L12 while the database refuses, the answer is put off and no lease is called lost', async () => {
  renew = away;
  expect(await beat(1)).toEqual({ sequence: 1, renewed: [], lost: [], putOff: true });
});

test('L12 a database that says nothing does not hold the answer back', async () => {
  let answer = (): void => undefined;
  renew = () => new Promise((resolve) => (answer = () => resolve([FENCE])));
  const asked = beat(1);
  await settle();
  clock.advance(2_000);
  expect(await asked).toMatchObject({ renewed: [], lost: [], putOff: true });
  answer();
  await settle();
  renew = async () => [FENCE];
  expect(await beat(2)).toMatchObject({ renewed: [FENCE], putOff: false });
});

test('agents are not told to go on for ever: after a quarter of an hour they hear of the failure', async () => {
  renew = away;
  clock.advance(15 * 60_000);
  expect(await beat(1)).toMatchObject({ putOff: true });
  clock.advance(1_000);
  await expect(beat(2)).rejects.toMatchObject({ code: 'unavailable' });
});

test('a statement that is wrong is not put off', async () => {
  renew = () => Promise.reject(new Error('column "x" does not exist'));
  await expect(beat(1)).rejects.toThrow('does not exist');
});
