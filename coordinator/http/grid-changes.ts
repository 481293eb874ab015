import type { Clock } from '../../shared/clock.ts';
import type { AgentView } from '../domain/agent.ts';
import type { GridTotals } from '../domain/grid-totals.ts';
import type { Grid, GridEvent, JobView } from '../grid/face.ts';
import { GridTick, type OwnedJson } from './grid-tick.ts';
import type { AgentResponse } from './responses.ts';
import { agentView, gridView, jobView } from './views.ts';

export interface GridChangesDeps {
  readonly grid: Pick<Grid, 'jobs' | 'agents' | 'events' | 'stats'>;
  readonly clock: Clock;
}

const AGENTS_MS = 3_000;
const GRID_MS = 2_000;
/** The figures are told again after so long without a change: proxies end connections on which nothing comes. */
const AGAIN_MS = 15_000;
const EVENTS_A_READ = 500;
const READS_A_TICK = 20;
/** Of one tick; the others follow in the next ones. */
const JOBS_A_TICK = 500;
const BYTES_A_TICK = 1024 * 1024;
/** Of jobs that changed and are still to be told (L9). */
const MOST_WAITING = 20_000;

/**
 * What changes in the whole grid, read for all watchers at once. A job has changed when an event names it, or when what its
 * running tasks say is different; so a tick costs the same with 10 jobs and with 10,000.
 */
export class GridChanges {
  readonly #deps: GridChangesDeps;
  #sequence = 0;
  #running: ReadonlyMap<string, string> = new Map();
  readonly #changed = new Set<string>();
  #removed: OwnedJson[] = [];
  #agents: ReadonlyMap<string, AgentResponse> = new Map();
  #agentsDueMs = 0;
  #gridDueMs = 0;
  #grid = '';
  #gridAt = '';
  #gridToldMs = 0;

  constructor(deps: GridChangesDeps) {
    this.#deps = deps;
  }

  /** The grid's figures as JSON, as they were read last. */
  get grid(): string {
    return this.#gridAt;
  }

  /** What there is counts as known: watchers read it for themselves. */
  async begin(): Promise<void> {
    const { jobs, events } = this.#deps.grid;
    [this.#sequence, this.#running] = await Promise.all([events.head(), jobs.running()]);
    const { agents, totals } = await this.#readDue();
    this.#agentChanges(agents);
    this.#gridFigures(totals);
  }

  /** What is different since the last one. If it fails, the next one tells all. */
  async next(): Promise<GridTick> {
    await this.#findChangedJobs();
    const lost = this.#changed.size > MOST_WAITING;
    if (lost) this.#changed.clear();
    // All is read before anything counts as told.
    const due = await this.#readDue();
    const jobs = await this.#changedJobs();
    const grid = this.#gridFigures(due.totals);
    const agents = this.#agentChanges(due.agents);
    const removedJobs = this.#removed;
    this.#removed = [];
    return new GridTick({ jobs, removedJobs, ...agents, ...(grid === undefined ? {} : { grid }), lost });
  }

  async #findChangedJobs(): Promise<void> {
    const running = await this.#deps.grid.jobs.running();
    for (const [jobId, mark] of running) if (this.#running.get(jobId) !== mark) this.#changed.add(jobId);
    for (const jobId of this.#running.keys()) if (!running.has(jobId)) this.#changed.add(jobId);
    this.#running = running;
    for (let reads = 0; reads < READS_A_TICK; reads++) {
      const events = await this.#deps.grid.events.after({ afterSequence: this.#sequence }, EVENTS_A_READ);
      for (const event of events) this.#note(event);
      if (events.length < EVENTS_A_READ) break;
    }
  }

  #note({ sequence, type, jobId, ownerId }: GridEvent): void {
    this.#sequence = sequence;
    if (jobId === undefined) return;
    if (type !== 'job.removed') return void this.#changed.add(jobId);
    this.#changed.delete(jobId);
    this.#removed.push({ ownerId, json: JSON.stringify(jobId) });
  }

  async #changedJobs(): Promise<OwnedJson[]> {
    const ids = [...this.#changed].slice(0, JOBS_A_TICK);
    if (ids.length === 0) return [];
    const views = new Map((await this.#deps.grid.jobs.some(ids)).map((view) => [view.jobId, view]));
    const told: OwnedJson[] = [];
    let bytes = 0;
    for (const id of ids) {
      if (bytes > BYTES_A_TICK) break;
      this.#changed.delete(id);
      const view = views.get(id);
      if (view === undefined) continue;
      const json = changedJob(view);
      told.push({ ownerId: view.ownerId, json });
      bytes += json.length;
    }
    return told;
  }

  /** What is read less often than each second; undefined: not now. */
  async #readDue(): Promise<{ agents: readonly AgentView[] | undefined; totals: GridTotals | undefined }> {
    const { agents, stats } = this.#deps.grid;
    const nowMs = this.#deps.clock.monotonicMs();
    return {
      agents: nowMs < this.#agentsDueMs ? undefined : await agents.list(),
      totals: nowMs < this.#gridDueMs ? undefined : await stats.totals(),
    };
  }

  #agentChanges(listed: readonly AgentView[] | undefined): { agents: string[]; removedAgents: string[] } {
    if (listed === undefined) return { agents: [], removedAgents: [] };
    const views = listed.map(agentView);
    this.#agentsDueMs = this.#deps.clock.monotonicMs() + AGENTS_MS;
    const known = this.#agents;
    this.#agents = new Map(views.map((view) => [view.agent_id, view]));
    const removed = [...known.keys()].filter((id) => !this.#agents.has(id));
    return {
      agents: views.flatMap((view) => difference(known.get(view.agent_id), view) ?? []),
      removedAgents: removed.map((id) => JSON.stringify(id)),
    };
  }

  /** Undefined: they need not be told. */
  #gridFigures(totals: GridTotals | undefined): string | undefined {
    if (totals === undefined) return undefined;
    const nowMs = this.#deps.clock.monotonicMs();
    const { at, ...figures } = gridView(totals);
    this.#gridDueMs = nowMs + GRID_MS;
    const before = this.#grid;
    this.#grid = JSON.stringify(figures);
    this.#gridAt = JSON.stringify({ at, ...figures });
    if (this.#grid === before && nowMs - this.#gridToldMs < AGAIN_MS) return undefined;
    this.#gridToldMs = nowMs;
    return this.#gridAt;
  }
}

/** A script may be long, and never changes. */
function changedJob(job: JobView): string {
  const { script: _, ...changed } = jobView(job);
  return JSON.stringify(changed);
}

/** The fields that are different, with the agent's id; undefined: none but when it was seen last. */
function difference(before: AgentResponse | undefined, now: AgentResponse): string | undefined {
  if (before === undefined) return JSON.stringify(now);
  const fields = Object.entries(now).filter(
    ([name, value]) => JSON.stringify(before[name as keyof AgentResponse]) !== JSON.stringify(value),
  );
  if (fields.every(([name]) => name === 'last_seen_at')) return undefined;
  return JSON.stringify({ agent_id: now.agent_id, ...Object.fromEntries(fields) });
}
