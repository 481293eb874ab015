import { randomUUID } from 'node:crypto';
import { beforeEach, expect, test } from 'vitest';
import { Drain } from '../../../agent/drain.ts';
import { LeaseHolder } from '../../../agent/lease-holder.ts';
import { Link } from '../../../agent/link.ts';
import { Session, type SessionEnd } from '../../../agent/session.ts';
import { LeaseGrant } from '../../../shared/gen/clipgrid/v1/lease.ts';
import { Hello, Load, Welcome, type Pause } from '../../../shared/gen/clipgrid/v1/session.ts';
import { silentLogger } from '../../../shared/logger.ts';
import { FakeStream } from '../../support/fake-stream.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const WELCOME = { heartbeatIntervalMs: 3_000, leaseTtlMs: 12_000, trustMarginMs: 2_000 };
const never = new AbortController().signal;

let clock: ManualClock;
let holder: LeaseHolder;
let stream: FakeStream;
let load: () => Promise<Load>;
let ended: SessionEnd | undefined;
let elsewhere: boolean;
let guest: { told: Pause | undefined; onChange(changed: () => void): () => void };
let changed: (() => void) | undefined;
beforeEach(() => {
  changed = undefined;
  guest = { told: undefined, onChange: (listener) => ((changed = listener), () => (changed = undefined)) };
  elsewhere = false;
  clock = new ManualClock();
  holder = new LeaseHolder(clock);
  stream = new FakeStream();
  load = async () => Load.create();
  ended = undefined;
});

/** Everything that is due now has happened. */
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

async function pass(ms: number, stepMs = 100): Promise<void> {
  for (let passed = 0; passed < ms; passed += stepMs) {
    clock.advance(Math.min(stepMs, ms - passed));
    await settle();
  }
}

async function start(kept: { taskId: string; epoch: number; leaseId: string }[] = []): Promise<void> {
  const link = new Link();
  const session = new Session({
    client: stream.client,
    token: undefined,
    holder,
    link,
    clock,
    logger: silentLogger,
    hello: (held) => Hello.create({ heldLeases: [...held] }),
    load: () => load(),
    elsewhere,
    drain: new Drain({ clock, holder, link, logger: silentLogger }),
    guest,
    onGrant: (grant, times) => void holder.grant(grant.fence!, times),
  });
  void session.run({ leave: never, quit: never }).then((end) => (ended = end));
  stream.hear({ $case: 'welcome', value: Welcome.create({ ...WELCOME, keptLeases: kept }) });
  await settle();
}

function grant() {
  const fence = { taskId: randomUUID(), epoch: 1, leaseId: randomUUID() };
  const value = LeaseGrant.create({ fence, jobId: randomUUID(), ttlMs: 12_000 });
  stream.hear({ $case: 'grant', value });
  return fence;
}

const beats = () => stream.all('heartbeat');
function answer(sequence: number, renewed: ReturnType<typeof grant>[] = []): void {
  stream.hear({ $case: 'heartbeatAck', value: { sequence, renewed, lost: [], putOff: false } });
}
function putOff(sequence: number): void {
  stream.hear({ $case: 'heartbeatAck', value: { sequence, renewed: [], lost: [], putOff: true } });
}

test('a heartbeat goes out every interval and carries every lease', async () => {
  await start();
  const fence = grant();
  for (let i = 0; i < 5; i++) {
    await pass(3_000);
    answer(beats().at(-1)!.sequence, [fence]);
  }
  expect(beats().length).toBeGreaterThanOrEqual(5);
  expect(
    beats()
      .at(-1)!
      .leases.map((lease) => lease.fence),
  ).toEqual([fence]);
});

test('while it holds leases it says twice as often how far they are, so that progress is never 2 s old', async () => {
  await start();
  const times: number[] = [];
  const held: ReturnType<typeof grant>[] = [];
  const watch = async (ms: number): Promise<number[]> => {
    times.length = 0;
    let before = beats().length;
    for (let passed = 0; passed < ms; passed += 100) {
      await pass(100);
      const now = beats().length;
      if (now > before) answer(beats().at(-1)!.sequence, held);
      for (; before < now; before++) times.push(clock.monotonicMs());
    }
    return times.slice(1).map((at, i) => at - times[i]!);
  };
  expect(await watch(10_000)).toEqual([3_000, 3_000]);
  held.push(grant());
  const gaps = await watch(10_000);
  expect(gaps.length).toBeGreaterThanOrEqual(5);
  expect(Math.max(...gaps)).toBeLessThanOrEqual(1_600);
});

test('L5 an answer renews from the time at which its heartbeat was sent', async () => {
  await start();
  answer(beats().at(-1)!.sequence);
  const fence = grant();
  await pass(200);
  const sentMs = clock.monotonicMs();
  const { sequence } = beats().at(-1)!;
  await pass(7_000);
  answer(sequence, [fence]);
  expect(holder.all()[0]!.deadlineMs).toBe(sentMs + 10_000);
});

test('L5 an answer to a heartbeat that this session never sent renews nothing', async () => {
  await start();
  const fence = grant();
  await pass(1_000);
  answer(999, [fence]);
  expect(holder.all()[0]!.deadlineMs).toBe(10_000);
});

