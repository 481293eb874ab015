import type { Clock } from '../../shared/clock.ts';
import type { Pause } from '../../shared/gen/clipgrid/v1/session.ts';
import type { Logger } from '../../shared/logger.ts';
import type { LeaseHolder } from '../lease-holder.ts';
import type { OwnPauseFile } from './own-pause.ts';
import type { GuestPolicy, Observation, Verdict } from './policy.ts';
import type { ToolProcesses } from './tool-processes.ts';
import type { WorkClocks } from './work-clocks.ts';

export interface GuestDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly policy: GuestPolicy;
  /** What is seen of the machine now; nothing where nothing is looked at. */
  look(): Omit<Observation, 'monotonicMs' | 'wallMs' | 'ownPause'>;
  readonly ownPause: OwnPauseFile;
  readonly holder: LeaseHolder;
  readonly tools: ToolProcesses;
  readonly clocks: WorkClocks;
  /** Gives back whatever is held. */
  giveBack(reason: string): void;
}

/** A pause as the owner sees it. */
export interface GuestPause {
  readonly reason: string;
  readonly sinceWallMs: number;
  readonly untilWallMs?: number | undefined;
}

/** Two of them, and what they decide, are well within the 2 s in which the owner has the machine back. */
const LOOK_MS = 500;
/** While nothing is held there is nothing to stop. */
const IDLE_LOOK_MS = 1_500;

/** The owner of the machine comes first: tools stand still while the machine is needed, and what is held is given back when that lasts. */
export class Guest {
  readonly #deps: GuestDeps;
  readonly #stopped = new AbortController();
  readonly #listeners = new Set<() => void>();
  #pause: GuestPause | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(deps: GuestDeps) {
    this.#deps = deps;
  }

  /** Decides for the first time, so that no work is taken before; then looks again and again. */
  start(): void {
    this.#look();
    this.#running = this.#run();
  }

  /** Ends the looking. Tools that stand still are ended by whoever ends their leases. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#running;
  }

  /** As Hello and heartbeats tell it. */
  get told(): Pause | undefined {
    return this.#pause && { reason: this.#pause.reason };
  }

  get pause(): GuestPause | undefined {
    return this.#pause;
  }

  /** `changed` is called when a pause begins, ends or has another reason, until the returned function is called. */
  onChange(changed: () => void): () => void {
    this.#listeners.add(changed);
    return () => void this.#listeners.delete(changed);
  }

  /** The owner's word. `forMs` undefined: until `resumeByOwner`. */
  async pauseByOwner(forMs: number | undefined): Promise<void> {
    const untilWallMs = forMs === undefined ? undefined : this.#deps.clock.wallMs() + forMs;
    await this.#deps.ownPause.set({ untilWallMs });
    this.#look();
  }

  /** The machine may still be needed for another reason. */
  async resumeByOwner(): Promise<void> {
    await this.#deps.ownPause.set(undefined);
    this.#look();
  }

  async #run(): Promise<void> {
    const { clock, holder, logger } = this.#deps;
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      await clock.sleep(holder.size > 0 ? LOOK_MS : IDLE_LOOK_MS, signal);
      if (signal.aborted) return;
      try {
        this.#look();
      } catch (error) {
        logger.warn({ error: String(error) }, 'a look at the machine failed');
      }
    }
  }

  #look(): void {
    const { clock, policy, ownPause, look } = this.#deps;
    const times = { monotonicMs: clock.monotonicMs(), wallMs: clock.wallMs() };
    this.#apply(policy.look({ ...look(), ...times, ownPause: ownPause.pause }), times.wallMs);
  }

  #apply(verdict: Verdict, wallMs: number): void {
    const { clocks, tools, holder, giveBack } = this.#deps;
    const before = this.#pause;
    if (verdict.works) {
      this.#pause = undefined;
      if (before === undefined) return;
      clocks.thaw();
      tools.resume();
      this.#changed('the machine is free again: work goes on');
      return;
    }
    const { reason, untilWallMs } = verdict;
    this.#pause = { reason, sinceWallMs: before?.sinceWallMs ?? wallMs, untilWallMs };
    clocks.freeze();
    // Again with each look: a task may have started another one.
    if (holder.size > 0) tools.stop();
    if (before?.reason !== reason) this.#changed('paused');
    if (!verdict.release || holder.size === 0) return;
    giveBack(`paused for long: ${reason}`);
  }

  #changed(what: string): void {
    this.#deps.logger.info({ reason: this.#pause?.reason }, what);
    for (const listener of this.#listeners) listener();
  }
}
