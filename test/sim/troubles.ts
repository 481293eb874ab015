import type { AgentFaults } from './agent.ts';
import type { SimDatabase } from './database.ts';
import type { Fleet } from './fleet.ts';
import type { NetworkFaults } from './network.ts';
import type { SimObjects } from './objects.ts';
import type { Fault, SimOptions } from './options.ts';
import type { People } from './people.ts';
import type { Random } from './random.ts';
import type { World } from './world.ts';

export const HEALTHY_NETWORK: NetworkFaults = { delayMs: 20, broken: 0, halfOpen: 0, twice: 0 };
export const HEALTHY_WORK: AgentFaults = { fails: 0, hangs: 0, lies: 0, wrongDigest: 0, workMs: 2_000 };

export interface TroublesDeps {
  readonly options: SimOptions;
  readonly world: World;
  readonly random: Random;
  readonly network: NetworkFaults;
  readonly work: AgentFaults;
  readonly database: SimDatabase;
  readonly objects: SimObjects;
  readonly fleet: Fleet;
  readonly people: People;
}

/** Makes things go wrong, and stops it. */
export class Troubles {
  readonly #deps: TroublesDeps;

  constructor(deps: TroublesDeps) {
    this.#deps = deps;
  }

  #has(fault: Fault): boolean {
    return this.#deps.options.faults.includes(fault);
  }

  /** What may happen at any time. */
  turn(on: boolean): void {
    const { network, work, database, objects } = this.#deps;
    const rate = (fault: Fault, value: number, healthy = 0): number =>
      on && this.#has(fault) ? value : healthy;
    Object.assign(network, {
      delayMs: rate('network', 800, HEALTHY_NETWORK.delayMs),
      broken: rate('network', 0.02),
      halfOpen: rate('half-open', 0.02),
      twice: rate('twice', 0.2),
    });
    Object.assign(work, {
      fails: rate('failing work', 0.5),
      hangs: rate('hanging work', 0.15),
      lies: rate('lies', 0.2),
      wrongDigest: rate('wrong digest', 0.2),
      workMs: rate('agent pause', 8_000, HEALTHY_WORK.workMs),
    });
    Object.assign(database.faults, {
      refused: rate('database errors', 0.03),
      unanswered: rate('database errors', 0.03),
      crash: rate('coordinator crash', 0.015),
      slowMs: rate('database errors', 100, 5),
      lostNotify: rate('lost notify', 0.5),
    });
    Object.assign(objects.faults, {
      errors: rate('object errors', 0.15),
      slowMs: rate('object errors', 2_000, 20),
      partial: rate('partial writes', 0.2),
      slowWrites: rate('slow writes', 0.2),
    });
  }

  /** What happens at some moments. */
  plan(): void {
    const { options, world, random, database, fleet, people } = this.#deps;
    const some = (fault: Fault, times: number, fn: () => void): void => {
      for (let k = 0; this.#has(fault) && k < times; k++) world.at(random.whole(300, options.faultyMs), fn);
    };
    const anAgent = (): number => random.whole(0, fleet.size);
    some('agent crash', 2, () => fleet.crashAgent(anAgent()));
    some('agent pause', 2, () => fleet.pauseAgent(anAgent()));
    some('slow agent', 2, () => fleet.slowAgent(anAgent()));
    some('coordinator pause', 2, () => fleet.pauseCoordinator());
    some('black hole', 2, () => fleet.loseAgent(anAgent()));
    some('database stall', 2, () => {
      world.did('the database stalled');
      database.faults.stalledUntilMs = world.nowMs + world.troubledFor(random.whole(500, 20_000));
    });
    some('database outage', 1, () => {
      world.did('the database was away');
      database.faults.downUntilMs = world.nowMs + world.troubledFor(random.whole(500, 30_000));
    });
    some('database failover', 1, () => database.failOver());
    some('database clock', 2, () => database.jumpClock());
    some('drain', 2, () => people.drain());
    some('cancel and retry', 2, () => people.cancelAndRetry());
    some('redo', 2, () => people.redo());
  }
}
