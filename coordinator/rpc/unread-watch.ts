import type { Clock, Timer } from '../../shared/clock.ts';
import type { Logger } from '../../shared/logger.ts';
import type { RpcLimits } from './limits.ts';
import { resetStream } from './reset-stream.ts';

interface UnreadDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limits: RpcLimits;
}

/** Keeps account of what a peer has not taken yet, and cuts the stream of one that takes nothing for too long (L9). */
export class UnreadWatch {
  readonly #call: object;
  readonly #deps: UnreadDeps;
  #bytes = 0;
  #takenMs = 0;
  #timer: Timer | undefined;

  constructor(call: object, deps: UnreadDeps) {
    this.#call = call;
    this.#deps = deps;
  }

  fits(bytes: number): boolean {
    return this.#bytes + bytes <= this.#deps.limits.unreadBytes;
  }

  /** To be called with each message; what comes back is to be called when the message is on its way. */
  sent(bytes: number): () => void {
    const { clock, limits } = this.#deps;
    if (this.#bytes === 0) this.#takenMs = clock.monotonicMs();
    this.#bytes += bytes;
    this.#timer ??= clock.after(limits.unreadMs, () => this.#look());
    return () => {
      this.#bytes -= bytes;
      this.#takenMs = clock.monotonicMs();
    };
  }

  /** The last word was said: a peer that does not take it either, has had its time. */
  ending(): void {
    const { clock, limits } = this.#deps;
    this.#timer?.cancel();
    this.#timer = clock.after(limits.unreadMs, () => resetStream(this.#call));
  }

  close(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #look(): void {
    const { clock, limits, logger } = this.#deps;
    this.#timer = undefined;
    if (this.#bytes === 0) return;
    const leftMs = this.#takenMs + limits.unreadMs - clock.monotonicMs();
    if (leftMs > 0) {
      this.#timer = clock.after(leftMs, () => this.#look());
      return;
    }
    logger.warn({ bytes: this.#bytes }, 'an agent does not read its stream: it is cut');
    resetStream(this.#call);
  }
}
