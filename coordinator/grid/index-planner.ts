import { buffer } from 'node:stream/consumers';
import { GridError, toGridError } from '../../shared/errors.ts';
import type { TaskResult } from '../../shared/gen/clipgrid/v1/task.ts';
import type { SourceIndex } from '../../shared/source-index.ts';
import type { AgentView } from '../domain/agent.ts';
import type { Failure, FilmSpec, IndexSpec, MediaSpec } from '../domain/job.ts';
import { mediaPlan } from '../domain/media-plan.ts';
import { indexPlan, plan, type Plan } from '../domain/planner.ts';
import { PREVIEW_PLAN } from '../domain/preview-plan.ts';
import type { Artifact, Fence } from '../domain/task.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import type { AgentStore } from '../store/agent-store.ts';
import type { LeaseStore } from '../store/lease-store.ts';
import type { Platform } from './platform.ts';
import { withShareKey } from './share-key.ts';

const MAX_INDEX_BYTES = 256 * 1024 * 1024;

export interface IndexPlannerDeps {
  readonly objects: ObjectStore;
  readonly leases: LeaseStore;
  readonly agents: AgentStore;
  readonly platform: Platform;
}

/** What a task brought that looked at the source. */
export interface Looked {
  readonly artifacts: readonly Artifact[];
  readonly result: TaskResult;
}

/** An index, and what else of the source was kept. */
export interface KnownIndex {
  readonly index: Artifact;
  readonly sidecar?: Artifact;
}

/** Plans a job's next stage from what an agent found out about the source. */
export class IndexPlanner {
  readonly #deps: IndexPlannerDeps;

  constructor(deps: IndexPlannerDeps) {
    this.#deps = deps;
  }

  /** A plan, or why there can be none: then the job fails with that. Throws only what may pass by itself. */
  async plan(fence: Fence, looked: Looked): Promise<{ plan: Plan } | { planFailure: Failure }> {
    const context = await this.#deps.leases.context(fence);
    if (context === undefined)
      throw new GridError('stale_lease', 'the lease is not the current one any more');
    const agents = await this.#deps.agents.list();
    const online = agents.filter((agent) => agent.state === 'online');
    const { jobSpec } = context;
    if (jobSpec.shape === 'preview') return { plan: PREVIEW_PLAN };
    if (jobSpec.shape === 'media') return { plan: planMedia(jobSpec, looked, online) };
    const index = looked.artifacts.find((artifact) => artifact.name === 'index');
    const sidecar = looked.artifacts.find((artifact) => artifact.name === 'sidecar');
    if (index === undefined) throw new GridError('invalid_argument', 'an index task brings an index');
    return this.#planIndexed(jobSpec, { index, ...(sidecar ? { sidecar } : {}) }, online);
  }

  /** The plan of a film whose index another job has. Throws why there can be none. */
  async planFilm(spec: FilmSpec, known: KnownIndex): Promise<Plan> {
    const agents = await this.#deps.agents.list();
    const planned = await this.#planIndexed(
      spec,
      known,
      agents.filter((agent) => agent.state === 'online'),
    );
    if (!('plan' in planned)) throw planned.error;
    const { indexOf } = spec;
    if (indexOf === undefined) return planned.plan;
    const { summary, tasks } = planned.plan;
    return { summary, tasks: tasks.map((task) => withShareKey(task, indexOf)) };
  }

  async #planIndexed(
    spec: FilmSpec | IndexSpec,
    { index: indexArtifact, sidecar: sidecarArtifact }: KnownIndex,
    online: readonly AgentView[],
  ): Promise<{ plan: Plan } | { planFailure: Failure; error: GridError }> {
    const slots = online.reduce((sum, agent) => sum + agent.slots, 0);
    const bytes = await buffer(await this.#deps.objects.read(indexArtifact));
    try {
      const index = parseIndex(await this.#deps.platform.gunzip(bytes, MAX_INDEX_BYTES));
      const input = { index, indexArtifact, ...(sidecarArtifact ? { sidecarArtifact } : {}) };
      return { plan: spec.shape === 'index' ? indexPlan(input) : plan({ ...input, spec, slots }) };
    } catch (thrown) {
      const error = toGridError(thrown);
      const message = `no plan could be made: ${error.message}`;
      return { planFailure: { code: error.code, stage: 'plan', message, log: '' }, error };
    }
  }
}

function planMedia(spec: MediaSpec, { result }: Looked, online: readonly AgentView[]): Plan {
  if (result.kind?.$case !== 'probe')
    throw new GridError('invalid_argument', 'a media job is planned from a probe');
  return mediaPlan(spec, result.kind.value, new Set(online.flatMap((agent) => agent.capabilities)));
}

function parseIndex(bytes: Buffer): SourceIndex {
  const index = JSON.parse(bytes.toString('utf8')) as SourceIndex;
  const { pts, size, position, keyframes } = index;
  const columns = [pts, size, position];
  const whole =
    index.version === 1 &&
    columns.every(
      (column) => Array.isArray(column) && column.length === pts.length && column.every(Number.isFinite),
    ) &&
    Array.isArray(keyframes) &&
    keyframes.every((packet) => Number.isInteger(packet) && packet >= 0 && packet < pts.length);
  if (!whole || pts.length === 0)
    throw new GridError('source_unreadable', 'the index of the source is damaged or empty');
  return index;
}
