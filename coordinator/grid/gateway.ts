import { GridError, toGridError } from '../../shared/errors.ts';
import { isErrorCode } from '../../shared/errors.ts';
import type { Clock } from '../../shared/clock.ts';
import type { LeaseRelease, TaskFailed } from '../../shared/gen/clipgrid/v1/lease.ts';
import type { Hello, SessionRequest, Welcome } from '../../shared/gen/clipgrid/v1/session.ts';
import type { IdSource } from '../../shared/ids.ts';
import type { Logger } from '../../shared/logger.ts';
import { tookOver } from '../domain/agent.ts';
import { checkFence } from '../domain/fence.ts';
import type { Failure } from '../domain/job.ts';
import { OUTPUT_CHARS } from '../domain/task-output.ts';
import type { TaskKind } from '../domain/task.ts';
import type { AgentStore } from '../store/agent-store.ts';
import type { EnrolmentStore } from '../store/enrolment-store.ts';
import type { LeaseStore } from '../store/lease-store.ts';
import type { AgentGateway, OpenSession, SessionSink } from './agent-gateway.ts';
import { checkHello, checkPause, checkSandbox } from './check-hello.ts';
import type { Committer } from './committer.ts';
import { leaseFields } from './lease-fields.ts';
import type { LeaseKeeper } from './lease-keeper.ts';
import type { GridObserver } from './observer.ts';
import type { TaskOutputs } from './task-outputs.ts';
import {
  drainNotice,
  dropHeld,
  freeSlots,
  heldLease,
  type LocalSession,
  type SessionRegistry,
} from './session-registry.ts';
import type { GridSettings } from './settings.ts';
import type { Wake } from './wake.ts';

export interface GatewayDeps {
  readonly leases: LeaseStore;
  readonly agents: AgentStore;
  readonly enrolments: Pick<EnrolmentStore, 'standing'>;
  readonly registry: SessionRegistry;
  readonly keeper: LeaseKeeper;
  readonly committer: Committer;
  readonly outputs: TaskOutputs;
  readonly observer: GridObserver;
  readonly wake: Wake;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly logger: Logger;
  readonly settings: GridSettings;
}

const LOG_CHARS = 8 * 1024;

/** Agent sessions on this process: registration, heartbeats, and everything an agent says of its leases. */
export class Gateway implements AgentGateway {
  readonly #deps: GatewayDeps;

  constructor(deps: GatewayDeps) {
    this.#deps = deps;
  }

  async open(hello: Hello, sink: SessionSink): Promise<OpenSession> {
    const { leases, agents, registry, clock, ids, settings, wake } = this.#deps;
    checkHello(hello);
    checkSandbox(hello, settings.minSandbox);
    const { agentId, slots, start, incarnation, connection } = hello;
    const sessionId = ids.randomUuid();
    const { drain, restarted } = await agents.register({
      hello: { ...hello, pause: checkPause(hello.pause) },
      sessionId,
      coordinatorId: settings.coordinatorId,
    });
    const kept = await leases.adopt({
      agentId,
      sessionId,
      held: hello.heldLeases.map(checkFence),
      ttlMs: settings.leaseTtlMs,
      restarted,
    });
    const session: LocalSession = {
      sessionId,
      agentId,
      order: { start, incarnation, connection },
      capabilities: registry.capabilitySet(hello.capabilities),
      slots,
      sink,
      held: new Map(),
      committing: new Set(),
      heardMs: clock.monotonicMs(),
      draining: drain !== undefined,
      leaving: false,
      paused: hello.pause !== undefined,
    };
    for (const fence of kept) {
      const context = await leases.context(fence);
      if (context === undefined) continue;
      session.held.set(fence.taskId, heldLease(fence, context, { sinceMs: clock.monotonicMs() }));
    }
    if (!registry.add(session)) throw tookOver(agentId);
    wake.ring();
    const welcome: Welcome = {
      sessionId,
      coordinatorId: settings.coordinatorId,
      heartbeatIntervalMs: settings.heartbeatMs,
      leaseTtlMs: settings.leaseTtlMs,
      trustMarginMs: settings.trustMarginMs,
      maxMessageBytes: settings.maxMessageBytes,
      keptLeases: kept.map((fence) => ({ ...fence })),
      version: settings.version,
      outputChars: OUTPUT_CHARS,
    };
    return {
      welcome,
      ...(drain ? { drain: drainNotice(drain) } : {}),
      receive: (message) => this.#receive(session, message),
      closed: (why) => this.#closed(session, why),
    };
  }

