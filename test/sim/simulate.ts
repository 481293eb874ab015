import { gunzipSync } from 'node:zlib';
import type { AgentGateway } from '../../coordinator/grid/agent-gateway.ts';
import { createGrid, type GridDeps, type RunningGrid } from '../../coordinator/grid/grid.ts';
import { DEFAULT_TIMES } from '../../coordinator/grid/settings.ts';
import { silentLogger } from '../../shared/logger.ts';
import { PASS_THROUGH } from '../support/store-moves.ts';
import { SimAgent, type AgentFaults } from './agent.ts';
import { SimDatabase, type Plant } from './database.ts';
import { Invariants, Violation } from './invariants.ts';
import { SimStream, type NetworkFaults } from './network.ts';
import { SimObjects } from './objects.ts';
import type { Fault, SimOptions } from './options.ts';
import { Random, simIds } from './random.ts';
import { SimProcess, World } from './world.ts';

export interface Outcome {
  readonly violation: Violation | undefined;
  readonly story: readonly string[];
  readonly steps: number;
  readonly endedMs: number;
  readonly states: readonly string[];
}

/** After the faults stop: some rounds of lost leases, holds and backoff (L15). */
const BOUND_MS = 300_000;
const SETTINGS = {
  ...DEFAULT_TIMES,
  version: 'sim',
  bucket: 'clipgrid',
  orphansEveryMs: 1e9,
  collectEveryMs: 1e9,
};
const HEALTHY_NETWORK: NetworkFaults = { delayMs: 20, broken: 0, halfOpen: 0, twice: 0 };
const HEALTHY_WORK: AgentFaults = { fails: 0, lies: 0, wrongDigest: 0, workMs: 3_000 };

interface Coordinator {
  readonly process: SimProcess;
  readonly grid: RunningGrid;
}

/** One schedule from its seed to its end. */
export async function simulate(
  options: SimOptions,
  setup: { trace?: boolean; plant?: Plant } = {},
): Promise<Outcome> {
  const simulation = new Simulation(options, setup.trace ?? false, setup.plant ?? ((stores) => stores));
  return simulation.run();
}

class Simulation {
  readonly #options: SimOptions;
  readonly #world: World;
  readonly #random: Random;
  readonly #objects: SimObjects;
  readonly #database: SimDatabase;
  readonly #invariants: Invariants;
  readonly #network: NetworkFaults = { ...HEALTHY_NETWORK };
  readonly #work: AgentFaults = { ...HEALTHY_WORK };
  readonly #coordinators: Coordinator[] = [];
  readonly #agents: SimAgent[] = [];
  readonly #streams = new Map<SimStream, readonly SimProcess[]>();
  readonly #acknowledged: string[] = [];
  #submitting = 0;
  #starts = 0;
  #broken: Violation | undefined;

  constructor(options: SimOptions, trace: boolean, plant: Plant) {
    this.#options = options;
    this.#world = new World(trace);
    this.#random = new Random(options.seed ^ 0x5eed);
    this.#objects = new SimObjects(this.#world, this.#random.fork());
    this.#objects.put(PASS_THROUGH.source.key, Buffer.from('a film'));
    this.#database = new SimDatabase(this.#world, this.#random.fork(), plant);
    const { leaseTtlMs: ttlMs, graceMs } = SETTINGS;
    const times = { ttlMs, graceMs, outageMs: graceMs - 250 };
    this.#invariants = new Invariants(this.#database.state, this.#objects, times);
    this.#database.onCall = (name, args) => this.#called(name, args);
    this.#database.onCrash = (process) => this.#crashCoordinator(process);
  }

  async run(): Promise<Outcome> {
    const { agents, coordinators, jobs, faultyMs } = this.#options;
    for (let k = 0; k < coordinators; k++) this.#startCoordinator(k);
    for (let k = 0; k < agents; k++) this.#startAgent(k);
    this.#submitting = jobs;
    for (let k = 0; k < jobs; k++) this.#world.at(this.#random.whole(0, 5_000), () => this.#submit(k));
    this.#turnFaults(true);
    this.#planFaults();
    await this.#world.run(faultyMs, () => this.#broken !== undefined);
    this.#turnFaults(false);
    this.#world.say(() => 'all faults stop');
    const endedMs = faultyMs + BOUND_MS;
    await this.#world.run(endedMs, () => this.#broken !== undefined || this.#allEnded());
    return this.#outcome();
  }

