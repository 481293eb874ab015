import { isOpen, nextOpening, type WallTime } from './schedule.ts';
import type { GuestSettings } from './settings.ts';

/** What was seen of the machine. What is not known is undefined, and no reason for anything. */
export interface Observation {
  readonly monotonicMs: number;
  readonly wallMs: number;
  /** Shares of 1 that others used since the last look. */
  readonly otherCpu?: number | undefined;
  readonly otherGpu?: number | undefined;
  /** Of the programs to yield to, one that runs. */
  readonly program?: string | undefined;
  readonly isFullscreen?: boolean | undefined;
  readonly onBattery?: boolean | undefined;
  /** The owner's own word. */
  readonly ownPause?: OwnPause | undefined;
}

export interface OwnPause {
  /** Undefined: until told otherwise. */
  readonly untilWallMs?: number | undefined;
}

export type Verdict =
  | { readonly works: true }
  | {
      readonly works: false;
      readonly reason: string;
      /** When it is over, where that is known. */
      readonly untilWallMs: number | undefined;
      /** It lasts too long: what is held goes to others. */
      readonly release: boolean;
    };

interface Need {
  readonly reason: string;
  readonly untilWallMs?: number | undefined;
  /** It comes and goes: the pause outlasts it for a while. */
  readonly isFickle: boolean;
}

/** A load that began a pause must fall to this share of its limit to end it. */
const QUIET_SHARE = 0.6;
/** A load must be seen so often in a row: opening a page is no need. */
const LOUD_LOOKS = 2;

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/**
 * Decides whether the agent works, stands still, or gives back what it holds. Pure: what is seen is given, looks must come in
 * the order of their times.
 */
export class GuestPolicy {
  readonly #settings: GuestSettings;
  readonly #wallTime: (wallMs: number) => WallTime;
  #pause: { sinceMs: number; need: Need; quietSinceMs: number | undefined } | undefined;
  #loud = 0;
  #opening: { untilWallMs: number | undefined; askedMs: number } | undefined;

  constructor(settings: GuestSettings, wallTime: (wallMs: number) => WallTime) {
    this.#settings = settings;
    this.#wallTime = wallTime;
  }

  look(seen: Observation): Verdict {
    const { releaseAfterMs, resumeAfterMs } = this.#settings;
    const now = seen.monotonicMs;
    const need = this.#need(seen);
    if (need) {
      this.#pause = { sinceMs: this.#pause?.sinceMs ?? now, need, quietSinceMs: undefined };
    } else if (this.#pause) {
      this.#pause.quietSinceMs ??= now;
      const waitMs = this.#pause.need.isFickle ? resumeAfterMs : 0;
      if (now - this.#pause.quietSinceMs >= waitMs) this.#pause = undefined;
    }
    if (this.#pause === undefined) return { works: true };
    const { sinceMs, need: last } = this.#pause;
    const lastsMs = Math.max(now - sinceMs, (last.untilWallMs ?? seen.wallMs) - seen.wallMs);
    const release = lastsMs >= releaseAfterMs;
    return { works: false, reason: last.reason, untilWallMs: last.untilWallMs, release };
  }

  #need(seen: Observation): Need | undefined {
    const { yieldTo, yieldFullscreen, yieldBattery } = this.#settings;
    // Counted whatever else there is, so that looks in a row are.
    const load = this.#load(seen);
    const { ownPause } = seen;
    if (ownPause && (ownPause.untilWallMs ?? Infinity) > seen.wallMs)
      return { reason: 'paused by its owner', untilWallMs: ownPause.untilWallMs, isFickle: false };
    const closed = this.#closed(seen.wallMs);
    if (closed) return closed;
    if (yieldBattery && seen.onBattery) return { reason: 'the machine runs on battery', isFickle: true };
    if (yieldTo.length > 0 && seen.program !== undefined)
      return { reason: `${seen.program} runs`, isFickle: true };
    if (yieldFullscreen && seen.isFullscreen) return { reason: 'a program fills the screen', isFickle: true };
    return load;
  }

  #closed(wallMs: number): Need | undefined {
    const { hours } = this.#settings;
    if (hours === undefined || isOpen(hours, this.#wallTime(wallMs))) {
      this.#opening = undefined;
      return undefined;
    }
    // Looked for once a closing: it is a walk through the week. A clock that was put is followed with the next look at it.
    const known = this.#opening;
    if (known === undefined || Math.abs(wallMs - known.askedMs) > 60_000)
      this.#opening = { untilWallMs: nextOpening(hours, wallMs, this.#wallTime), askedMs: wallMs };
    const untilWallMs = this.#opening?.untilWallMs;
    return { reason: `outside of its hours (${hours.text})`, untilWallMs, isFickle: false };
  }

  #load({ otherCpu, otherGpu }: Observation): Need | undefined {
    const { yieldCpu = Infinity, yieldGpu = Infinity } = this.#settings;
    const share = this.#pause ? QUIET_SHARE : 1;
    const gpu = otherGpu !== undefined && otherGpu > yieldGpu * share;
    const cpu = otherCpu !== undefined && otherCpu > yieldCpu * share;
    this.#loud = gpu || cpu ? this.#loud + 1 : 0;
    if (this.#loud < LOUD_LOOKS && this.#pause === undefined) return undefined;
    if (gpu) return { reason: `others use ${percent(otherGpu)} of a graphics card`, isFickle: true };
    return cpu ? { reason: `others use ${percent(otherCpu)} of the processors`, isFickle: true } : undefined;
  }
}
