import type { Clock, Timer } from '../../shared/clock.ts';

interface Entry {
  readonly atMs: number;
  readonly order: number;
  fn: (() => void) | undefined;
}

/** Simulated time: what happens next is the earliest thing that was planned; equal times in the order of planning. */
export class World {
  nowMs = 0;
  steps = 0;
  readonly story: string[] | undefined;
  #order = 0;
  readonly #heap: Entry[] = [];

  constructor(trace: boolean) {
    this.story = trace ? [] : undefined;
  }

  say(line: () => string): void {
    this.story?.push(`${(this.nowMs / 1000).toFixed(3).padStart(9)} ${line()}`);
  }

  at(delayMs: number, fn: () => void): Timer {
    const entry: Entry = { atMs: this.nowMs + Math.max(0, delayMs), order: this.#order++, fn };
    this.#push(entry);
    return { cancel: () => void (entry.fn = undefined) };
  }

  /** Runs until `until` says so or `limitMs` is reached. All promises settle between two steps. */
  async run(limitMs: number, until: () => boolean): Promise<void> {
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      if (until()) return;
      const entry = this.#pop();
      if (entry === undefined) return;
      if (entry.atMs > limitMs) return this.#push(entry);
      if (entry.fn === undefined) continue;
      this.nowMs = Math.max(this.nowMs, entry.atMs);
      this.steps++;
      entry.fn();
    }
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

/** A process of the simulation: it can be killed, stopped and woken, and its clock may drift. */
export class SimProcess implements Clock {
  readonly name: string;
  alive = true;
  readonly #world: World;
  readonly #rate: number;
  #paused: (() => void)[] | undefined;

  /** `rate`: seconds of its clock in a true second. */
  constructor(world: World, name: string, rate = 1) {
    this.#world = world;
    this.name = name;
    this.#rate = rate;
  }

  get paused(): boolean {
    return this.#paused !== undefined;
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
    for (const fn of waiting) this.#world.at(0, () => this.run(fn));
  }

  /** Runs in this process: not at all when it is dead, later when it is stopped. */
  run(fn: () => void): void {
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
      const done = (): void => {
        timer.cancel();
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const timer = this.after(delayMs, done);
      signal?.addEventListener('abort', done, { once: true });
    });
  }
}
