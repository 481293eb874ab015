import type { Clock, Timer } from '../../shared/clock.ts';
import type { Happening } from './happenings.ts';

interface Entry {
  readonly atMs: number;
  readonly order: number;
  fn: (() => void) | undefined;
}

const STEPS_A_TURN = 32;

/** Simulated time: what happens next is the earliest thing that was planned; equal times in the order of planning. */
export class World {
  nowMs = 0;
  steps = 0;
  readonly story: string[] | undefined;
  /** How often each trouble really happened. */
  readonly happened = new Map<Happening, number>();
  /** Until then something that began is still wrong. */
  troubledUntilMs = 0;
  /** Before time goes on: all of this moment is done. */
  onMomentOver: () => void = () => undefined;
  #order = 0;
  readonly #heap: Entry[] = [];

  constructor(trace: boolean) {
    this.story = trace ? [] : undefined;
  }

  say(line: () => string): void {
    this.story?.push(`${(this.nowMs / 1000).toFixed(3).padStart(9)} ${line()}`);
  }

  did(happening: Happening): void {
    this.happened.set(happening, (this.happened.get(happening) ?? 0) + 1);
  }

  troubledFor(ms: number): number {
    this.troubledUntilMs = Math.max(this.troubledUntilMs, this.nowMs + ms);
    return ms;
  }

  at(delayMs: number, fn: () => void): Timer {
    const entry: Entry = { atMs: this.nowMs + Math.max(0, delayMs), order: this.#order++, fn };
    this.#push(entry);
    return { cancel: () => void (entry.fn = undefined) };
  }

  /** Runs until `until` says so or `limitMs` is reached. All promises settle between two steps. */
  run(limitMs: number, until: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      let left = 0;
      let over = false;
      const step = (): void => {
        left--;
        try {
          over ||= !this.#step(limitMs, until);
        } catch (error) {
          over = true;
          reject(error as Error);
        }
        if (left > 0) return;
        if (over) resolve();
        else begin();
      };
      // Promises settle after each immediate, and many of them in one turn of the event loop cost less than a turn each.
      const begin = (): void => {
        for (; left < STEPS_A_TURN; left++) setImmediate(step);
      };
      begin();
    });
  }

  /** One thing that was planned; false: nothing more is to happen. */
  #step(limitMs: number, until: () => boolean): boolean {
    if (until()) return false;
    const entry = this.#pop();
    if (entry === undefined) return false;
    const { atMs, fn } = entry;
    if (atMs > limitMs) {
      this.#push(entry);
      return false;
    }
    if (fn === undefined) return true;
    if (atMs > this.nowMs) {
      this.onMomentOver();
      this.nowMs = atMs;
    }
    this.steps++;
    fn();
    return true;
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let at = heap.push(entry) - 1;
    while (at > 0) {
      const up = (at - 1) >> 1;
      if (!before(entry, heap[up] as Entry)) break;
      heap[at] = heap[up] as Entry;
      at = up;
    }
    heap[at] = entry;
  }

  #pop(): Entry | undefined {
    const heap = this.#heap;
    while (heap.length > 0 && heap[0]?.fn === undefined) this.#shift();
    return this.#shift();
  }

  #shift(): Entry | undefined {
    const heap = this.#heap;
    const top = heap[0];
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return top;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1] as Entry, heap[child] as Entry)) child++;
      if (!before(heap[child] as Entry, last)) break;
      heap[at] = heap[child] as Entry;
      at = child;
    }
    heap[at] = last;
    return top;
  }
}

function before(a: Entry, b: Entry): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

/** A process of the simulation: it can be killed, stopped and woken, or be slow, and its clock may drift. */
export class SimProcess implements Clock {
  readonly name: string;
  alive = true;
  /** How late everything is that this process does. */
  lagMs = 0;
  /** Since when it runs again, on its own clock. */
  wokenMs = 0;
  readonly #world: World;
  readonly #rate: number;
  readonly #sleepers = new WeakMap<AbortSignal, Set<() => void>>();
  #paused: (() => void)[] | undefined;
  #lateUntilMs = 0;
  #lastLagMs = 0;

  /** `rate`: seconds of its clock in a true second. */
  constructor(world: World, name: string, rate = 1) {
    this.#world = world;
    this.name = name;
    this.#rate = rate;
  }

  get paused(): boolean {
    return this.#paused !== undefined;
  }

  /** How late it may be with something, on its own clock. */
  get behindMs(): number {
    const lagMs = this.#world.nowMs <= this.#lateUntilMs ? this.#lastLagMs : this.lagMs;
    return lagMs * this.#rate;
  }

  kill(): void {
    this.alive = false;
  }

  /** SIGSTOP: time goes on, nothing runs. */
  pause(): void {
    this.#paused ??= [];
  }

  resume(): void {
    const waiting = this.#paused ?? [];
    this.#paused = undefined;
    this.wokenMs = this.monotonicMs();
    for (const fn of waiting) this.#world.at(0, () => this.#now(fn));
  }

  /** Runs in this process: not at all when it is dead, later when it is stopped or slow. */
  run(fn: () => void): void {
    const { nowMs } = this.#world;
    // What it is still late with may be of a time in which it was slower.
    const before = nowMs <= this.#lateUntilMs ? this.#lastLagMs : 0;
    if (this.lagMs > 0) this.#lastLagMs = Math.max(this.lagMs, before);
    // Nothing overtakes what was late.
    this.#lateUntilMs = Math.max(this.#lateUntilMs, nowMs + this.lagMs);
    if (this.#lateUntilMs > nowMs) this.#world.at(this.#lateUntilMs - nowMs, () => this.#now(fn));
    else this.#now(fn);
  }

  #now(fn: () => void): void {
    if (!this.alive) return;
    if (this.#paused) this.#paused.push(fn);
    else fn();
  }

  monotonicMs(): number {
    return this.#world.nowMs * this.#rate;
  }

  wallMs(): number {
    return 1_700_000_000_000 + this.#world.nowMs * this.#rate;
  }

  after(delayMs: number, fn: () => void): Timer {
    let cancelled = false;
    const timer = this.#world.at(delayMs / this.#rate, () => this.run(() => void (cancelled || fn())));
    return {
      cancel() {
        cancelled = true;
        timer.cancel();
      },
    };
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const sleepers = signal && this.#sleepersOf(signal);
      const done = (): void => {
        timer.cancel();
        sleepers?.delete(done);
        resolve();
      };
      const timer = this.after(delayMs, done);
      sleepers?.add(done);
    });
  }

  /** Who sleeps until a signal: one listener for all of them, because listeners are dear. */
  #sleepersOf(signal: AbortSignal): Set<() => void> {
    const known = this.#sleepers.get(signal);
    if (known) return known;
    const sleepers = new Set<() => void>();
    this.#sleepers.set(signal, sleepers);
    signal.addEventListener(
      'abort',
      () => {
        for (const wake of [...sleepers]) wake();
      },
      { once: true },
    );
    return sleepers;
  }
}
