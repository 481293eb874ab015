import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FramePace, PACE_LIMITS } from '../../../../agent/media/frame-pace.ts';

const { floorMs, capMs, primeMs, primeFrames, firstFrameMs } = PACE_LIMITS;

/** A pipeline that gave `frames` frames, one each `gapMs`. */
function steady(frames: number, gapMs: number): { pace: FramePace; nowMs: number } {
  const pace = new FramePace(0);
  let nowMs = 0;
  for (let frame = 1; frame <= frames; frame++) pace.frame(frame, (nowMs += gapMs));
  return { pace, nowMs };
}

test('L14 before the first frame the limit is generous', () => {
  const pace = new FramePace(1_000);
  expect(pace.leftMs(1_000)).toBe(firstFrameMs);
  expect(pace.leftMs(1_000 + firstFrameMs)).toBe(0);
  expect(pace.describe()).toBe('no frame came within 300 s: the script or the encoder hangs');
});

test('L14 while an encoder may still fill its look-ahead, quick frames say nothing yet', () => {
  expect(steady(primeFrames - 1, 1).pace.allowedMs()).toBe(primeMs);
  expect(steady(primeFrames, 1).pace.allowedMs()).toBe(floorMs);
});

test("L14 after that the limit is the clip's own: a slow clip may be quiet for longer than a quick one", () => {
  expect(steady(300, 2_000).pace.allowedMs()).toBe(80_000);
  expect(steady(300, 10).pace.allowedMs()).toBe(floorMs);
  expect(steady(300, 200_000).pace.allowedMs()).toBe(capMs);
});

test('L14 one long gap of late allows a longer one again: scenes differ', () => {
  const { pace, nowMs } = steady(300, 10);
  pace.frame(301, nowMs + 25_000);
  expect(pace.allowedMs()).toBe(100_000);
  for (let frame = 302; frame < 400; frame++) pace.frame(frame, nowMs + 25_000 + frame);
  expect(pace.allowedMs()).toBe(floorMs);
});

test("L14 the encoder's flush after the last frame has a limit of its own, by what the clip took so far", () => {
  const { pace, nowMs } = steady(40, 10);
  pace.sourceEnded(nowMs);
  expect(pace.allowedMs()).toBe(primeMs);
  const slow = steady(300, 1_000);
  slow.pace.sourceEnded(slow.nowMs);
  expect(slow.pace.allowedMs()).toBe(600_000);
  expect(slow.pace.leftMs(slow.nowMs + 600_000)).toBe(0);
  expect(slow.pace.describe()).toContain('the encoder did not end within 600 s after the last frame');
});

test('L14 the limit always lies between its floor and its cap', () => {
  const gaps = fc.array(fc.integer({ min: 0, max: 10_000_000 }), { maxLength: 400 });
  fc.assert(
    fc.property(gaps, fc.boolean(), (all, over) => {
      const pace = new FramePace(0);
      let nowMs = 0;
      all.forEach((gap, i) => pace.frame(i + 1, (nowMs += gap)));
      if (over) pace.sourceEnded(nowMs);
      expect(pace.allowedMs()).toBeGreaterThanOrEqual(floorMs);
      expect(pace.allowedMs()).toBeLessThanOrEqual(capMs);
    }),
  );
});
