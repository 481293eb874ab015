import { proveAgent } from '../shared/agent-proof.ts';
import { backoffMs } from '../shared/backoff.ts';
import type { Clock } from '../shared/clock.ts';
import { SHARES_WORK } from '../shared/common-work.ts';
import { RUNS_FILTERS } from '../shared/source-filters.ts';
import { GridError } from '../shared/errors.ts';
import type { LeaseGrant } from '../shared/gen/clipgrid/v1/lease.ts';
import type { GpuLoad, Hardware } from '../shared/gen/clipgrid/v1/session.ts';
import type { IdSource } from '../shared/ids.ts';
import type { Logger } from '../shared/logger.ts';
import { NO_TRACES, type Tracer } from '../shared/trace.ts';
import { probeCapabilities, type Capabilities } from './capabilities.ts';
import type { AgentConfig } from './config.ts';
import { connectionProblem } from './connection-problem.ts';
import { Coordinators } from './coordinators.ts';
import { Drain, giveBack } from './drain.ts';
import { openIdentity } from './enrol.ts';
import { findProgram } from './find-program.ts';
import { createGpuSampler } from './gpu.ts';
import { openControl, type ControlServer } from './guest/control-server.ts';
import type { Guest } from './guest/guest.ts';
import { openGuest } from './guest/open-guest.ts';
import { statusOf } from './guest/status.ts';
import { WorkClocks } from './guest/work-clocks.ts';
import { createLoadSampler, readHardware } from './hardware.ts';
import type { Identity } from './identity.ts';
import { LeaseHolder } from './lease-holder.ts';
import { Link } from './link.ts';
import { Session, type SessionDeps } from './session.ts';
import { countStart } from './start-count.ts';
import { runTogether } from './run-together.ts';
import type { TaskRunnerDeps } from './task-runner.ts';
import { openTransfers } from './transfers.ts';
import { Workspace } from './workspace.ts';

export interface AgentDeps {
  readonly config: AgentConfig;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly logger: Logger;
  /** Default: none. */
  readonly tracer?: Tracer;
  /** Aborted once: drain and leave. */
  readonly leave: AbortSignal;
  /** Aborted: leave now, leases are given back by their expiry. */
  readonly quit: AbortSignal;
}

const RECONNECT = { firstMs: 300, maxMs: 15_000 };
/** Who holds leases hurries: they are lost when the trust deadline comes before the next session. */
const RECONNECT_HOLDING = { firstMs: 300, maxMs: 1_500 };
const PROTOCOL = 1;

type Connected = AgentDeps & { readonly coordinators: Coordinators; readonly guest: Guest };

interface Known extends Identity {
  readonly start: number;
  readonly incarnation: string;
  readonly hardware: Hardware;
  readonly capabilities: Capabilities;
  readonly gpuLoads: () => readonly GpuLoad[];
}

/** Runs an agent until it is told to leave: connects, works, and connects again for ever. */
export async function runAgent(deps: AgentDeps): Promise<void> {
  const { config, clock, ids, tracer = NO_TRACES } = deps;
  const coordinators = new Coordinators(config.coordinator, () => ids.random(), config.tls);
  const stop = AbortSignal.any([deps.leave, deps.quit]);
  const identity = await openIdentity({
    ...config,
    joinToken: config.joinToken,
    coordinators,
    clock,
    ids,
    logger: deps.logger,
    stop,
  });
  const { agentId } = identity;
  const logger = deps.logger.child({ agent: agentId });
  const start = await countStart(config.dataDir, clock);
  const workspace = await Workspace.open(config.dataDir, clock);
  const capabilities = await probeCapabilities({ config, workDir: workspace.root, clock });
  for (const lack of capabilities.lacks) logger.warn({}, lack);
  const nvidiaSmi = await findProgram('nvidia-smi', config.searchPath);
  const hardware = await readHardware({ dataDir: config.dataDir, clock, nvidiaSmi });
  const { source, uploadLimit } = await openTransfers({ config, clock, ids, logger });
  const holder = new LeaseHolder(clock);
  const link = new Link();
  const workClocks = new WorkClocks(clock);
  const guest = await openGuest({ config, clock, logger, holder, link, workClocks, nvidiaSmi });
  const gpuLoads = createGpuSampler({ nvidiaSmi, clock });
  const known = { ...identity, start, incarnation: ids.randomUuid(), hardware, capabilities, gpuLoads };
  const limitsDisk = config.diskBytes !== undefined;
  const tasks = {
    uploadLimit,
    limitsDisk,
    slotCores: (config.cores ?? hardware.cpuCores) / config.slots,
    capabilities,
    source,
    workspace,
    holder,
    link,
    workClocks,
    clock,
    ids,
    logger,
    tracer,
    agentId,
  };
  const connected = { ...deps, logger, coordinators, guest };
  const control = await openOwnersControl(connected, { agentId, holder, link });
  logger.info({ slots: config.slots, proved: capabilities.proved.length }, 'agent ready');
  try {
    guest.start();
    await stayConnected(connected, known, tasks);
  } finally {
    await guest.stop();
    await control.close();
    for (const lease of holder.all()) holder.lost(lease.fence, 'the agent is leaving');
    await source.close();
  }
}