  #outcome(): Outcome {
    const { state } = this.#database;
    try {
      if (this.#broken === undefined) {
        if (this.#submitting > 0) throw new Violation('L15', 'a job could not be submitted');
        this.#invariants.ended(this.#acknowledged);
      }
    } catch (error) {
      this.#broken = error as Violation;
    }
    const { story = [], steps, nowMs } = this.#world;
    const states = [...state.jobs.values()].map((record) => record.tree.job.state);
    return { violation: this.#broken, story, steps, endedMs: nowMs, states };
  }

  #allEnded(): boolean {
    const { jobs } = this.#database.state;
    const over = (id: string): boolean =>
      ['succeeded', 'failed', 'cancelled'].includes(jobs.get(id)?.tree.job.state ?? 'succeeded');
    return this.#submitting === 0 && this.#acknowledged.every(over);
  }

  #called(name: string, args: readonly unknown[]): void {
    if (name !== 'expire' && name !== 'revokeDrained') this.#world.say(() => `database: ${name}`);
    try {
      this.#invariants.after(name, args);
    } catch (error) {
      this.#broken ??= error as Violation;
      this.#world.say(() => `BROKEN ${String(error)}`);
    }
  }

  #has(fault: Fault): boolean {
    return this.#options.faults.includes(fault);
  }

  #turnFaults(on: boolean): void {
    const rate = (fault: Fault, value: number, healthy = 0): number =>
      on && this.#has(fault) ? value : healthy;
    Object.assign(this.#network, {
      delayMs: rate('network', 800, 20),
      broken: rate('network', 0.02),
      halfOpen: rate('half-open', 0.01),
      twice: rate('twice', 0.2),
    });
    Object.assign(this.#work, {
      fails: rate('failing work', 0.2),
      lies: rate('lies', 0.2),
      wrongDigest: rate('wrong digest', 0.2),
      workMs: on && this.#has('agent pause') ? 12_000 : 3_000,
    });
    Object.assign(this.#database.faults, {
      refused: rate('database errors', 0.03),
      unanswered: rate('database errors', 0.03),
      crash: rate('coordinator crash', 0.004),
      slowMs: rate('database errors', 100, 5),
      lostNotify: rate('lost notify', 0.5),
    });
    Object.assign(this.#objects.faults, {
      errors: rate('object errors', 0.15),
      slowMs: rate('object errors', 2_000, 20),
    });
  }

  #planFaults(): void {
    const { faultyMs } = this.#options;
    const { faults } = this.#database;
    const some = (fault: Fault, times: number, fn: () => void): void => {
      for (let k = 0; this.#has(fault) && k < times; k++)
        this.#world.at(this.#random.whole(500, faultyMs), fn);
    };
    some('agent crash', 3, () => this.#crashAgent(this.#random.whole(0, this.#agents.length)));
    some('agent pause', 3, () => this.#pauseAgent(this.#random.whole(0, this.#agents.length)));
    some(
      'database stall',
      2,
      () => (faults.stalledUntilMs = this.#world.nowMs + this.#random.whole(500, 20_000)),
    );
    some(
      'database outage',
      1,
      () => (faults.downUntilMs = this.#world.nowMs + this.#random.whole(500, 30_000)),
    );
    some('drain', 2, () => this.#drain(this.#random.whole(0, this.#agents.length)));
    some('cancel and retry', 3, () => this.#cancelAndRetry());
  }

  #startCoordinator(k: number): void {
    const process = new SimProcess(this.#world, `coordinator ${k}`);
    const ids = simIds(this.#random.fork());
    const none = async (): Promise<never[]> => [];
    const garbage = {
      collectJobs: async () => 0,
      collectClips: async () => 0,
      expireUploads: async () => 0,
      garbage: none,
      drop: async () => undefined,
      orphans: none,
    };
    const grid = createGrid({
      ...this.#database.seenFrom(process),
      garbage,
      uploads: {} as GridDeps['uploads'],
      tokens: {} as GridDeps['tokens'],
      objects: this.#objects.seenFrom(process),
      wakeSource: this.#database.wakeSource(process),
      clock: process,
      ids,
      logger: silentLogger,
      settings: { ...SETTINGS, coordinatorId: process.name },
      platform: {
        nextTurn: (fn) => void process.after(0, fn),
        gunzip: async (bytes) => gunzipSync(bytes),
      },
    });
    this.#coordinators[k] = { process, grid };
    this.#world.say(() => `${process.name} starts`);
    for (const service of grid.services) void service.start();
  }

  #crashCoordinator(process: SimProcess): void {
    const k = this.#coordinators.findIndex((one) => one.process === process);
    if (k < 0 || !process.alive) return;
    this.#world.say(() => `${process.name} crashes`);
    this.#kill(process);
    this.#world.at(this.#random.whole(200, 5_000), () => this.#startCoordinator(k));
  }

  #kill(process: SimProcess): void {
    process.kill();
    for (const [stream, ends] of this.#streams) if (ends.includes(process)) stream.break();
  }

  #startAgent(k: number): void {
    const random = this.#random.fork();
    const rate = this.#has('drift') ? 0.95 + random.next() * 0.1 : 1;
    const process = new SimProcess(this.#world, `agent ${k}`, rate);
    const agent = new SimAgent({
      world: this.#world,
      process,
      random,
      objects: this.#objects,
      agentId: `a${k}`,
      start: ++this.#starts,
      incarnation: simIds(random).randomUuid(),
      slots: 1 + (k % 2),
      faults: this.#work,
      connect: () => this.#connect(process, random.pick(this.#coordinators)),
      onRefused: (reason) => {
        this.#world.say(() => `${process.name} was refused: ${reason}`);
        this.#broken ??= new Violation(
          'L8',
          `${process.name}, the only one of its kind, was refused: ${reason}`,
        );
      },
    });
    this.#agents[k] = agent;
    this.#world.say(() => `${process.name} starts`);
    void agent.start();
  }

  #connect(agent: SimProcess, { process: server, grid }: Coordinator): SimStream {
    const gateway: AgentGateway = grid.gateway;
    for (const stream of this.#streams.keys()) if (stream.gone) this.#streams.delete(stream);
    const ends = { world: this.#world, random: this.#random, faults: this.#network, agent, server, gateway };
    const stream = new SimStream(ends);
    this.#streams.set(stream, [agent, server]);
    this.#world.say(() => `${agent.name} connects to ${server.name}`);
    return stream;
  }

  #crashAgent(k: number): void {
    const process = this.#agents[k]?.deps.process;
    if (!process?.alive) return;
    this.#world.say(() => `${process.name} crashes`);
    this.#kill(process);
    this.#world.at(this.#random.whole(500, 8_000), () => this.#startAgent(k));
  }

  #pauseAgent(k: number): void {
    const process = this.#agents[k]?.deps.process;
    if (!process?.alive) return;
    this.#world.say(() => `${process.name} is stopped`);
    process.pause();
    this.#world.at(this.#random.whole(1_000, 25_000), () => {
      this.#world.say(() => `${process.name} goes on`);
      process.resume();
    });
  }

  #drain(k: number): void {
    const face = this.#random.pick(this.#coordinators).grid.face;
    const deadlineS = this.#random.whole(0, 5);
    this.#world.say(() => `a${k} is drained`);
    void face.agents.drain(`a${k}`, deadlineS).catch(() => undefined);
    this.#world.at(this.#random.whole(3_000, 20_000), () => this.#undrain(k));
  }

  #undrain(k: number): void {
    const face = this.#random.pick(this.#coordinators).grid.face;
    void face.agents.undrain(`a${k}`).catch(() => undefined);
    if (this.#database.state.agents.get(`a${k}`)?.drain) this.#world.at(2_000, () => this.#undrain(k));
  }

  #cancelAndRetry(): void {
    const jobId = this.#acknowledged[this.#random.whole(0, Math.max(1, this.#acknowledged.length))];
    if (jobId === undefined) return;
    const { jobs } = this.#random.pick(this.#coordinators).grid.face;
    this.#world.say(() => `job ${jobId.slice(0, 4)} is cancelled, or done again`);
    void jobs.cancel(jobId).catch(() => undefined);
    this.#world.at(this.#random.whole(100, 5_000), () => {
      void this.#random
        .pick(this.#coordinators)
        .grid.face.jobs.retry(jobId)
        .catch(() => undefined);
    });
  }

  /** A client that says it again until it has an answer. */
  #submit(k: number): void {
    let answered = false;
    const { jobs } = this.#random.pick(this.#coordinators).grid.face;
    const input = {
      ownerId: 'o',
      dialect: 'grid',
      name: `film ${k}`,
      priority: 0,
      spec: PASS_THROUGH,
      idempotencyKey: `k${k}`,
    };
    const done = (jobId: string): void => {
      if (this.#acknowledged.includes(jobId)) return;
      this.#acknowledged.push(jobId);
      this.#submitting--;
      this.#world.say(() => `job ${jobId.slice(0, 4)} was acknowledged`);
    };
    void jobs.submit(input).then(
      (job) => {
        answered = true;
        done(job.jobId);
      },
      () => undefined,
    );
    this.#world.at(2_500, () => {
      if (!answered && this.#submitting > 0) this.#submit(k);
    });
  }
}
