import { toGridError } from '../../../../shared/errors.ts';
import type { Service } from '../../../../shared/service.ts';
import { createTicker } from '../../../../shared/ticker.ts';
import { enabledProviders, type Machines } from './context.ts';
import { whyEnd } from './cost-guard.ts';
import { finishEnding, readStanding, requestEnd } from './ending.ts';

const EVERY_MS = 5_000;
/** How often a provider is asked of which we know no machine. */
const NOTHING_KNOWN_MS = 10 * 60_000;
const KEEP_ENDED_MS = 30 * 24 * 3600_000;

/**
 * Watches over the machines: finds those that a crash left unconfirmed, ends what costs too much, and finishes what is to
 * end. Every coordinator has one; each of its steps may be done twice.
 */
export class Keeper {
  readonly #machines: Machines;

  constructor(machines: Machines) {
    this.#machines = machines;
  }

  service(): Service {
    const { clock, logger } = this.#machines;
    const tick = () => this.tick();
    return createTicker({ name: 'Open Encoder machines', everyMs: EVERY_MS, clock, logger, tick });
  }

  /** One round. A failing provider holds nothing else up. */
  async tick(): Promise<void> {
    await this.#try('machines are listed later', () => this.#list());
    await this.#try('the cost guard looks again later', () => this.#guard());
    await this.#try('machines are ended later', () => finishEnding(this.#machines));
  }

  async #try(message: string, step: () => Promise<void>): Promise<void> {
    await step().catch((error: unknown) => {
      this.#machines.logger.warn({ error: toGridError(error).message }, message);
    });
  }

  async #list(): Promise<void> {
    const { listings, store, clock } = this.#machines;
    await store.prune(clock.wallMs() - KEEP_ENDED_MS);
    const scopes = new Set((await store.live()).map(({ scope }) => scope));
    for (const provider of await enabledProviders(this.#machines)) {
      const everyMs = scopes.has(provider.scope) ? provider.listEveryMs : NOTHING_KNOWN_MS;
      await this.#try('machines are listed later', () => listings.refresh(provider, everyMs));
    }
  }

  async #guard(): Promise<void> {
    const { clock, limits, logger } = this.#machines;
    const { rows } = await readStanding(this.#machines);
    for (const row of rows) {
      const reason = whyEnd(row, clock.wallMs(), limits);
      if (reason === undefined) continue;
      logger.warn({ machine: row.id, provider: row.provider, reason }, 'the cost guard ends a machine');
      await requestEnd(this.#machines, [row], reason);
    }
  }
}
