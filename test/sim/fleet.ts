import { gunzipSync } from 'node:zlib';
import { createGrid, type GridDeps, type RunningGrid } from '../../coordinator/grid/grid.ts';
import type { AgentGateway } from '../../coordinator/grid/agent-gateway.ts';
import type { Grid } from '../../coordinator/grid/face.ts';
import type { GridSettings } from '../../coordinator/grid/settings.ts';
import type { Clock } from '../../shared/clock.ts';
import { GridError } from '../../shared/errors.ts';
import { silentLogger } from '../../shared/logger.ts';
import { AgentRules } from './agent-rules.ts';
import { SimAgent, type AgentFaults, type AgentParts } from './agent.ts';
import type { SimDatabase } from './database.ts';
import { SimStream, type Machine, type NetworkFaults } from './network.ts';
import type { SimObjects } from './objects.ts';
import { simIds, type Random } from './random.ts';
import type { Judge } from './rules.ts';
import type { Film } from './work.ts';
import { SimProcess, type World } from './world.ts';

export interface FleetDeps {
  readonly world: World;
  readonly random: Random;
  readonly database: SimDatabase;
  readonly objects: SimObjects;
  readonly network: NetworkFaults;
  readonly work: AgentFaults;
  readonly judge: Judge;
  readonly film: Film;
  readonly settings: Omit<GridSettings, 'coordinatorId'>;
  readonly parts: AgentParts;
  /** Where sessions enter a coordinator; a broken one may be put before it. */
  readonly gateway: (real: AgentGateway, clock: Clock) => AgentGateway;
  /** Clocks of agents differ from true time by 5 % at most. */
  readonly drift: boolean;
}

interface Coordinator {
  readonly process: SimProcess;
  readonly grid: RunningGrid;
}

interface AgentProcess {
  readonly agent: SimAgent;
  readonly rules: AgentRules;
}

const MAX_DRIFT = 0.05;
/** A stopped process answers no keepalive. */
const KEEPALIVE_MS = 30_000;

/** All processes and the streams between them. */
export class Fleet {
  readonly #deps: FleetDeps;
  readonly #coordinators: Coordinator[] = [];
  readonly #agents: AgentProcess[] = [];
  readonly #machines: Machine[] = [];
  readonly #streams = new Map<SimStream, readonly SimProcess[]>();
  #ordinal = 0;
  #starts = 0;

  constructor(deps: FleetDeps) {
    this.#deps = deps;
    deps.database.onCrash = (process) => this.crashCoordinator(process);
  }

  get size(): number {
    return this.#agents.length;
  }

  /** Somebody asks one of the coordinators, dead or alive. Of one that is stopped no answer comes. */
  async ask<T>(request: (face: Grid) => Promise<T>): Promise<T> {
    const { process, grid } = this.#deps.random.pick(this.#coordinators);
    if (process.paused) throw new GridError('unavailable', `${process.name} does not answer`);
    return request(grid.face);
  }

