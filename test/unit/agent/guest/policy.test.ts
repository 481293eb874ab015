import { beforeEach, expect, test } from 'vitest';
import { GuestPolicy, type Observation } from '../../../../agent/guest/policy.ts';
import { parseSchedule, wallClock } from '../../../../agent/guest/schedule.ts';
import { NEVER_YIELD, type GuestSettings } from '../../../../agent/guest/settings.ts';

const ALL: GuestSettings = {
  ...NEVER_YIELD,
  yieldCpu: 0.25,
  yieldGpu: 0.25,
  yieldTo: ['blender'],
  yieldFullscreen: true,
  yieldBattery: true,
  releaseAfterMs: 60_000,
  resumeAfterMs: 10_000,
};
const LOOK_MS = 500;
const NOON = Date.parse('2027-01-13T12:00:00Z');

let nowMs: number;
let policy: GuestPolicy;
beforeEach(() => {
  nowMs = 1_000;
  policy = new GuestPolicy(ALL, wallClock('UTC'));
});

/** One look after half a second. */
function look(seen: Partial<Observation> = {}) {
  nowMs += LOOK_MS;
  return policy.look({ monotonicMs: nowMs, wallMs: NOON + nowMs, ...seen });
}

/** The verdict after so long of the same. */
function after(ms: number, seen: Partial<Observation>) {
  let verdict = look(seen);
  for (let passed = LOOK_MS; passed < ms; passed += LOOK_MS) verdict = look(seen);
  return verdict;
}

test.each([
  ['its owner says so', { ownPause: {} }, 'paused by its owner'],
  ['a program runs', { program: 'blender' }, 'blender runs'],
  ['a program fills the screen', { isFullscreen: true }, 'a program fills the screen'],
  ['the machine runs on battery', { onBattery: true }, 'the machine runs on battery'],
])('it stands still at once when %s', (_, seen, reason) => {
  expect(look()).toEqual({ works: true });
  expect(look(seen)).toMatchObject({ works: false, reason, release: false });
});

test('what is not asked for or not known is no reason', () => {
  policy = new GuestPolicy(NEVER_YIELD, wallClock('UTC'));
  const busy = { otherCpu: 1, otherGpu: 1, program: 'blender', isFullscreen: true, onBattery: true };
  expect(after(5_000, busy)).toEqual({ works: true });
  policy = new GuestPolicy(ALL, wallClock('UTC'));
  expect(after(5_000, { otherCpu: undefined, otherGpu: undefined })).toEqual({ works: true });
});

test('a load is a need when two looks in a row see it, and not for one', () => {
  expect(look({ otherCpu: 0.9 })).toEqual({ works: true });
  expect(look({ otherCpu: 0.1 })).toEqual({ works: true });
  expect(look({ otherCpu: 0.9 })).toEqual({ works: true });
  expect(look({ otherCpu: 0.31 })).toMatchObject({
    works: false,
    reason: 'others use 31 % of the processors',
  });
});

test('it goes on only when the load is well below its limit for the whole time, so that it does not flap', () => {
  after(2_000, { otherGpu: 0.5 });
  // Below the limit at which it paused, but not by much: 0.25 * 0.6.
  expect(after(30_000, { otherGpu: 0.2 })).toMatchObject({ works: false });
  expect(after(9_500, { otherGpu: 0.1 })).toMatchObject({ works: false });
  expect(look({ otherGpu: 0.3 })).toMatchObject({ works: false });
  expect(after(9_500, { otherGpu: 0.1 })).toMatchObject({ works: false });
  expect(after(1_000, { otherGpu: 0.1 })).toEqual({ works: true });
  // The next pause is a new one.
  expect(look({ program: 'blender' })).toMatchObject({ works: false, release: false });
});

test('what is held is given back when the pause lasts, whatever the reasons in it', () => {
  expect(after(30_000, { program: 'blender' })).toMatchObject({ release: false });
  expect(after(29_500, { onBattery: true })).toMatchObject({ release: false });
  expect(after(1_000, { isFullscreen: true })).toMatchObject({ release: true });
});

test("the owner's pause ends by itself and at once, and gives back at once when it is known to last", () => {
  const ownPause = { untilWallMs: NOON + nowMs + 20_000 };
  expect(look({ ownPause })).toMatchObject({ untilWallMs: ownPause.untilWallMs, release: false });
  expect(after(19_000, { ownPause })).toMatchObject({ works: false });
  expect(after(1_000, { ownPause })).toEqual({ works: true });
  const long = { untilWallMs: NOON + nowMs + 7_200_000 };
  expect(look({ ownPause: long })).toMatchObject({ works: false, release: true });
  expect(look()).toEqual({ works: true });
});

test('outside of its hours it does nothing and says until when', () => {
  policy = new GuestPolicy({ ...NEVER_YIELD, hours: parseSchedule('22:00-08:00') }, wallClock('UTC'));
  expect(look()).toEqual({
    works: false,
    reason: 'outside of its hours (22:00-08:00)',
    untilWallMs: Date.parse('2027-01-13T22:00:00Z'),
    release: true,
  });
  const night = policy.look({ monotonicMs: nowMs + 1, wallMs: Date.parse('2027-01-13T22:00:00Z') });
  expect(night).toEqual({ works: true });
});
