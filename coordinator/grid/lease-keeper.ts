import type { Clock } from '../../shared/clock.ts';
import { GridError, toGridError } from '../../shared/errors.ts';
import type { Heartbeat, HeartbeatAck, Load, Pause } from '../../shared/gen/clipgrid/v1/session.ts';
import type { DrainOrder } from '../domain/agent.ts';
import { checkPause } from './check-hello.ts';
import { checkFence, fenceKey, MAX_INT4 } from '../domain/fence.ts';
import type { Fence } from '../domain/task.ts';
import type { AgentStore } from '../store/agent-store.ts';
import type { LeaseStore, Renewal } from '../store/lease-store.ts';
import { Batcher } from './batcher.ts';
import type { Platform } from './platform.ts';
import { applyDrain, dropHeld, type LocalSession } from './session-registry.ts';
import type { GridSettings } from './settings.ts';

export interface LeaseKeeperDeps {
  readonly leases: LeaseStore;
  readonly agents: AgentStore;
  readonly clock: Clock;
  readonly settings: GridSettings;
  readonly platform: Platform;
}

interface Beat {
  readonly session: LocalSession;
  readonly load: Load | undefined;
  readonly pause: Pause | undefined;
  readonly renewals: readonly Renewal[];
}

interface Answer {
  readonly renewed: readonly Fence[];
  /** Undefined: a newer session of the agent took over. */
  readonly session: { readonly drain?: DrainOrder } | undefined;
}

/** Log tails go to the database with every beat: a short one is enough while the task runs. */
const BEAT_LOG_CHARS = 2_000;
/** Above this it is no measurement: the column holds single precision. */
const MAX_RATE = 1e9;

function measured(rate: number): number {
  return rate >= 0 && rate < MAX_RATE ? rate : 0;
}

/** A load is stored with each beat. */
const MAX_GPUS = 64;

/** A renewal is in no hurry: a thousand agents are then twenty rounds a second. */
const APART_MS = 50;
/** A database that takes longer is away, as far as a heartbeat is concerned. */
const ANSWER_WITHIN_MS = 2_000;
/** For so long agents are told to go on without renewals; an outage must not cost their power for ever. */
const PUT_OFF_AT_MOST_MS = 15 * 60_000;
const PASSING: ReadonlySet<string> = new Set(['unavailable', 'resource_exhausted']);

function boundedLoad(load: Load | undefined): Load | undefined {
  return load && { ...load, gpus: load.gpus.slice(0, MAX_GPUS) };
}

/** Answers heartbeats; all that arrive in one tick are two statements: leases and loads. */
export class LeaseKeeper {
  readonly #deps: LeaseKeeperDeps;
  readonly #beats: Batcher<Beat, Answer>;
  /** When the database last answered. */
  #answeredMs: number;

  constructor(deps: LeaseKeeperDeps) {
    this.#deps = deps;
    this.#answeredMs = deps.clock.monotonicMs();
    const { clock, platform } = deps;
    const limits = { batch: 500, waiting: 20_000, apartMs: APART_MS, clock, nextTurn: platform.nextTurn };
    this.#beats = new Batcher(limits, (beats) => this.#flush(beats));
  }

  /**
   * Renews what the heartbeat lists (L2). `undefined`: the session is no longer the agent's (L8). While the database is
   * away the answer is put off, and says so: then nobody can be given the leases either.
   */
  async heartbeat(session: LocalSession, beat: Heartbeat): Promise<HeartbeatAck | undefined> {
    const all = beat.leases.map((lease) => ({
      fence: checkFence(lease.fence),
      sessionId: session.sessionId,
      framesDone: Math.min(lease.framesDone, MAX_INT4),
      fps: measured(lease.fps),
      speed: measured(lease.speed),
      phase: lease.phase.slice(0, 40).replaceAll('\0', ''),
      logTail: lease.logTail.slice(-BEAT_LOG_CHARS).replaceAll('\0', ''),
    }));
    // The commit holds the row: a renewal would wait for it, and then find the task done and the lease lost.
    const renewals = all.filter(({ fence }) => !session.committing.has(fence.leaseId));
    const answer = await this.#answer({
      session,
      load: boundedLoad(beat.load),
      pause: checkPause(beat.pause),
      renewals,
    });
    if (answer === undefined) return { sequence: beat.sequence, renewed: [], lost: [], putOff: true };
    const { renewed, session: known } = answer;
    if (known === undefined) return undefined;
    // What a lost notification would have told (L7).
    if ((known.drain !== undefined) !== session.draining) applyDrain(session, known.drain);
    const kept = new Set(renewed.map(fenceKey));
    const lost = renewals
      .map((renewal) => renewal.fence)
      .filter((fence) => !kept.has(fenceKey(fence)) && !session.committing.has(fence.leaseId));
    this.#forget(session, { listed: all.map((renewal) => renewal.fence), lost });
    const fences = renewed.map((fence) => ({ ...fence }));
    return { sequence: beat.sequence, renewed: fences, lost, putOff: false };
  }

  /** Undefined: the database does not answer, and has not for so short a time that agents may go on. */
  async #answer(beat: Beat): Promise<Answer | undefined> {
    const { clock } = this.#deps;
    const late = Promise.withResolvers<undefined>();
    const timer = clock.after(ANSWER_WITHIN_MS, () => late.resolve(undefined));
    try {
      const answer = await Promise.race([this.#beats.add(beat), late.promise]);
      if (answer === undefined) throw new GridError('unavailable', 'the database does not answer heartbeats');
      this.#answeredMs = clock.monotonicMs();
      return answer;
    } catch (thrown) {
      const tooLong = clock.monotonicMs() - this.#answeredMs > PUT_OFF_AT_MOST_MS;
      if (tooLong || !PASSING.has(toGridError(thrown).code)) throw thrown;
      return undefined;
    } finally {
      timer.cancel();
    }
  }

  /**
   * A slot is free again when its lease is lost, or when the agent's heartbeats have not named it for a whole ttl: the first
   * one of an agent that was stopped may have been on its way before its last grants came.
   */
  #forget(session: LocalSession, { listed, lost }: { listed: Fence[]; lost: Fence[] }): void {
    for (const fence of lost) dropHeld(session, fence);
    const named = new Set(listed.map((fence) => fence.taskId));
    const nowMs = this.#deps.clock.monotonicMs();
    for (const [taskId, held] of session.held) {
      held.unnamedSinceMs = named.has(taskId) ? undefined : (held.unnamedSinceMs ?? nowMs);
      const unnamedMs = nowMs - (held.unnamedSinceMs ?? nowMs);
      if (unnamedMs > this.#deps.settings.leaseTtlMs) session.held.delete(taskId);
    }
  }

  async #flush(beats: readonly Beat[]): Promise<Answer[]> {
    const { leases, agents, settings } = this.#deps;
    const renewals = beats.flatMap((beat) => beat.renewals);
    const [renewed, current] = await Promise.all([
      leases.renew(renewals, settings.leaseTtlMs),
      agents.seen(
        beats.map(({ session: { agentId, sessionId }, load, pause }) => ({
          agentId,
          sessionId,
          load,
          pause,
        })),
      ),
    ]);
    const kept = new Set(renewed.map(fenceKey));
    return beats.map((beat) => ({
      renewed: beat.renewals.map((renewal) => renewal.fence).filter((fence) => kept.has(fenceKey(fence))),
      session: current.get(beat.session.sessionId),
    }));
  }
}