  async #receive(session: LocalSession, message: NonNullable<SessionRequest['message']>): Promise<void> {
    const { agents, keeper, committer, outputs, wake, clock, settings } = this.#deps;
    switch (message.$case) {
      case 'hello':
        throw new GridError(
          'invalid_argument',
          'Hello came twice: a session has one, and it is the first message',
        );
      case 'heartbeat': {
        const nowMs = clock.monotonicMs();
        const oldestMs = nowMs - settings.leaseTtlMs;
        const before = freeSlots(session, oldestMs);
        session.heardMs = nowMs;
        // Before anything is waited for: what the agent gives back next must not come back to it.
        session.paused = message.value.pause !== undefined;
        const ack = await keeper.heartbeat(session, message.value);
        this.#deps.observer.heartbeat((clock.monotonicMs() - nowMs) / 1000);
        if (ack === undefined) await this.#replaced(session);
        else session.sink.send({ $case: 'heartbeatAck', value: ack });
        // Hundreds of beats a second that free nothing must not each look for work.
        if (freeSlots(session, oldestMs) > before) wake.ring();
        return;
      }
      case 'uploadRequest':
        session.sink.send({
          $case: 'uploadGrant',
          value: await committer.grantUpload(session, message.value),
        });
        return;
      case 'output':
        return outputs.take(session, message.value);
      case 'complete': {
        await outputs.saved(message.value.fence);
        const result = await committer.complete(session, message.value);
        // Whatever else is refused, the agent has not let go of it before it says that it failed.
        const over = result.committed || result.error.startsWith('stale_lease:');
        if (over && result.fence) dropHeld(session, result.fence);
        session.sink.send({ $case: 'commitResult', value: result });
        if (result.fence) session.committing.delete(result.fence.leaseId);
        return wake.ring();
      }
      case 'part':
        session.sink.send({
          $case: 'partResult',
          value: await committer.savePart(session, message.value),
        });
        return;
      case 'failed':
        return this.#failed(session, message.value);
      case 'release':
        return this.#released(session, message.value);
      case 'drain':
        session.leaving = true;
        return agents.leaving(session.agentId, session.sessionId);
    }
  }

  /** The session is not the agent's any more; what a lost notification would have told (L7). */
  async #replaced({ agentId, sessionId }: LocalSession): Promise<void> {
    const { enrolments, registry } = this.#deps;
    if ((await enrolments.standing(agentId)).revoked) registry.revoke(sessionId);
    else registry.supersede(sessionId);
  }

  /** Answered whatever happens: the agent asks again while the answer says that it may. */
  async #failed(session: LocalSession, message: TaskFailed): Promise<void> {
    const { leases, wake, logger } = this.#deps;
    const { agentId, held, sink } = session;
    const fence = checkFence(message.fence);
    const answer = { fence, committed: false, error: '', retryable: false };
    try {
      await this.#deps.outputs.saved(fence);
      const task = held.get(fence.taskId) ?? (await leases.context(fence));
      const failure = failureOf(message, task);
      const counted = await leases.fail({ fence, agentId, failure, inputAtFault: message.inputAtFault });
      if (counted) {
        const { code, message: why } = failure;
        if (task) this.#deps.observer.ended({ kind: task.kind, outcome: 'failed' });
        logger.info({ ...leaseFields(fence, { ...task, agentId }), code, error: why }, 'an attempt failed');
      }
      dropHeld(session, fence);
      const stale = 'stale_lease: the lease is not the current one any more';
      sink.send({
        $case: 'commitResult',
        value: { ...answer, committed: counted, error: counted ? '' : stale },
      });
    } catch (thrown) {
      // Without an answer the agent would wait for one, and keep its lease meanwhile.
      const { code, message: why, retryable } = toGridError(thrown);
      sink.send({ $case: 'commitResult', value: { ...answer, error: `${code}: ${why}`, retryable } });
    }
    wake.ring();
  }

  async #released(session: LocalSession, message: LeaseRelease): Promise<void> {
    const fence = checkFence(message.fence);
    const held = session.held.get(fence.taskId);
    if ((await this.#deps.leases.release(fence, session.agentId)) && held)
      this.#deps.observer.ended({ kind: held.kind, outcome: 'released' });
    dropHeld(session, fence);
    this.#deps.wake.ring();
  }

  async #closed(session: LocalSession, why: 'broken' | 'stopping'): Promise<void> {
    const { leases, agents, registry, settings, logger } = this.#deps;
    registry.remove(session.sessionId);
    try {
      if (why === 'broken') await leases.shorten(session.sessionId, settings.graceMs);
      await agents.disconnect(session.agentId, session.sessionId);
    } catch (error) {
      // Nothing is lost: the leases end with their ttl, the agent's row with the sweep of silent ones.
      logger.warn(
        { error: String(error), agent: session.agentId },
        'the end of a session could not be recorded',
      );
    }
  }
}

/** A failure as an agent told it, of a task of which this is known. */
function failureOf(message: TaskFailed, task: { kind: TaskKind; clipIndex: number } | undefined): Failure {
  return {
    code: isErrorCode(message.code) ? message.code : 'internal',
    stage: task?.kind ?? 'encode',
    message: clean(message.message).slice(0, 2_000),
    log: clean(message.logTail).slice(-LOG_CHARS),
    ...(task && task.clipIndex >= 0 ? { clipIndex: task.clipIndex } : {}),
  };
}

/** PostgreSQL's text holds no NUL. */
function clean(text: string): string {
  return text.replaceAll('\0', '');
}
