import type { Clock } from '../../shared/clock.ts';
import type { Heartbeat, HeartbeatAck, Load } from '../../shared/gen/clipgrid/v1/session.ts';
import type { Fence } from '../domain/task.ts';
import type { AgentStore } from '../store/agent-store.ts';
import type { LeaseStore, Renewal } from '../store/lease-store.ts';
import { Batcher } from './batcher.ts';
import type { LocalSession } from './session-registry.ts';
import type { GridSettings } from './settings.ts';

export interface LeaseKeeperDeps {
  readonly leases: LeaseStore;
  readonly agents: AgentStore;
  readonly clock: Clock;
  readonly settings: GridSettings;
}

interface Beat {
  readonly session: LocalSession;
  readonly load: Load | undefined;
  readonly renewals: readonly Renewal[];
}

/** Log tails go to the database with every beat: a short one is enough while the task runs. */
const BEAT_LOG_CHARS = 2_000;

function keyOf(fence: Fence): string {
  return `${fence.taskId}/${fence.epoch}/${fence.leaseId}`;
}

/** Answers heartbeats; all that arrive in one tick are two statements: leases and loads. */
export class LeaseKeeper {
  readonly #deps: LeaseKeeperDeps;
  readonly #beats: Batcher<Beat, { renewed: Fence[]; current: boolean }>;

  constructor(deps: LeaseKeeperDeps) {
    this.#deps = deps;
    this.#beats = new Batcher(500, (beats) => this.#flush(beats));
  }

  /** Renews what the heartbeat lists (L2). `undefined`: the session is no longer the agent's (L8). */
  async heartbeat(session: LocalSession, beat: Heartbeat): Promise<HeartbeatAck | undefined> {
    const listed = beat.leases.filter((lease) => lease.fence !== undefined);
    const renewals = listed.map((lease) => ({
      fence: lease.fence as Fence,
      sessionId: session.sessionId,
      framesDone: lease.framesDone,
      fps: Number.isFinite(lease.fps) ? lease.fps : 0,
      phase: lease.phase.slice(0, 40),
      logTail: lease.logTail.slice(-BEAT_LOG_CHARS).replaceAll('\0', ''),
    }));
    const { renewed, current } = await this.#beats.add({ session, load: beat.load, renewals });
    if (!current) return undefined;
    const kept = new Set(renewed.map(keyOf));
    const lost = renewals.map((renewal) => renewal.fence).filter((fence) => !kept.has(keyOf(fence)));
    this.#forget(session, { listed: renewals.map((renewal) => renewal.fence), lost });
    return { sequence: beat.sequence, renewed: renewed.map((fence) => ({ ...fence })), lost };
  }

  /** A slot is free again when its lease is lost, or when the agent has not named it for a whole ttl. */
  #forget(session: LocalSession, { listed, lost }: { listed: Fence[]; lost: Fence[] }): void {
    for (const fence of lost) {
      if (session.held.get(fence.taskId)?.fence.leaseId === fence.leaseId) session.held.delete(fence.taskId);
    }
    const named = new Set(listed.map((fence) => fence.taskId));
    const oldest = this.#deps.clock.monotonicMs() - this.#deps.settings.leaseTtlMs;
    for (const [taskId, held] of session.held) {
      if (!named.has(taskId) && held.sinceMs < oldest) session.held.delete(taskId);
    }
  }

  async #flush(beats: readonly Beat[]): Promise<{ renewed: Fence[]; current: boolean }[]> {
    const { leases, agents, settings } = this.#deps;
    const renewals = beats.flatMap((beat) => beat.renewals);
    const [renewed, stale] = await Promise.all([
      leases.renew(renewals, settings.leaseTtlMs),
      agents.seen(
        beats.map(({ session, load }) => ({ agentId: session.agentId, sessionId: session.sessionId, load })),
      ),
    ]);
    const kept = new Set(renewed.map(keyOf));
    const gone = new Set(stale);
    return beats.map((beat) => ({
      renewed: beat.renewals.map((renewal) => renewal.fence).filter((fence) => kept.has(keyOf(fence))),
      current: !gone.has(beat.session.sessionId),
    }));
  }
}
