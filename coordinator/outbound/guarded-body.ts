import type { IncomingMessage } from 'node:http';
import type { Clock, Timer } from '../../shared/clock.ts';
import { GridError } from '../../shared/errors.ts';
import type { OutboundRequest } from './outbound-http.ts';
import { toOutboundError } from './outbound-error.ts';

export interface BodyRules extends Pick<OutboundRequest, 'maxBytes' | 'minRate'> {
  readonly origin: string;
  readonly clock: Clock;
  readonly sizeBytes: number | undefined;
  /** Why the connection broke behind the announced end, when it did. */
  late(): Error | undefined;
  readonly signal: AbortSignal;
}

/** Watches how many bytes come while somebody waits for them. */
class RateWatch {
  #waitedMs = 0;
  #bytes = 0;
  #fromMs = 0;
  #timer: Timer | undefined;
  readonly #rules: BodyRules;
  readonly #slow: (error: GridError) => void;

  constructor(rules: BodyRules, slow: (error: GridError) => void) {
    this.#rules = rules;
    this.#slow = slow;
  }

  async wait<T>(next: Promise<T>): Promise<T> {
    this.#arm();
    try {
      return await next;
    } finally {
      this.#timer?.cancel();
      this.#waitedMs += this.#rules.clock.monotonicMs() - this.#fromMs;
    }
  }

  came(bytes: number): void {
    this.#bytes += bytes;
  }

  #arm(): void {
    const { clock, minRate } = this.#rules;
    if (minRate === undefined) return;
    this.#fromMs = clock.monotonicMs();
    this.#timer = clock.after(Math.max(0, minRate.everyMs - this.#waitedMs), () => this.#judge(minRate));
  }

  #judge({ bytes, everyMs }: NonNullable<BodyRules['minRate']>): void {
    if (this.#bytes < bytes) {
      const said = `${this.#bytes} bytes in ${Math.round(everyMs / 1000)} s, at least ${bytes} are asked for`;
      return this.#slow(new GridError('timeout', `${this.#rules.origin} is too slow: ${said}`));
    }
    this.#waitedMs = 0;
    this.#bytes = 0;
    this.#arm();
  }
}

/** The bytes of an answer, as many as announced and allowed, and no slower. */
export async function* guardedBody(answer: IncomingMessage, rules: BodyRules): AsyncGenerator<Buffer> {
  const { origin, maxBytes, sizeBytes, signal } = rules;
  const chunks = answer[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  const watch = new RateWatch(rules, (error) => answer.destroy(error));
  let bytes = 0;
  try {
    for (;;) {
      const chunk = await watch.wait(chunks.next());
      if (chunk.done) break;
      bytes += chunk.value.length;
      watch.came(chunk.value.length);
      if (bytes > maxBytes)
        throw new GridError('too_large', `${origin} sends more than ${maxBytes} bytes`, {
          details: { maxBytes },
        });
      yield chunk.value;
    }
  } catch (error) {
    throw signal.aborted ? signal.reason : (brokenOff(error, rules) ?? toOutboundError(error, origin));
  }
  // A body without an announced end ends with its connection, also when that was ours to end.
  if (signal.aborted) throw signal.reason;
  const late = rules.late();
  if (late === undefined) return;
  if (sizeBytes === undefined) throw brokenOff(late, rules) ?? toOutboundError(late, origin);
  const message = `${origin} announced ${sizeBytes} bytes and sent more`;
  throw new GridError('unprocessable', message, { cause: late });
}

function brokenOff(error: unknown, { origin, sizeBytes }: BodyRules): GridError | undefined {
  const broken = error instanceof Error && 'code' in error && error.code === 'ECONNRESET';
  if (!broken) return undefined;
  const announced = sizeBytes === undefined ? '' : `: it announced ${sizeBytes} bytes`;
  const message = `${origin} broke off before the end${announced}`;
  return new GridError('unprocessable', message, { cause: error, retryable: true });
}
