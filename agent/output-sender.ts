import type { Clock, Timer } from '../shared/clock.ts';
import type { Fence } from '../shared/gen/clipgrid/v1/lease.ts';
import type { Link } from './link.ts';
import type { TaskOutput } from './task-output.ts';

/** Of what nobody looks at, so that an agent which dies has told of it. */
const SELDOM_MS = 30_000;
const FOLLOWED_MS = 500;
const MAX_PIECE_CHARS = 16 * 1024;

export interface OutputSenderDeps {
  readonly link: Link;
  readonly clock: Clock;
}

/** Tells the coordinator what the tools of one task print: changes only, at once while somebody looks, else seldom. */
export class OutputSender {
  readonly #deps: OutputSenderDeps;
  readonly #fence: Fence;
  readonly #output: TaskOutput;
  #sent = 0;
  /** The session to which that was sent: what went into an earlier one may be lost. */
  #session = 0;
  #followedUntilMs = -Infinity;
  #timer: Timer | undefined;
  #isClosed = false;

  constructor(deps: OutputSenderDeps, fence: Fence, output: TaskOutput) {
    this.#deps = deps;
    this.#fence = fence;
    this.#output = output;
    this.#arm();
  }

  /**
   * Somebody looks, for so long. `again`: the coordinator has lost what was sent, and loses more if it comes at once: it goes
   * when the next is due.
   */
  follow(forMs: number, again: boolean): void {
    if (again) this.#sent = 0;
    if (forMs <= 0 || this.#isClosed) return;
    const untilMs = this.#deps.clock.monotonicMs() + forMs;
    this.#followedUntilMs = Math.max(this.#followedUntilMs, untilMs);
    this.flush(true);
    this.#arm();
  }

  /** Sends what is new. `always`: says so where nothing is. */
  flush(always = false): void {
    const { link } = this.#deps;
    if (link.session !== this.#session) [this.#session, this.#sent] = [link.session, 0];
    if (!link.takesOutput) return;
    let { start, text } = this.#output.since(this.#sent);
    if (text === '' && always) this.#send(start, '');
    while (text !== '') {
      const piece = cut(text);
      this.#send(start, piece);
      start += piece.length;
      text = text.slice(piece.length);
    }
    this.#sent = start;
  }

  /** The task is over: the last of it goes before its end is told. */
  finish(): void {
    this.#output.finish();
    this.flush();
  }

  /** For good: somebody may still ask while the attempt is cleaned up. */
  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #send(start: number, text: string): void {
    this.#deps.link.tell({ $case: 'output', value: { fence: this.#fence, start, text } });
  }

  #arm(): void {
    const { clock } = this.#deps;
    this.#timer?.cancel();
    const isFollowed = clock.monotonicMs() < this.#followedUntilMs;
    this.#timer = clock.after(isFollowed ? FOLLOWED_MS : SELDOM_MS, () => {
      this.flush();
      this.#arm();
    });
  }
}

/** Whole lines, as many as a message holds. A line is shorter than that. */
function cut(text: string): string {
  if (text.length <= MAX_PIECE_CHARS) return text;
  const end = text.lastIndexOf('\n', MAX_PIECE_CHARS - 1);
  return text.slice(0, end < 0 ? MAX_PIECE_CHARS : end + 1);
}
