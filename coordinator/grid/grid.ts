import type { Clock } from '../../shared/clock.ts';
import type { IdSource } from '../../shared/ids.ts';
import type { Logger } from '../../shared/logger.ts';
import type { Service } from '../../shared/service.ts';
import { createTicker } from '../../shared/ticker.ts';
import { NO_TRACES, type Tracer } from '../../shared/trace.ts';
import { SAMPLE_INTERVAL_S } from '../domain/grid-totals.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import type { OutboundHttp } from '../outbound/outbound-http.ts';
import type { AgentStore } from '../store/agent-store.ts';
import type { EventStore } from '../store/event-store.ts';
import type { GarbageStore } from '../store/garbage-store.ts';
import type { JobStore } from '../store/job-store.ts';
import type { LogStore } from '../store/log-store.ts';
import type { LeaseStore } from '../store/lease-store.ts';
import type { EnrolmentStore } from '../store/enrolment-store.ts';
import type { StatsStore } from '../store/stats-store.ts';
import type { TokenStore } from '../store/token-store.ts';
import type { UploadStore } from '../store/upload-store.ts';
import type { UserStore } from '../store/user-store.ts';
import type { WebhookStore } from '../store/webhook-store.ts';
import type { WakeMessage, WakeSource } from '../store/wake-source.ts';
import { createAccounts } from './accounts.ts';
import type { AgentGateway } from './agent-gateway.ts';
import { collect, collectOrphans } from './collector.ts';
import { Committer } from './committer.ts';
import { Dispatcher } from './dispatcher.ts';
import { createEnrolment } from './enrolment.ts';
import { createEvents } from './events.ts';
import type { AgentsFace, Grid } from './face.ts';
import { createFetches } from './fetches.ts';
import { Gateway } from './gateway.ts';
import { IndexPlanner } from './index-planner.ts';
import { createJobs } from './jobs.ts';
import { LeaseKeeper } from './lease-keeper.ts';
import { createLogs } from './logs.ts';
import { applyDrain, SessionRegistry } from './session-registry.ts';
import type { GridSettings } from './settings.ts';
import { NO_OBSERVER, type GridObserver } from './observer.ts';
import { systemPlatform, type Platform } from './platform.ts';
import { createSecrets } from './secrets.ts';
import { TaskOutputs } from './task-outputs.ts';
import { createUploads } from './uploads.ts';
import { createUsers } from './users.ts';
import { Wake } from './wake.ts';
import { WebhookSender } from './webhook-sender.ts';
import { createWebhooks } from './webhooks.ts';

export interface GridDeps {
  readonly leases: LeaseStore;
  readonly jobs: JobStore;
  readonly agents: AgentStore;
  readonly events: EventStore;
  readonly stats: StatsStore;
  readonly logs: LogStore;
  readonly uploads: UploadStore;
  readonly garbage: GarbageStore;
  readonly tokens: TokenStore;
  readonly enrolments: EnrolmentStore;
  readonly users: UserStore;
  readonly webhooks: WebhookStore;
  /** What secrets are encrypted with: the first one seals, all open. */
  readonly secretKeys: readonly string[];
  readonly objects: ObjectStore;
  /** To addresses that users name. */
  readonly outbound: OutboundHttp;
  readonly wakeSource: WakeSource;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly logger: Logger;
  readonly settings: GridSettings;
  /** By default the system's. */
  readonly platform?: Platform;
  /** Default: none. */
  readonly tracer?: Tracer;
  /** Default: nobody counts. */
  readonly observer?: GridObserver;
}

/** The running grid of one coordinator process. */
export interface RunningGrid {
  readonly face: Grid;
  readonly gateway: AgentGateway;
  /** Agents that are connected to this process. */
  sessions(): number;
  /** To be started after the stores and stopped before them. */
  readonly services: readonly Service[];
}

/** With the grace of a broken stream, this is how long the clip of a killed agent waits. */
const SWEEP_MS = 250;
const SILENT_MS = 30_000;
const RAISE_AFTER_MS = 10 * 60_000;
const PRIORITY_CLASS = 10;
const KEEP_EVENTS_MS = 7 * 24 * 3600_000;
const KEEP_DELIVERIES_MS = 30 * 24 * 3600_000;

