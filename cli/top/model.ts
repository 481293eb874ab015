import type { AgentDocument, JobSummary } from '../../client/documents.ts';
import type { components } from '../../client/gen/openapi.ts';

export type GridDocument = components['schemas']['Grid'];

/** What a view of the grid shows. */
export interface TopModel {
  readonly grid: GridDocument | undefined;
  readonly jobs: ReadonlyMap<string, JobSummary>;
  readonly agents: ReadonlyMap<string, AgentDocument>;
}

export const EMPTY: TopModel = { grid: undefined, jobs: new Map(), agents: new Map() };

/** Jobs beyond that are not remembered: those that ended longest ago go first. */
const MAX_JOBS = 1_000;
const RANKS = ['encoding', 'merging', 'indexing', 'queued'];

function rank({ state }: JobSummary): number {
  const at = RANKS.indexOf(state);
  return at < 0 ? RANKS.length : at;
}

/** What is at work first, then what waits, then what ended; of each the newest first. */
export function sortedJobs({ jobs }: TopModel): JobSummary[] {
  return [...jobs.values()].toSorted(
    (a, b) =>
      rank(a) - rank(b) || b.created_at.localeCompare(a.created_at) || a.job_id.localeCompare(b.job_id),
  );
}

/** Those that are there first; by name. */
export function sortedAgents({ agents }: TopModel): AgentDocument[] {
  const isAway = ({ state }: AgentDocument): number => (state === 'online' || state === 'draining' ? 0 : 1);
  return [...agents.values()].toSorted(
    (a, b) => isAway(a) - isAway(b) || a.name.localeCompare(b.name) || a.agent_id.localeCompare(b.agent_id),
  );
}

/** All anew, as the lists tell it. */
export function modelOf(
  grid: GridDocument,
  jobs: readonly JobSummary[],
  agents: readonly AgentDocument[],
): TopModel {
  return bounded({
    grid,
    jobs: new Map(jobs.map((job) => [job.job_id, job])),
    agents: new Map(agents.map((agent) => [agent.agent_id, agent])),
  });
}

function bounded(model: TopModel): TopModel {
  if (model.jobs.size <= MAX_JOBS) return model;
  const kept = sortedJobs(model).slice(0, MAX_JOBS);
  return { ...model, jobs: new Map(kept.map((job) => [job.job_id, job])) };
}

function merged<T>(
  known: ReadonlyMap<string, T>,
  { changed, removed, id }: { changed: readonly T[]; removed: readonly string[]; id: (one: T) => string },
): ReadonlyMap<string, T> {
  const all = new Map(known);
  // Of what is known only the fields that are different are told.
  for (const one of changed) all.set(id(one), { ...all.get(id(one)), ...one });
  for (const gone of removed) all.delete(gone);
  return all;
}

interface Told {
  readonly jobs?: readonly JobSummary[];
  readonly agents?: readonly AgentDocument[];
  readonly removed?: readonly string[];
}

/** The model after a message of the grid's event stream; `undefined`: everything is to be read anew. */
export function afterEvent(model: TopModel, event: string, data: string): TopModel | undefined {
  if (event === 'hello') return undefined;
  const told = JSON.parse(data) as Told & GridDocument;
  const removed = told.removed ?? [];
  if (event === 'grid') return { ...model, grid: told };
  if (event === 'jobs') {
    const jobs = merged(model.jobs, { changed: (told as Told).jobs ?? [], removed, id: (job) => job.job_id });
    return bounded({ ...model, jobs });
  }
  if (event === 'agents') {
    const changed = told.agents ?? [];
    return { ...model, agents: merged(model.agents, { changed, removed, id: (agent) => agent.agent_id }) };
  }
  return model;
}
