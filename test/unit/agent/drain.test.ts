import { randomUUID } from 'node:crypto';
import { beforeEach, expect, test } from 'vitest';
import { Drain } from '../../../agent/drain.ts';
import { LeaseHolder } from '../../../agent/lease-holder.ts';
import { Link } from '../../../agent/link.ts';
import type { SessionRequest } from '../../../shared/gen/clipgrid/v1/session.ts';
import { silentLogger } from '../../../shared/logger.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const TIMES = { ttlMs: 1e9, marginMs: 0 };
let clock: ManualClock;
let holder: LeaseHolder;
let link: Link;
let drain: Drain;
let said: NonNullable<SessionRequest['message']>[];
beforeEach(() => {
  clock = new ManualClock();
  holder = new LeaseHolder(clock);
  link = new Link();
  said = [];
  link.attach((message) => said.push(message), []);
  drain = new Drain({ clock, holder, link, logger: silentLogger });
});

const hold = () => holder.grant({ taskId: randomUUID(), epoch: 1, leaseId: randomUUID() }, TIMES);

test('L13 at the deadline what is still held is given back and its work killed, not before', () => {
  const [one, two] = [hold(), hold()];
  drain.begin('maintenance', 5_000);
  clock.advance(4_999);
  expect(said).toEqual([]);
  expect(one.abort.signal.aborted).toBe(false);
  holder.drop(two.fence);
  clock.advance(1);
  const reason = 'the deadline of the drain is over';
  expect(said).toEqual([{ $case: 'release', value: { fence: one.fence, reason } }]);
  expect(one.abort.signal.aborted).toBe(true);
  expect(holder.size).toBe(0);
});

test('L13 without a deadline nothing is ever given back', () => {
  hold();
  drain.begin('maintenance', 0);
  expect(clock.pending).toEqual([1e9]);
  clock.advance(1e8);
  expect(said).toEqual([]);
});

test('L13 a drain that is taken back no longer ends anything', () => {
  hold();
  drain.begin('maintenance', 5_000);
  drain.undo();
  clock.advance(60_000);
  expect(said).toEqual([]);
  expect(holder.size).toBe(1);
});

test('L13 a newer order takes the place of an older one, longer or shorter', () => {
  const lease = hold();
  drain.begin('maintenance', 5_000);
  drain.begin('maintenance', 50_000);
  clock.advance(49_999);
  expect(lease.abort.signal.aborted).toBe(false);
  drain.begin('maintenance', 0);
  clock.advance(1_000_000);
  expect(lease.abort.signal.aborted).toBe(false);
  drain.begin('now', 1);
  clock.advance(1);
  expect(lease.abort.signal.aborted).toBe(true);
});

test('a deadline beyond what a timer holds is not at once', () => {
  const lease = hold();
  drain.begin('some day', 2 ** 32 * 1000);
  expect(clock.pending[0]).toBe(7 * 24 * 3600 * 1000);
  expect(lease.abort.signal.aborted).toBe(false);
});

test('what is announced is said again, and first, in every session to come', () => {
  const notice = {
    $case: 'drain',
    value: { reason: 'leaving', deadlineSeconds: 10, undo: false },
  } as const;
  link.announce(notice);
  link.detach();
  said = [];
  link.attach((message) => said.push(message), []);
  expect(said).toEqual([notice]);
});