/** Wires the grid's services over the given stores. Nothing runs before the services are started. */
export function createGrid(deps: GridDeps): RunningGrid {
  const { leases, agents, objects, clock, ids, logger, settings, platform = systemPlatform } = deps;
  const { tracer = NO_TRACES, observer = NO_OBSERVER } = deps;
  const registry = new SessionRegistry();
  const wake = new Wake();
  const planner = new IndexPlanner({ objects, leases, agents, platform });
  const onCommitted = (): void => wake.ring();
  const committer = new Committer({
    ...deps,
    platform,
    tracer,
    observer,
    planner,
    newTaskId: () => ids.uuid(),
    onCommitted,
  });
  const keeper = new LeaseKeeper({ leases, agents, clock, settings, platform });
  const outputs = new TaskOutputs({ logs: deps.logs, clock, logger, platform });
  const dispatcher = new Dispatcher({ ...deps, platform, tracer, registry, wake, observer });
  const events = createEvents({ events: deps.events, wake, clock, pollMs: settings.pollMs });
  const secrets = createSecrets(deps.secretKeys);
  const uploads = createUploads({ ...deps, bucket: settings.bucket, urlExpiryS: settings.urlExpiryS });
  const ticker = (name: string, everyMs: number, tick: () => Promise<void>): Service =>
    createTicker({ name, everyMs, clock, logger, tick });
  const face: Grid = {
    jobs: createJobs({ ...deps, ids, nextTurn: platform.nextTurn, planner, events, uploads, wake, tracer }),
    agents: agentsFace(deps),
    events,
    stats: { totals: () => deps.stats.totals(), history: (minutes) => deps.stats.history(minutes) },
    logs: createLogs({ logs: deps.logs, clock }),
    uploads,
    accounts: createAccounts(deps.tokens, ids),
    enrolment: createEnrolment(deps.enrolments, ids),
    users: createUsers(deps.users),
    secrets,
    fetches: createFetches(deps),
    webhooks: createWebhooks(deps, secrets),
  };
  return {
    face,
    sessions: () => registry.all().length,
    gateway: new Gateway({ ...deps, registry, keeper, committer, outputs, observer, wake }),
    services: [
      wakeService(deps, registry, wake),
      dispatcher,
      new WebhookSender({ ...deps, secrets }),
      ticker('sweeper', SWEEP_MS, createSweep(deps, wake)),
      ticker('housekeeper', SILENT_MS / 3, () => keepHouse(deps)),
      // Twice an interval, so that none is missed between two ticks.
      ticker('sampler', (SAMPLE_INTERVAL_S * 1000) / 2, () => deps.stats.sample()),
      ticker('collector', settings.collectEveryMs, async () => void (await collect(deps))),
      ticker('orphan collector', settings.orphansEveryMs, async () => void (await collectOrphans(deps))),
    ],
  };
}

function createSweep(
  { leases, clock, settings, observer = NO_OBSERVER }: GridDeps,
  wake: Wake,
): () => Promise<void> {
  // Shorter than the grace of a broken stream: its lease must not end while nobody was there to take the agent back (L12).
  const outageMs = Math.max(2 * SWEEP_MS, settings.graceMs - SWEEP_MS);
  const { leaseTtlMs: ttlMs, graceMs } = settings;
  let lastMs = -Infinity;
  return async () => {
    const startMs = clock.monotonicMs();
    const sinceMs = (): number => clock.monotonicMs() - lastMs;
    const ended = await leases.expire({ ttlMs, outageMs, limit: 1000, sinceMs });
    lastMs = startMs;
    if (ended > 0) observer.expired(ended);
    const drained = await leases.revokeDrained({ graceMs, limit: 1000 });
    if (ended + drained > 0) wake.ring();
  };
}

async function keepHouse(deps: GridDeps): Promise<void> {
  const { leases, agents, events, stats, users, webhooks, settings } = deps;
  await agents.sweepSilent(SILENT_MS);
  await leases.raiseWaiting(RAISE_AFTER_MS, PRIORITY_CLASS);
  await leases.giveUpWaiting({ maxWaitMs: settings.maxWaitMs, limit: 100 });
  await events.prune(KEEP_EVENTS_MS);
  await stats.prune();
  await users.pruneFailures();
  await webhooks.prune(KEEP_DELIVERIES_MS);
}

function wakeService({ wakeSource }: GridDeps, registry: SessionRegistry, wake: Wake): Service {
  return {
    name: 'wake-ups',
    async start() {
      wakeSource.listen((message) => {
        applyWake(registry, message);
        if (message.output === undefined) wake.ring();
      });
    },
    stop: () => wakeSource.stop(),
  };
}

/** Another process, or this one, changed something about a session that may be ours. */
function applyWake(registry: SessionRegistry, message: WakeMessage): void {
  if (message.superseded) registry.supersede(message.superseded);
  if (message.revoked) registry.revoke(message.revoked);
  const session = message.sessionId ? registry.get(message.sessionId) : undefined;
  if (session === undefined) return;
  if (message.drain !== undefined) {
    const { drain, deadlineS = 0 } = message;
    applyDrain(session, drain ? (deadlineS > 0 ? { leftS: deadlineS } : {}) : undefined);
  }
  const { output } = message;
  if (output)
    session.sink.send({
      $case: 'outputRequest',
      value: { fence: output, forMs: message.forMs ?? 0, again: false },
    });
  const fence = message.revoke;
  if (fence && session.held.get(fence.taskId)?.fence.leaseId === fence.leaseId) {
    session.held.delete(fence.taskId);
    session.sink.send({ $case: 'revoke', value: { fence, reason: message.reason ?? 'superseded' } });
  }
}

function agentsFace({ agents, jobs }: GridDeps): AgentsFace {
  return {
    list: () => agents.list(),
    get: (agentId) => agents.get(agentId),
    tasksFor: (ownerId) => jobs.tasksOfAgent(undefined, ownerId),
    tasks: (agentId, ownerId) => jobs.tasksOfAgent(agentId, ownerId),
    async drain(agentId, deadlineS) {
      await agents.drain(agentId, deadlineS);
      return agents.get(agentId);
    },
    async undrain(agentId) {
      await agents.undrain(agentId);
      return agents.get(agentId);
    },
  };
}
