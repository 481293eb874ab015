import type { Clock } from '../../shared/clock.ts';
import { toGridError, type GridError } from '../../shared/errors.ts';
import type { LeaseGrant } from '../../shared/gen/clipgrid/v1/lease.ts';
import type { IdSource } from '../../shared/ids.ts';
import type { Logger } from '../../shared/logger.ts';
import type { Service } from '../../shared/service.ts';
import { inSpan, spanIds, type Tracer } from '../../shared/trace.ts';
import { LOOK_AHEAD, place, type KnownAgent, type Placement } from '../domain/placement.ts';
import { roleOf } from '../domain/task-kinds.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import type { AgentStore } from '../store/agent-store.ts';
import type { GrantedTask, LeaseStore } from '../store/lease-store.ts';
import type { SessionSink } from './agent-gateway.ts';
import { leaseFields } from './lease-fields.ts';
import type { GridObserver } from './observer.ts';
import { Pace } from './pace.ts';
import type { Platform } from './platform.ts';
import { heldLease, type SessionRegistry } from './session-registry.ts';
import type { GridSettings } from './settings.ts';
import { signInputs } from './sign-inputs.ts';
import type { Wake } from './wake.ts';

export interface DispatcherDeps {
  readonly leases: LeaseStore;
  readonly agents: AgentStore;
  readonly objects: ObjectStore;
  readonly registry: SessionRegistry;
  readonly wake: Wake;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly logger: Logger;
  readonly settings: GridSettings;
  readonly platform: Platform;
  readonly tracer: Tracer;
  readonly observer: GridObserver;
}

/** How long the list of all agents, of which only "is there another one" is asked, may be old. */
const KNOWN_FOR_MS = 2_000;
/** From a round that granted something to the next: less than an index of a few clips takes, whose clips are then due. */
const APART_MS = 5;

/** Grants ready tasks to this process's idle agents: at once when woken, at the latest at the next poll (L7). */
export class Dispatcher implements Service {
  readonly name = 'dispatcher';
  readonly #deps: DispatcherDeps;
  readonly #stopped = new AbortController();
  readonly #pace: Pace;
  #running: Promise<void> = Promise.resolve();
  #known: { atMs: number; agents: KnownAgent[] } = { atMs: -Infinity, agents: [] };

  constructor(deps: DispatcherDeps) {
    this.#deps = deps;
    this.#pace = new Pace(deps.clock, APART_MS);
  }