test('L5 leases that were kept over a reconnect are trusted from the sending of Hello', async () => {
  const fence = { taskId: randomUUID(), epoch: 1, leaseId: randomUUID() };
  const lost = { taskId: randomUUID(), epoch: 1, leaseId: randomUUID() };
  for (const one of [fence, lost]) holder.grant(one, { ttlMs: 12_000, marginMs: 2_000 });
  clock.advance(6_000);
  await start([fence]);
  expect(stream.all('hello')[0]!.heldLeases).toEqual([fence, lost]);
  expect(holder.all().map((lease) => [lease.fence, lease.deadlineMs])).toEqual([[fence, 16_000]]);
});

test('L12 while the coordinator puts off its answers the work goes on, and ends when it says nothing any more', async () => {
  await start();
  const fence = grant();
  for (let round = 0; round < 20; round++) {
    await pass(3_000);
    putOff(beats().at(-1)!.sequence);
  }
  expect(holder.all().map((lease) => lease.fence)).toEqual([fence]);
  expect(holder.all()[0]!.deadlineMs).toBeLessThanOrEqual(clock.monotonicMs() + 10_000);
  await pass(10_000);
  expect(holder.size).toBe(0);
});

test('L5 a put-off answer to a heartbeat that this session never sent renews nothing', async () => {
  await start();
  grant();
  await pass(1_000);
  putOff(999);
  expect(holder.all()[0]!.deadlineMs).toBe(10_000);
});

test('L9 grants that never pause do not put the heartbeat off', async () => {
  await start();
  answer(beats().at(-1)!.sequence);
  for (let i = 0; i < 100; i++) {
    holder.drop(grant());
    await pass(100);
    answer(beats().at(-1)!.sequence);
  }
  expect(beats().length).toBeGreaterThan(30);
});

test('a lost answer does not count once a later heartbeat is answered', async () => {
  await start();
  for (let round = 0; round < 10; round++) {
    await pass(6_000);
    answer(beats().at(-1)!.sequence);
  }
  expect(ended).toBeUndefined();
});

test('a stream that answers nothing for four intervals is given up', async () => {
  await start();
  await pass(11_900);
  expect(ended).toBeUndefined();
  await pass(200);
  expect(ended).toMatchObject({ reconnect: true, reason: 'the coordinator does not answer heartbeats' });
  expect(stream.cancelled).toBe(true);
});

test('L8 with leases, and another coordinator, it is given up soon enough to keep them there', async () => {
  elsewhere = true;
  await start();
  await pass(6_000);
  expect(ended).toBeUndefined();
  answer(beats().at(-1)!.sequence);
  const fence = grant();
  await pass(200);
  answer(beats().at(-1)!.sequence, [fence]);
  // The next one, 1.5 s later, is the first that nobody answers.
  await pass(5_900);
  expect(ended).toBeUndefined();
  await pass(200);
  expect(ended).toMatchObject({ reason: 'the coordinator does not answer heartbeats' });
  const leftMs = holder.all()[0]!.deadlineMs - clock.monotonicMs();
  expect(leftMs).toBeGreaterThan(2_000);
});

test('many early heartbeats that a slow database has not answered yet do not end the session', async () => {
  await start();
  for (let i = 0; i < 20; i++) {
    grant();
    await pass(200);
  }
  expect(beats().length).toBeGreaterThan(15);
  expect(ended).toBeUndefined();
});

test('L14 a machine that cannot tell its load still renews its leases', async () => {
  let asked = 0;
  load = () => {
    asked++;
    return new Promise(() => undefined);
  };
  await start();
  await pass(500);
  expect(beats()).toHaveLength(1);
  for (let i = 0; i < 3; i++) {
    answer(beats().at(-1)!.sequence);
    await pass(3_600);
  }
  expect(beats().length).toBeGreaterThanOrEqual(4);
  expect(asked).toBe(1);
});

test.each([
  ['its time', false, 15_000],
  ['a short time, where leases can be kept elsewhere,', true, 3_000],
])('no Welcome within %s ends the session', async (_, more, withinMs) => {
  elsewhere = more;
  const fence = { taskId: randomUUID(), epoch: 1, leaseId: randomUUID() };
  if (more) holder.grant(fence, { ttlMs: 12_000, marginMs: 2_000 });
  stream = new FakeStream();
  const link = new Link();
  const drain = new Drain({ clock, holder, link, logger: silentLogger });
  const parts = { holder, link, clock, drain, logger: silentLogger, client: stream.client, token: undefined };
  const session = new Session({
    ...parts,
    hello: () => Hello.create(),
    load: () => load(),
    elsewhere,
    guest,
    onGrant: () => undefined,
  });
  void session.run({ leave: never, quit: never }).then((end) => (ended = end));
  await pass(withinMs - 500, 500);
  expect(ended).toBeUndefined();
  await pass(500);
  expect(ended).toMatchObject({ welcomed: false, reason: 'no Welcome came' });
});

test('a pause is said at once, whatever the machine takes to tell its load, and with every heartbeat until it is over', async () => {
  await start();
  load = () => new Promise(() => undefined);
  const before = beats().length;
  guest.told = { reason: 'blender runs' };
  changed!();
  expect(beats().slice(before)).toMatchObject([{ pause: { reason: 'blender runs' } }]);
  await pass(3_500, 500);
  expect(beats().at(-1)!.pause).toEqual({ reason: 'blender runs' });
  guest.told = undefined;
  changed!();
  expect(beats().at(-1)!.pause).toBeUndefined();
  stream.hear({ $case: 'goodbye', value: { reason: 'over', reconnect: true, reconnectAfterMs: 0 } });
  stream.emit('end');
  await settle();
  expect(changed).toBeUndefined();
});
