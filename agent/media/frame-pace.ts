/** How long a pipeline may give no frame. Milliseconds. */
export interface PaceLimits {
  /** Before the first frame: models are loaded, temporal filters fill. */
  readonly firstFrameMs: number;
  /** While an encoder may still be filling its look-ahead, which says nothing about its pace. */
  readonly primeMs: number;
  /** Frames after which the pace is the clip's own. */
  readonly primeFrames: number;
  /** Whatever the pace. */
  readonly floorMs: number;
  readonly capMs: number;
}

export const PACE_LIMITS: PaceLimits = {
  firstFrameMs: 5 * 60_000,
  primeMs: 5 * 60_000,
  // More than any encoder's look-ahead (x264 and x265: 250 at most).
  primeFrames: 256,
  floorMs: 30_000,
  capMs: 30 * 60_000,
};

/** How far from its usual a gap may be: frames come in bursts, and scenes differ. */
const USUAL_FACTOR = 40;
const SLOWEST_FACTOR = 4;
const RECENT_GAPS = 64;

/**
 * L14: how fast a clip's frames come, and from that how long none may come before the pipeline counts as hanging. Pure: the
 * times are given.
 */
export class FramePace {
  readonly #limits: PaceLimits;
  readonly #startMs: number;
  readonly #gaps: number[] = [];
  #lastMs: number;
  #frames = 0;
  #fed = false;

  constructor(startMs: number, limits: PaceLimits = PACE_LIMITS) {
    this.#limits = limits;
    this.#startMs = startMs;
    this.#lastMs = startMs;
  }

  get frames(): number {
    return this.#frames;
  }

  /** Frame number `frames` (from 1) has passed. */
  frame(frames: number, nowMs: number): void {
    if (this.#frames > 0) this.#gaps.push(nowMs - this.#lastMs);
    if (this.#gaps.length > RECENT_GAPS) this.#gaps.shift();
    this.#frames = frames;
    this.#lastMs = nowMs;
  }

  /** The source has given its last frame: what follows is the encoder's flush. */
  sourceEnded(nowMs: number): void {
    this.#fed = true;
    this.#lastMs = nowMs;
  }

  /** How long the quiet that began with the last frame may last. */
  allowedMs(): number {
    const { firstFrameMs, primeMs, primeFrames, floorMs, capMs } = this.#limits;
    if (this.#frames === 0 && !this.#fed) return firstFrameMs;
    // The encoder may still hold all that it was given: what it did so far is the best guess of what is left to do.
    const soFarMs = this.#lastMs - this.#startMs;
    if (this.#fed) return Math.min(capMs, Math.max(primeMs, 2 * soFarMs));
    const own = Math.max(USUAL_FACTOR * mean(this.#gaps), SLOWEST_FACTOR * Math.max(0, ...this.#gaps));
    return Math.min(capMs, Math.max(this.#frames < primeFrames ? primeMs : floorMs, own));
  }

  /** Milliseconds until the pipeline counts as hanging; 0 or less: it does. */
  leftMs(nowMs: number): number {
    return this.#lastMs + this.allowedMs() - nowMs;
  }

  /** What has gone wrong, for people. */
  describe(): string {
    const limit = `${Math.round(this.allowedMs() / 100) / 10} s`;
    if (this.#fed) return `the encoder did not end within ${limit} after the last frame: it hangs`;
    if (this.#frames === 0) return `no frame came within ${limit}: the script or the encoder hangs`;
    return `no new frame came for ${limit} after frame ${this.#frames}: the script or the encoder hangs`;
  }
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
