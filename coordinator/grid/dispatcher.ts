import type { Clock } from '../../shared/clock.ts';
import { toGridError, type GridError } from '../../shared/errors.ts';
import type { IdSource } from '../../shared/ids.ts';
import type { Logger } from '../../shared/logger.ts';
import type { Service } from '../../shared/service.ts';
import { LOOK_AHEAD, place, type KnownAgent } from '../domain/placement.ts';
import { roleOf } from '../domain/task-kinds.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import type { AgentStore } from '../store/agent-store.ts';
import type { GrantedTask, LeaseStore } from '../store/lease-store.ts';
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
  onGranted(task: GrantedTask): void;
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
    const slots = capacities.reduce((sum, capacity) => sum + capacity.freeSlots, 0);
    let allSeen = true;
    const granted = await leases.grant({
      capacities,
      known: () => this.#knownAgents(),
      ttlMs: settings.leaseTtlMs,
      newLeaseId: () => ids.randomUuid(),
      place(candidates, ...others) {
        allSeen = candidates.length < slots + LOOK_AHEAD;
        return place(candidates, ...others);
      },
    });
    if (granted.length > 0) this.#pace.mark();
    const sent = await Promise.all(granted.map((task) => this.#send(task)));
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

  /** False: the lease was given back. */
  async #send(task: GrantedTask): Promise<boolean> {
    const { registry, objects, settings, clock, logger, platform } = this.#deps;
    const session = registry.get(task.sessionId);
    // The session ended between the grant and now: its leases are already shortened or about to be.
    if (session === undefined) return true;
    session.held.set(task.fence.taskId, heldLease(task.fence, task, clock.monotonicMs()));
    if (task.spec.kind?.$case === 'encode') task.spec.kind.value.resumeFrames = task.savedFrames;
    this.#deps.onGranted(task);
    try {
      await signInputs(objects, task.spec, { expiresS: settings.urlExpiryS, platform });
      const value = {
        fence: task.fence,
        jobId: task.jobId,
        spec: task.spec,
        ttlMs: settings.leaseTtlMs,
        traceparent: '',
      };
      if (!session.sink.send({ $case: 'grant', value }))
        session.sink.end('the agent does not read its stream', true);
      return true;
    } catch (thrown) {
      const error = toGridError(thrown);
      logger.warn({ error: error.message, task: task.fence.taskId }, 'a grant could not be sent');
      session.held.delete(task.fence.taskId);
      await this.#takeBack(task, error);
      return false;
    }
  }

  /** What is too large for one agent is so for all of them: the job fails with that instead of being granted for ever. */
  async #takeBack({ fence, agentId, kind, clipIndex }: GrantedTask, error: GridError): Promise<void> {
    const { leases } = this.#deps;
    if (error.code !== 'too_large') return void (await leases.release(fence, agentId));
    const help = roleOf(kind) === 'close' ? 'make the clips longer' : 'make the clips shorter';
    const message = `the task cannot be told to an agent: ${error.message}; ${help}`;
    const about = clipIndex >= 0 ? { clipIndex } : {};
    const failure = { code: error.code, stage: kind, message, log: '', ...about };
    await leases.fail({ fence, agentId, failure, inputAtFault: true });
  }
}
