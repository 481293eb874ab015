import type { Clock, Timer } from '../shared/clock.ts';
import { GridError } from '../shared/errors.ts';
import type { Fence } from '../shared/gen/clipgrid/v1/lease.ts';
import type { RunnerProgress } from './runners/runner.ts';

/** One lease that this agent works on. */
export interface HeldLease {
  readonly fence: Fence;
  readonly abort: AbortController;
  progress: RunnerProgress;
  /** The trust deadline, on the monotonic clock (L5). */
  deadlineMs: number;
  /** Set while it is worked on: somebody looks at what its tools print. */
  follow?: (forMs: number, again: boolean) => void;
}

export interface TrustTimes {
  readonly ttlMs: number;
  readonly marginMs: number;
}

const NO_PROGRESS: RunnerProgress = { framesDone: 0, framesTotal: 0, fps: 0, phase: 'fetch' };

/** The agent's own judgement of its leases: it trusts none longer than the coordinator could still mean it (L5). */
export class LeaseHolder {
  readonly #clock: Clock;
  readonly #held = new Map<string, HeldLease>();
  #timer: Timer | undefined;
  #onEmpty: (() => void)[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#held.size;
  }

  all(): HeldLease[] {
    return [...this.#held.values()];
  }

  /** A grant is trusted from its arrival; the margin covers its way here. */
  grant(fence: Fence, times: TrustTimes): HeldLease {
    const lease: HeldLease = {
      fence,
      abort: new AbortController(),
      progress: NO_PROGRESS,
      deadlineMs: this.#clock.monotonicMs() + times.ttlMs - times.marginMs,
    };
    this.#held.set(fence.leaseId, lease);
    this.#arm();
    return lease;
  }

  /** The heartbeat sent at `sentMs` renewed this lease: from its *sending* on, the ttl runs. */
  renewed(fence: Fence, sentMs: number, times: TrustTimes): void {
    const lease = this.#held.get(fence.leaseId);
    if (lease === undefined || lease.fence.epoch !== fence.epoch) return;
    lease.deadlineMs = Math.max(lease.deadlineMs, sentMs + times.ttlMs - times.marginMs);
    this.#arm();
  }

  /** Somebody looks at what the tools of this lease print, for so long. */
  followed({ leaseId }: Fence, forMs: number, again: boolean): void {
    this.#held.get(leaseId)?.follow?.(forMs, again);
  }

  /** The lease is not this agent's any more: its work is killed. */
  lost(fence: Fence, reason: string): void {
    const lease = this.#held.get(fence.leaseId);
    if (lease === undefined) return;
    lease.abort.abort(new GridError('lost_lease', reason));
    this.drop(fence);
  }

  /** The work on it has ended. */
  drop(fence: Fence): void {
    if (!this.#held.delete(fence.leaseId)) return;
    this.#arm();
    if (this.#held.size > 0) return;
    const waiting = this.#onEmpty;
    this.#onEmpty = [];
    for (const resolve of waiting) resolve();
  }

  /** Resolves when nothing is held. */
  async empty(): Promise<void> {
    if (this.#held.size === 0) return;
    await new Promise<void>((resolve) => this.#onEmpty.push(resolve));
  }

  #arm(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const next = Math.min(...this.all().map((lease) => lease.deadlineMs));
    if (!Number.isFinite(next)) return;
    const leftMs = next - this.#clock.monotonicMs();
    // At once, not with a timer that the next message would put off: a process that was stopped has many to read.
    if (leftMs <= 0) return this.#expire();
    this.#timer = this.#clock.after(leftMs, () => this.#expire());
  }

  #expire(): void {
    const now = this.#clock.monotonicMs();
    for (const lease of this.all()) {
      if (lease.deadlineMs <= now) this.lost(lease.fence, 'no renewal came before the trust deadline');
    }
    this.#arm();
  }
}