  async start(): Promise<void> {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { wake, clock, settings, logger } = this.#deps;
    const signal = this.#stopped.signal;
    let seen = -1;
    while (!signal.aborted) {
      seen = await wake.wait(seen, { clock, pollMs: settings.pollMs, signal });
      try {
        do await this.#pace.wait(signal);
        while (!signal.aborted && (await this.#grantOnce()));
      } catch (error) {
        logger.warn({ error: String(error) }, 'granting failed; the next poll tries again');
        await clock.sleep(settings.pollMs, signal);
      }
    }
  }

  /** True: another round may grant more, although nobody rings. */
  async #grantOnce(): Promise<boolean> {
    const { leases, registry, clock, ids, settings } = this.#deps;
    const capacities = registry.capacities(clock.monotonicMs() - settings.leaseTtlMs);
    if (capacities.length === 0) return false;
    const fromMs = clock.monotonicMs();
    const slots = capacities.reduce((sum, capacity) => sum + capacity.freeSlots, 0);
    let allSeen = true;
    let placements: readonly Placement[] = [];
    const granted = await leases.grant({
      capacities,
      known: () => this.#knownAgents(),
      ttlMs: settings.leaseTtlMs,
      newLeaseId: () => ids.randomUuid(),
      place(candidates, ...others) {
        allSeen = candidates.length < slots + LOOK_AHEAD;
        placements = place(candidates, ...others);
        return placements;
      },
    });
    this.#deps.observer.round((clock.monotonicMs() - fromMs) / 1000);
    if (granted.length > 0) this.#pace.mark();
    const sent = await Promise.all(bySlot(granted, placements).map((tasks) => this.#send(tasks)));
    // What was given back is ready at once: without a pause it would be granted again as fast as it fails.
    if (sent.includes(false)) await this.#deps.clock.sleep(settings.pollMs, this.#stopped.signal);
    return granted.length > 0 && !allSeen;
  }

  async #knownAgents(): Promise<KnownAgent[]> {
    const now = this.#deps.clock.monotonicMs();
    if (now - this.#known.atMs > KNOWN_FOR_MS) {
      const views = await this.#deps.agents.list();
      const online = views.filter((view) => view.state === 'online');
      const agents = online.map((view) => ({
        agentId: view.agentId,
        capabilities: new Set(view.capabilities),
      }));
      this.#known = { atMs: now, agents };
    }
    return this.#known.agents;
  }

  /** The leases of one slot, in one message. False: one was given back. */
  async #send(tasks: readonly GrantedTask[]): Promise<boolean> {
    const { registry, clock } = this.#deps;
    const session = registry.get(tasks[0]?.sessionId ?? '');
    // The session ended between the grant and now: its leases are already shortened or about to be.
    if (session === undefined) return true;
    const slot = tasks[0]?.fence.leaseId ?? '';
    for (const task of tasks) {
      const held = heldLease(task.fence, task, { sinceMs: clock.monotonicMs(), slot });
      session.held.set(task.fence.taskId, held);
      this.#deps.observer.granted(task);
    }
    const failed: { readonly task: GrantedTask; readonly error: GridError }[] = [];
    const ready: Told[] = [];
    await Promise.all(
      tasks.map(async (task) => {
        try {
          ready.push({ task, grant: await this.#signed(task) });
        } catch (thrown) {
          failed.push({ task, error: toGridError(thrown) });
        }
      }),
    );
    failed.push(...tell(session.sink, ready));
    for (const { task, error } of failed) {
      session.held.delete(task.fence.taskId);
      await this.#takeBack(task, error);
    }
    return failed.length === 0;
  }

  /** What the agent is told of a lease. */
  async #signed(task: GrantedTask): Promise<LeaseGrant> {
    const { objects, settings, platform, tracer, logger } = this.#deps;
    const { fence, jobId, agentId, kind, spec, clipIndex, waitedMs } = task;
    if (spec.kind?.$case === 'encode') spec.kind.value.resumeFrames = task.savedFrames;
    logger.debug({ ...leaseFields(fence, task), kind, clip: clipIndex, waitedMs }, 'task granted');
    const ids = { job: jobId, task: fence.taskId, lease: fence.leaseId, agent: agentId };
    const attributes = { 'clipgrid.task.kind': kind, 'clipgrid.task.waited_s': waitedMs / 1000 };
    const span = tracer.start('grant', task.traceparent, { ...spanIds(ids), ...attributes });
    await inSpan(span, () => signInputs(objects, spec, { expiresS: settings.urlExpiryS, platform }));
    const { traceparent } = span;
    return { fence, jobId, spec, ttlMs: settings.leaseTtlMs, traceparent, companions: [] };
  }

  /** What is too large for one agent is so for all of them: the job fails with that instead of being granted for ever. */
  async #takeBack(task: GrantedTask, error: GridError): Promise<void> {
    const { fence, agentId, kind, clipIndex } = task;
    const { leases, logger } = this.#deps;
    logger.warn({ ...leaseFields(fence, task), error: error.message }, 'a grant could not be sent');
    if (error.code !== 'too_large') return void (await leases.release(fence, agentId));
    const help = roleOf(kind) === 'close' ? 'make the clips longer' : 'make the clips shorter';
    const message = `the task cannot be told to an agent: ${error.message}; ${help}`;
    const about = clipIndex >= 0 ? { clipIndex } : {};
    const failure = { code: error.code, stage: kind, message, log: '', ...about };
    await leases.fail({ fence, agentId, failure, inputAtFault: true });
  }
}

/** What was granted, by the slot that it is in. */
function bySlot(granted: readonly GrantedTask[], placements: readonly Placement[]): GrantedTask[][] {
  const beside = new Map(placements.map((placement) => [placement.taskId, placement.beside]));
  const slotOf = ({ fence: { taskId } }: GrantedTask): string => beside.get(taskId) ?? taskId;
  return [...Map.groupBy(granted, slotOf).values()];
}

interface Told {
  readonly task: GrantedTask;
  readonly grant: LeaseGrant;
}

/** Tells an agent of the leases of one slot: together, or, where that is no message, one by one. Returns what cannot be told. */
function tell(sink: SessionSink, leases: readonly Told[]): { task: GrantedTask; error: GridError }[] {
  const [first, ...others] = leases;
  if (first === undefined) return [];
  const companions = others.map(({ grant }) => grant);
  try {
    const isRead = sink.send({ $case: 'grant', value: { ...first.grant, companions } });
    if (!isRead) sink.end('the agent does not read its stream', true);
    return [];
  } catch (thrown) {
    if (others.length > 0) return leases.flatMap((one) => tell(sink, [one]));
    return [{ task: first.task, error: toGridError(thrown) }];
  }
}
