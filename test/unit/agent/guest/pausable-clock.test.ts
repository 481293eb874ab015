import { expect, test } from 'vitest';
import { PausableClock } from '../../../../agent/guest/pausable-clock.ts';
import { WorkClocks } from '../../../../agent/guest/work-clocks.ts';
import { FramePace } from '../../../../agent/media/frame-pace.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

test('while it stands still nothing falls due; after that, what was left is left', () => {
  const real = new ManualClock();
  const clock = new PausableClock(real);
  const fired: string[] = [];
  clock.after(1_000, () => fired.push('one'));
  const cancelled = clock.after(1_000, () => fired.push('cancelled'));
  real.advance(600);
  clock.freeze();
  clock.freeze();
  clock.after(100, () => fired.push('set while it stood'));
  cancelled.cancel();
  real.advance(3_600_000);
  expect(fired).toEqual([]);
  expect(clock.monotonicMs()).toBe(600);
  expect(clock.wallMs()).toBe(real.wallMs());
  clock.thaw();
  real.advance(99);
  expect(fired).toEqual([]);
  real.advance(1);
  expect(fired).toEqual(['set while it stood']);
  real.advance(300);
  expect(fired).toEqual(['set while it stood', 'one']);
  expect(clock.monotonicMs()).toBe(1_000);
});

test('a sleep ends with its signal also while the clock stands', async () => {
  const clock = new PausableClock(new ManualClock());
  const over = new AbortController();
  clock.freeze();
  const slept = clock.sleep(1_000, over.signal);
  over.abort();
  await slept;
});

test('L14 a clip that is paused for an hour does not count as hanging', () => {
  const real = new ManualClock();
  const clock = new PausableClock(real);
  const pace = new FramePace(clock.monotonicMs());
  pace.frame(1, clock.monotonicMs());
  clock.freeze();
  real.advance(3_600_000);
  expect(pace.leftMs(real.monotonicMs())).toBeLessThan(0);
  expect(pace.leftMs(clock.monotonicMs())).toBe(5 * 60_000);
});

test('clocks of attempts stand together; one whose lease is lost goes on, so that its tools come to an end', () => {
  const real = new ManualClock();
  const clocks = new WorkClocks(real);
  const [lost, kept] = [new AbortController(), new AbortController()];
  const early = clocks.open(lost.signal);
  clocks.freeze();
  const late = clocks.open(kept.signal);
  const fired: string[] = [];
  early.clock.after(2_000, () => fired.push('killed'));
  late.clock.after(2_000, () => fired.push('late'));
  lost.abort();
  real.advance(2_000);
  expect(fired).toEqual(['killed']);
  clocks.thaw();
  real.advance(2_000);
  expect(fired).toEqual(['killed', 'late']);
  late.close();
  clocks.freeze();
  late.clock.after(1, () => fired.push('closed'));
  real.advance(1);
  expect(fired.at(-1)).toBe('closed');
});
