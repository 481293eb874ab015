import type { Clock } from '../../../../shared/clock.ts';

/** How long a caller is taken for what they were: another process may have changed them. */
const KNOWN_MS = 1_000;
const MAX_KNOWN = 1_000;
const MAX_TOKEN_CHARS = 2_048;

interface Known<T> {
  readonly caller: T;
  readonly untilMs: number;
  readonly expiresS: number;
}

/**
 * Who had which token a moment ago, so that a client that asks many times a second is looked up once. What this process
 * changes of users counts at once, what another one does after a second.
 */
export class KnownCallers<T> {
  readonly #clock: Clock;
  readonly #known = new Map<string, Known<T>>();
  #changes = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get(token: string): T | undefined {
    const known = this.#known.get(token);
    if (known === undefined) return undefined;
    const isGood = this.#clock.monotonicMs() < known.untilMs && this.#clock.wallMs() / 1000 <= known.expiresS;
    if (isGood) return known.caller;
    this.#known.delete(token);
    return undefined;
  }

  /** Finds a caller and keeps them, unless users were changed meanwhile: then nobody knows which state was read. */
  async find(token: string, look: () => Promise<{ caller: T; expiresS: number }>): Promise<T> {
    const changes = this.#changes;
    const untilMs = this.#clock.monotonicMs() + KNOWN_MS;
    const { caller, expiresS } = await look();
    if (changes === this.#changes && token.length <= MAX_TOKEN_CHARS) {
      if (this.#known.size >= MAX_KNOWN) this.#known.clear();
      this.#known.set(token, { caller, untilMs, expiresS });
    }
    return caller;
  }

  /** A change of users, whatever becomes of it: nobody is known any more after it. */
  async afterChange<R>(change: Promise<R>): Promise<R> {
    try {
      return await change;
    } finally {
      this.#changes++;
      this.#known.clear();
    }
  }
}
