import { DEFAULT_TIMES, type GridSettings } from '../../coordinator/grid/settings.ts';
import { PASS_THROUGH } from '../support/store-moves.ts';
import { AGENT_PARTS, type AgentFaults, type AgentParts } from './agent.ts';
import { SimDatabase, type Plant } from './database.ts';
import { Fleet, type FleetDeps } from './fleet.ts';
import type { Counts, Happening } from './happenings.ts';
import { Invariants } from './invariants.ts';
import type { NetworkFaults } from './network.ts';
import { SimObjects } from './objects.ts';
import type { SimOptions } from './options.ts';
import { People } from './people.ts';
import { Random } from './random.ts';
import { Judge, type Rule, type Violation } from './rules.ts';
import { fencesIn } from './story.ts';
import { HEALTHY_NETWORK, HEALTHY_WORK, Troubles } from './troubles.ts';
import { filmOf } from './work.ts';
import { World } from './world.ts';

export interface Outcome {
  readonly violation: Violation | undefined;
  readonly story: readonly string[];
  readonly steps: number;
  readonly endedMs: number;
  readonly states: readonly string[];
  readonly happened: Counts<Happening>;
  /** At which statements coordinators died. */
  readonly crashes: Counts<string>;
  /** How often each rule was asked. */
  readonly asked: Counts<Rule>;
}

/** What is broken on purpose. */
export interface Mutation {
  readonly plant?: Plant;
  readonly settings?: Partial<GridSettings>;
  readonly parts?: Partial<AgentParts>;
  readonly gateway?: FleetDeps['gateway'];
}

/** After the faults stop: some rounds of lost leases, holds and backoff (L15). */
const BOUND_MS = 300_000;
/** Late messages and doubled answers still come when all jobs have ended. */
const LINGER_MS = 1_500;
const SETTINGS = {
  ...DEFAULT_TIMES,
  version: 'sim',
  bucket: 'clipgrid',
  orphansEveryMs: 1e9,
  collectEveryMs: 1e9,
};

/** One schedule from its seed to its end. */
export async function simulate(
  options: SimOptions,
  { trace = false, mutation = {} }: { trace?: boolean; mutation?: Mutation } = {},
): Promise<Outcome> {
  return new Simulation(options, trace, mutation).run();
}

class Simulation {
  readonly #options: SimOptions;
  readonly #world: World;
  readonly #random: Random;
  readonly #judge = new Judge();
  readonly #database: SimDatabase;
  readonly #invariants: Invariants;
  readonly #fleet: Fleet;
  readonly #people: People;
  readonly #troubles: Troubles;
  #endedMs: number | undefined;

  constructor(options: SimOptions, trace: boolean, { plant, settings, parts, gateway }: Mutation) {
    this.#options = options;
    const world = (this.#world = new World(trace));
    const random = (this.#random = new Random(options.seed ^ 0x5eed));
    const objects = new SimObjects(world, random.fork());
    objects.put(PASS_THROUGH.source.key, Buffer.from('a film'));
    const database = (this.#database = new SimDatabase(world, random.fork(), plant ?? ((stores) => stores)));
    const { state } = database;
    const { leaseTtlMs: ttlMs, graceMs } = SETTINGS;
    const times = { ttlMs, graceMs, outageMs: graceMs - 250 };
    const film = filmOf(options.clips);
    const judge = this.#judge;
    this.#invariants = new Invariants(judge, {
      state,
      objects,
      frames: film.frames,
      times,
      trueMs: () => world.nowMs,
    });
    database.onCall = (name, args) => this.#called(name, args);
    database.onUnderWay = (statements) => this.#invariants.underWay(statements);
    const network: NetworkFaults = { ...HEALTHY_NETWORK };
    const work: AgentFaults = { ...HEALTHY_WORK };
    const common = { world, random, database, objects, network, work };
    const fleet = (this.#fleet = new Fleet({
      ...common,
      judge,
      film,
      settings: { ...SETTINGS, ...settings },
      parts: { ...AGENT_PARTS, ...parts },
      gateway: gateway ?? ((real) => real),
      drift: options.faults.includes('drift'),
    }));
    const { wholeFilm, ladders } = options;
    const people = (this.#people = new People({ world, random, fleet, state, wholeFilm, ladders }));
    this.#troubles = new Troubles({ ...common, options, fleet, people });
    world.onMomentOver = () => fleet.momentOver();
  }

  async run(): Promise<Outcome> {
    const { agents, coordinators, jobs, faultyMs } = this.#options;
    for (let k = 0; k < coordinators; k++) this.#fleet.startCoordinator(k);
    for (let k = 0; k < agents; k++) this.#fleet.startAgent(k);
    for (let k = 0; k < jobs; k++) this.#people.willSubmit(k, this.#random.whole(0, faultyMs / 2));
    this.#troubles.turn(true);
    this.#troubles.plan();
    await this.#world.run(faultyMs, () => this.#isOver());
    this.#troubles.turn(false);
    this.#world.say(() => 'no more faults begin');
    await this.#world.run(faultyMs + BOUND_MS, () => this.#isOver());
    return this.#outcome();
  }

  /** Broken, or all have ended for a while. */
  #isOver(): boolean {
    if (this.#judge.violation !== undefined) return true;
    if (!this.#people.allEnded) this.#endedMs = undefined;
    else this.#endedMs ??= this.#world.nowMs;
    return this.#endedMs !== undefined && this.#world.nowMs - this.#endedMs > LINGER_MS;
  }

  #outcome(): Outcome {
    const judge = this.#judge;
    judge.check(
      'L15',
      judge.violation !== undefined || this.#people.allTold,
      () => 'a job could not be submitted',
    );
    if (judge.violation === undefined) this.#invariants.ended(this.#people.acknowledged);
    const { story = [], steps, nowMs, happened } = this.#world;
    const states = [...this.#database.state.jobs.values()].map((record) => record.tree.job.state);
    const { violation, asked } = judge;
    const { crashes } = this.#database;
    const ended = { steps, endedMs: nowMs, states };
    return { violation, story, ...ended, happened: Object.fromEntries(happened), crashes, asked };
  }

  #called(name: string, args: readonly unknown[]): void {
    if (name !== 'expire' && name !== 'revokeDrained')
      this.#world.say(() => `database: ${name}${fencesIn(args)}`);
    const { nowMs, troubledUntilMs } = this.#world;
    const healthyMs = nowMs - Math.max(this.#options.faultyMs, troubledUntilMs);
    const { acknowledged } = this.#people;
    const { violation } = this.#judge;
    this.#invariants.after({ name, args }, { healthyMs, acknowledged });
    if (this.#judge.violation !== violation) this.#world.say(() => `BROKEN ${String(this.#judge.violation)}`);
  }
}