/** What the owner of the machine asks and says. */
function openOwnersControl(
  { config, logger, coordinators, guest }: Connected,
  { agentId, holder, link }: { agentId: string; holder: LeaseHolder; link: Link },
): Promise<ControlServer> {
  return openControl({
    dataDir: config.dataDir,
    logger,
    status: () =>
      statusOf({
        config,
        agentId,
        coordinator: coordinators.address,
        connected: link.isAttached,
        holder,
        pause: guest.pause,
      }),
    pause: (forMs) => guest.pauseByOwner(forMs),
    resume: () => guest.resumeByOwner(),
  });
}

async function stayConnected(deps: Connected, known: Known, tasks: TaskRunnerDeps): Promise<void> {
  const { config, clock, ids, logger, coordinators, guest } = deps;
  const { holder, link } = tasks;
  const gone = new AbortController();
  const stop = AbortSignal.any([deps.quit, gone.signal]);
  const running = new Set<Promise<void>>();
  const leave = (reason: string): void => {
    logger.info({ reason }, 'draining: what is held is finished, nothing new is taken');
    const deadlineSeconds = Math.round(config.drainDeadlineMs / 1000);
    link.announce({ $case: 'drain', value: { reason, deadlineSeconds, undo: false } });
    // What stands still comes to no end.
    if (guest.told) giveBack(tasks, `the agent is leaving, and paused: ${guest.told.reason}`);
    void Promise.race([holder.empty(), clock.sleep(config.drainDeadlineMs, stop)]).then(() => {
      giveBack(tasks, 'the agent is leaving');
      gone.abort();
    });
  };
  const leaving = (): void => leave('the agent was told to stop');
  if (deps.leave.aborted) return;
  deps.leave.addEventListener('abort', leaving, { once: true });
  const drain = new Drain(tasks);
  const session = sessionDeps(deps, { known, tasks, running, drain });
  try {
    for (let attempt = 0; !stop.aborted; attempt++) {
      const end = await new Session({ ...session, client: coordinators.current }).run({
        leave: gone.signal,
        quit: deps.quit,
      });
      if (stop.aborted) break;
      if (!end.reconnect)
        throw new GridError('failed_precondition', `the coordinator refused this agent: ${end.reason}`);
      attempt = end.welcomed ? 0 : attempt;
      const reason = end.welcomed ? end.reason : connectionProblem(end.reason, coordinators.tls);
      logger.warn({ reason, coordinator: coordinators.address }, 'not connected; trying again');
      coordinators.next();
      await clock.sleep(
        backoffMs(attempt, holder.size > 0 ? RECONNECT_HOLDING : RECONNECT, () => ids.random()),
        stop,
      );
    }
  } finally {
    deps.leave.removeEventListener('abort', leaving);
    drain.undo();
    giveBack(tasks, 'the agent is leaving');
    await Promise.allSettled(running);
    coordinators.close();
  }
}

interface Parts {
  readonly known: Known;
  readonly tasks: TaskRunnerDeps;
  readonly running: Set<Promise<void>>;
  readonly drain: Drain;
}

function sessionDeps(
  { config, clock, logger, coordinators, guest }: Connected,
  { known, tasks, running, drain }: Parts,
): Omit<SessionDeps, 'client'> {
  const { capabilities, key, agentId } = known;
  let connections = 0;
  return {
    token: config.token,
    holder: tasks.holder,
    link: tasks.link,
    clock,
    logger,
    load: createLoadSampler(config.dataDir, known.gpuLoads),
    ...(key ? { prove: (nonce: Uint8Array) => proveAgent(key, agentId, nonce) } : {}),
    hello: (held, proof) => ({
      agentId,
      proof,
      name: config.name,
      version: config.version,
      protocol: PROTOCOL,
      hardware: known.hardware,
      tools: [...capabilities.toolList],
      capabilities: [...capabilities.proved, SHARES_WORK, RUNS_FILTERS],
      lacks: [...capabilities.lacks],
      slots: config.slots,
      heldLeases: [...held],
      start: known.start,
      incarnation: known.incarnation,
      connection: ++connections,
      labels: {},
      pause: guest.told,
    }),
    onGrant(grant, times) {
      if (grant.fence === undefined) return;
      // Of a coordinator in its right mind there is one more at most, while the last one is being cleaned up (L9).
      if (running.size >= 2 * config.slots + 1) {
        const reason = `this agent works on ${running.size} tasks already: it has ${config.slots} slots`;
        return refuse(tasks.link, grant, reason);
      }
      // Granted before the coordinator heard of the pause.
      if (guest.told) {
        const reason = `paused: ${guest.told.reason}`;
        return refuse(tasks.link, grant, reason);
      }
      const leases = [grant, ...grant.companions].flatMap((one) =>
        one.fence ? [{ grant: one, lease: tasks.holder.grant(one.fence, times) }] : [],
      );
      const work = runTogether(tasks, leases);
      running.add(work);
      void work.finally(() => running.delete(work));
    },
    drain,
    guest,
    elsewhere: coordinators.several,
  };
}

/** Gives back what was just granted. */
function refuse(link: Link, grant: LeaseGrant, reason: string): void {
  for (const { fence } of [grant, ...grant.companions])
    link.tell({ $case: 'release', value: { fence, reason } });
}