  momentOver(): void {
    for (const { rules } of this.#agents) rules.momentOver();
  }

  startCoordinator(k: number): void {
    const { world, random, database, objects, settings } = this.#deps;
    const process = new SimProcess(world, `coordinator ${k}`);
    const ids = simIds(random.fork());
    const none = async (): Promise<never[]> => [];
    const garbage = {
      collectJobs: async () => 0,
      collectClips: async () => 0,
      removePreviews: async () => 0,
      expireUploads: async () => 0,
      garbage: none,
      drop: async () => undefined,
      orphans: none,
    };
    const grid = createGrid({
      ...database.seenFrom(process),
      garbage,
      logs: {} as GridDeps['logs'],
      uploads: {} as GridDeps['uploads'],
      tokens: {} as GridDeps['tokens'],
      enrolments: { standing: async () => ({ revoked: false }) } as unknown as GridDeps['enrolments'],
      stats: { sample: async () => undefined, prune: async () => undefined } as unknown as GridDeps['stats'],
      users: { pruneFailures: async () => undefined } as unknown as GridDeps['users'],
      webhooks: { prune: async () => undefined } as unknown as GridDeps['webhooks'],
      secretKeys: [],
      outbound: {} as GridDeps['outbound'],
      objects: objects.seenFrom(process),
      wakeSource: database.wakeSource(process),
      clock: process,
      ids,
      logger: silentLogger,
      settings: { ...settings, coordinatorId: process.name },
      platform: {
        nextTurn: (fn) => void process.after(0, fn),
        gunzip: async (bytes) => gunzipSync(bytes),
      },
    });
    this.#coordinators[k] = { process, grid };
    world.say(() => `${process.name} starts`);
    if (this.#coordinators.filter((one) => one.process.alive).length > 1)
      world.did('coordinators worked at once');
    // Nobody simulates who would be told.
    for (const service of grid.services) if (service.name !== 'webhooks') void service.start();
  }

  crashCoordinator(process: SimProcess): void {
    const { world, random } = this.#deps;
    const k = this.#coordinators.findIndex((one) => one.process === process);
    if (k < 0 || !process.alive) return;
    world.say(() => `${process.name} crashes`);
    this.#kill(process);
    world.at(world.troubledFor(random.whole(200, 5_000)), () => this.startCoordinator(k));
  }

  startAgent(k: number): void {
    const { world, random, work: faults, drift, judge, settings } = this.#deps;
    const own = random.fork();
    const rate = drift ? 1 - MAX_DRIFT + own.next() * 2 * MAX_DRIFT : 1;
    if (rate !== 1) world.did(rate > 1 ? 'a clock ran fast' : 'a clock ran slow');
    const process = new SimProcess(world, `agent ${k}`, rate);
    const machine = (this.#machines[k] ??= { holeUntilMs: 0, newestStream: 0 });
    const agent: SimAgent = new SimAgent({
      ...this.#deps,
      process,
      machine,
      random: own,
      agentId: `a${k}`,
      start: ++this.#starts,
      incarnation: simIds(own).randomUuid(),
      slots: 1 + (k % 2),
      faults,
      elsewhere: this.#coordinators.length > 1,
      connect: () => this.#connect({ process, machine, rules }),
      onRefused: (reason) => {
        world.say(() => `${process.name} was refused: ${reason}`);
        judge.check('L8', false, () => `${process.name}, the only one of its kind, was refused: ${reason}`);
      },
    });
    const { leaseTtlMs: ttlMs, trustMarginMs: marginMs, heartbeatMs } = settings;
    const { state } = this.#deps.database;
    const rules = new AgentRules(judge, { agent, state, times: { ttlMs, marginMs, heartbeatMs } });
    this.#agents[k] = { agent, rules };
    world.say(() => `${process.name} starts`);
    void agent.start();
  }

  crashAgent(k: number): void {
    const { world, random } = this.#deps;
    const process = this.#alive(k);
    if (!process) return;
    world.did('an agent crashed');
    world.say(() => `${process.name} crashes`);
    this.#kill(process);
    world.at(world.troubledFor(random.whole(500, 8_000)), () => this.startAgent(k));
  }

  pauseAgent(k: number): void {
    const { world, random } = this.#deps;
    const process = this.#alive(k);
    if (!process) return;
    world.did('an agent was stopped and woken');
    world.say(() => `${process.name} is stopped`);
    process.pause();
    const pausedMs = world.troubledFor(random.whole(1_000, random.chance(0.1) ? 45_000 : 20_000));
    const cutMs = KEEPALIVE_MS;
    if (pausedMs > cutMs) world.at(cutMs, () => this.#breakStreams(process));
    world.at(pausedMs, () => {
      world.say(() => `${process.name} goes on`);
      process.resume();
    });
  }

  pauseCoordinator(): void {
    const { world, random } = this.#deps;
    const { process } = random.pick(this.#coordinators);
    if (!process.alive || process.paused) return;
    world.did('a coordinator was stopped and woken');
    world.say(() => `${process.name} is stopped`);
    process.pause();
    const pausedMs = world.troubledFor(random.whole(1_000, random.chance(0.1) ? 45_000 : 20_000));
    if (pausedMs > KEEPALIVE_MS) world.at(KEEPALIVE_MS, () => this.#breakStreams(process));
    world.at(pausedMs, () => {
      world.say(() => `${process.name} goes on`);
      process.resume();
    });
  }

  slowAgent(k: number): void {
    const { world, random } = this.#deps;
    const process = this.#alive(k);
    if (!process) return;
    process.lagMs = random.whole(50, 1_500);
    world.did('an agent was slow');
    world.say(() => `${process.name} does everything ${process.lagMs} ms late`);
    world.at(world.troubledFor(random.whole(3_000, 20_000)), () => (process.lagMs = 0));
  }

  /** Nothing of its machine arrives for a while, and then all of it late. */
  loseAgent(k: number): void {
    const { world, random } = this.#deps;
    const machine = this.#machines[k];
    const process = this.#alive(k);
    if (!machine || !process) return;
    const holeMs = world.troubledFor(random.whole(1_000, 25_000));
    machine.holeUntilMs = world.nowMs + holeMs;
    world.did('an agent was in a black hole');
    world.say(() => `${process.name} is in a black hole`);
    if (holeMs > KEEPALIVE_MS / 2) world.at(KEEPALIVE_MS / 2, () => this.#breakStreams(process));
    world.at(holeMs, () => world.say(() => `${process.name} is out of the black hole`));
  }

  #alive(k: number): SimProcess | undefined {
    const process = this.#agents[k]?.agent.deps.process;
    return process?.alive ? process : undefined;
  }

  #kill(process: SimProcess): void {
    process.kill();
    this.#breakStreams(process);
  }

  #breakStreams(process: SimProcess): void {
    for (const [stream, ends] of this.#streams) if (ends.includes(process)) stream.break();
  }

  #connect({ process, machine, rules }: Connecting): SimStream {
    const { world, random, network: faults } = this.#deps;
    const { process: server, grid } = random.pick(this.#coordinators);
    for (const stream of this.#streams.keys()) if (stream.gone) this.#streams.delete(stream);
    const stream = new SimStream({
      world,
      random,
      faults,
      agent: process,
      machine,
      server,
      gateway: this.#deps.gateway(grid.gateway, server),
      watch: rules.watch(),
      ordinal: ++this.#ordinal,
    });
    this.#streams.set(stream, [process, server]);
    world.say(() => `${process.name} connects to ${server.name}`);
    return stream;
  }
}

interface Connecting {
  readonly process: SimProcess;
  readonly machine: Machine;
  readonly rules: AgentRules;
}
