import type { Clock } from '../../../../shared/clock.ts';
import type { Logger } from '../../../../shared/logger.ts';
import type { MachineProvider } from './provider.ts';
import { reconcile } from './reconcile.ts';
import type { MachineStore } from './store.ts';

export interface ListingsDeps {
  readonly store: MachineStore;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Listing {
  readonly done: Promise<void>;
  readonly atMs: number;
}

/** Brings the database to what the providers say, and asks each of them no more often than needed. */
export class Listings {
  readonly #deps: ListingsDeps;
  readonly #last = new Map<string, Listing>();

  constructor(deps: ListingsDeps) {
    this.#deps = deps;
  }

  /** The database then knows what the provider listed at most `maxAgeMs` ago. */
  async refresh(provider: MachineProvider, maxAgeMs: number): Promise<void> {
    const nowMs = this.#deps.clock.monotonicMs();
    const last = this.#last.get(provider.scope);
    if (last !== undefined && nowMs - last.atMs < maxAgeMs) return last.done;
    const fresh = { done: this.#list(provider), atMs: nowMs };
    this.#last.set(provider.scope, fresh);
    return fresh.done;
  }

  async #list(provider: MachineProvider): Promise<void> {
    const { store, clock, logger } = this.#deps;
    const { scope, name } = provider;
    // Before the list: what is started in the meantime is not missed in it.
    const rows = await store.live(scope);
    const listed = await provider.list();
    const nowMs = clock.wallMs();
    const { claimed, strangers, vanished, unborn } = reconcile({ rows, listed, nowMs });
    for (const { id, machine } of claimed) {
      await store.claim(id, machine);
      logger.warn({ machine: id, provider: name }, 'a machine was started and never confirmed: found again');
    }
    for (const machine of strangers) {
      await store.adopt(name, scope, machine);
      const fields = { provider: name, known_as: machine.providerId };
      logger.warn(fields, 'a machine has our tag, and nobody here asked for it: it is only shown');
    }
    for (const { id, providerId = '' } of vanished) {
      if (!(await store.ended(id, 'the provider has it no more', nowMs))) continue;
      logger.warn({ machine: id, provider: name }, 'a machine is gone, and nobody here ended it');
      // Hosts of our own keep what an agent that died has left. A cloud may have lost sight of one for a moment.
      if (provider.tokens === 'single') await provider.remove(providerId);
    }
    for (const { id } of unborn) await store.ended(id, 'it was never started', nowMs);
  }
}
