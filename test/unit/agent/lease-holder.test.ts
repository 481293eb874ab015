import { once } from 'node:events';
import { randomUUID } from 'node:crypto';
import { beforeEach, expect, test } from 'vitest';
import { LeaseHolder } from '../../../agent/lease-holder.ts';
import { startTool } from '../../../agent/subprocess.ts';
import { systemClock } from '../../../shared/clock.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const TIMES = { ttlMs: 12_000, marginMs: 2_000 };
let clock: ManualClock;
let holder: LeaseHolder;
beforeEach(() => {
  clock = new ManualClock();
  holder = new LeaseHolder(clock);
});

const fence = () => ({ taskId: randomUUID(), epoch: 1, leaseId: randomUUID() });

test('L5 a lease is trusted for its ttl less the margin, and not a millisecond longer', () => {
  const lease = holder.grant(fence(), TIMES);
  clock.advance(9_999);
  expect(lease.abort.signal.aborted).toBe(false);
  clock.advance(1);
  expect(lease.abort.signal.aborted).toBe(true);
  expect(lease.abort.signal.reason).toMatchObject({ code: 'lost_lease' });
  expect(holder.size).toBe(0);
});

test('L5 the ttl counts from the sending of the heartbeat, however late its answer comes', () => {
  const lease = holder.grant(fence(), TIMES);
  clock.advance(3_000);
  const sentMs = clock.monotonicMs();
  clock.advance(6_500);
  holder.renewed(lease.fence, sentMs, TIMES);
  clock.advance(3_499);
  expect(lease.abort.signal.aborted).toBe(false);
  clock.advance(1);
  expect(lease.abort.signal.aborted).toBe(true);
});

test('L5 an answer that comes out of order never shortens the trust', () => {
  const lease = holder.grant(fence(), TIMES);
  clock.advance(6_000);
  holder.renewed(lease.fence, 6_000, TIMES);
  holder.renewed(lease.fence, 3_000, TIMES);
  clock.advance(9_999);
  expect(lease.abort.signal.aborted).toBe(false);
});

test('L2 a renewal of another epoch of the task renews nothing', () => {
  const lease = holder.grant(fence(), TIMES);
  clock.advance(9_000);
  holder.renewed({ ...lease.fence, epoch: 2 }, 9_000, TIMES);
  clock.advance(1_000);
  expect(lease.abort.signal.aborted).toBe(true);
});

test('L5 each lease has its own deadline: one ends, the other goes on', () => {
  const first = holder.grant(fence(), TIMES);
  clock.advance(4_000);
  const second = holder.grant(fence(), TIMES);
  clock.advance(6_000);
  expect([first.abort.signal.aborted, second.abort.signal.aborted]).toEqual([true, false]);
  holder.drop(second.fence);
  expect(clock.pending).toEqual([]);
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test('L5 at the trust deadline the children are dead, and what they started too', async () => {
  const lease = holder.grant(fence(), TIMES);
  // The shell's own child ignores the polite signal.
  const script = `sh -c 'trap "" TERM; echo $$; while :; do sleep 1; done' & wait`;
  const tool = startTool(
    { argv: ['/bin/sh', '-c', script], cwd: '/', environment: { PATH: '/usr/bin:/bin' } },
    { signal: lease.abort.signal, clock: systemClock },
  );
  const [chunk] = (await once(tool.child.stdout!, 'data')) as [Buffer];
  const grandchild = Number(chunk.toString());
  expect(isAlive(grandchild)).toBe(true);
  clock.advance(10_000);
  const exit = await tool.done;
  expect(exit.code).not.toBe(0);
  expect(isAlive(tool.child.pid!)).toBe(false);
  await expect.poll(() => isAlive(grandchild), { timeout: 5_000 }).toBe(false);
});

test('L5 what is past its deadline ends with the first message that is read after a pause', () => {
  const old = holder.grant(fence(), TIMES);
  clock.pass(11_000);
  holder.grant(fence(), TIMES);
  expect(old.abort.signal.aborted).toBe(true);
  expect(holder.size).toBe(1);
});
