import { Drain } from '../../agent/drain.ts';
import { LeaseHolder, type HeldLease } from '../../agent/lease-holder.ts';
import { Link } from '../../agent/link.ts';
import { FramePace, type PaceLimits } from '../../agent/media/frame-pace.ts';
import { refusal } from '../../agent/refusal.ts';
import { Session, type SessionDeps } from '../../agent/session.ts';
import { backoffMs } from '../../shared/backoff.ts';
import { GridError, toGridError } from '../../shared/errors.ts';
import type { LeaseGrant } from '../../shared/gen/clipgrid/v1/lease.ts';
import { Hello, Load } from '../../shared/gen/clipgrid/v1/session.ts';
import { silentLogger } from '../../shared/logger.ts';
import { CAPABILITIES } from '../support/store-moves.ts';
import type { Machine, SimStream } from './network.ts';
import type { SimObjects } from './objects.ts';
import type { Random } from './random.ts';
import { workOf, type Film, type Work } from './work.ts';
import type { SimProcess, World } from './world.ts';
import { NO_GUEST } from '../support/no-guest.ts';

export interface AgentFaults {
  /** Probabilities for each attempt. */
  fails: number;
  hangs: number;
  lies: number;
  wrongDigest: number;
  /** How long a piece of work takes at most. */
  workMs: number;
}

/** Parts of an agent that can be replaced by broken ones. */
export interface AgentParts {
  readonly holder: (process: SimProcess) => LeaseHolder;
  readonly pace: PaceLimits;
  /** What the agent sees of its stream. */
  readonly stream: (stream: SimStream) => SeenStream;
}

export type SeenStream = Pick<SimStream, 'on' | 'write' | 'end' | 'cancel' | 'writable'>;

/** The watchdog's usual limits are minutes: too long for a story of seconds. */
const PACE: PaceLimits = {
  firstFrameMs: 10_000,
  primeMs: 10_000,
  primeFrames: 256,
  floorMs: 2_000,
  capMs: 20_000,
};

export const AGENT_PARTS: AgentParts = {
  holder: (process) => new LeaseHolder(process),
  pace: PACE,
  stream: (stream) => stream,
};

export interface SimAgentDeps {
  readonly world: World;
  readonly process: SimProcess;
  readonly machine: Machine;
  readonly random: Random;
  readonly objects: SimObjects;
  readonly agentId: string;
  /** How often this agent was started, this time included. */
  readonly start: number;
  readonly incarnation: string;
  readonly slots: number;
  readonly faults: AgentFaults;
  readonly film: Film;
  readonly parts: AgentParts;
  /** A stream to one of the coordinators. */
  connect(): SimStream;
  /** Whether there are several. */
  readonly elsewhere: boolean;
  /** The coordinator told it to stay away. */
  onRefused(reason: string): void;
}

const BACKOFF = { firstMs: 500, maxMs: 8_000 };
const RECONNECT = { firstMs: 300, maxMs: 15_000 };
const RECONNECT_HOLDING = { firstMs: 300, maxMs: 1_500 };
/** How often a piece of work tells its progress. */
const PARTS_OF_WORK = 2;

/** One process of an agent: its real session, lease holder, link and drain; only the work is simulated. */
export class SimAgent {
  readonly holder: LeaseHolder;
  readonly deps: SimAgentDeps;
  /** Leases of which the work has not ended, well or badly. */
  readonly working = new Set<HeldLease>();
  readonly #link = new Link();
  #connections = 0;

  constructor(deps: SimAgentDeps) {
    this.deps = deps;
    this.holder = deps.parts.holder(deps.process);
  }

  async start(): Promise<void> {
    const { process, random } = this.deps;
    // Its own: sessions of agents that died never take their listeners away.
    const never = new AbortController().signal;
    for (let attempt = 0; ; attempt++) {
      const end = await new Session(this.#sessionDeps()).run({ leave: never, quit: never });
      if (!end.reconnect) return this.deps.onRefused(end.reason);
      attempt = end.welcomed ? 0 : attempt;
      const times = this.holder.size > 0 ? RECONNECT_HOLDING : RECONNECT;
      await process.sleep(backoffMs(attempt, times, () => random.next()));
    }
  }

  #sessionDeps(): SessionDeps {
    const { process, agentId, start, incarnation, slots } = this.deps;
    const known = { agentId, name: agentId, version: 'sim', protocol: 1, start, incarnation, slots };
    const connection = ++this.#connections;
    const client = {
      session: () => this.deps.parts.stream(this.deps.connect()),
    } as unknown as SessionDeps['client'];
    return {
      client,
      token: undefined,
      holder: this.holder,
      link: this.#link,
      clock: process,
      logger: silentLogger,
      hello: (held) =>
        Hello.create({ ...known, connection, capabilities: CAPABILITIES, heldLeases: [...held] }),
      load: async () => Load.create(),
      elsewhere: this.deps.elsewhere,
      guest: NO_GUEST,
      drain: new Drain({ clock: process, holder: this.holder, link: this.#link, logger: silentLogger }),
      onGrant: (grant, times) => {
        if (grant.companions.length > 0) this.deps.world.did('leases came in one slot');
        for (const one of [grant, ...grant.companions])
          if (one.fence) void this.#run(one, this.holder.grant(one.fence, times));
      },
    };
  }

  async #run(grant: LeaseGrant, lease: HeldLease): Promise<void> {
    const { world, agentId, objects, film } = this.deps;
    const kind = grant.spec?.kind?.$case ?? '';
    world.say(() => `${agentId} works on ${kind} ${lease.fence.taskId.slice(0, 4)}/${lease.fence.epoch}`);
    this.working.add(lease);
    try {
      const work = workOf(grant, { film, input: (key) => objects.bytes.get(key) });
      await this.#work(work, lease);
      await this.#deliver(work, lease);
    } catch (thrown) {
      this.working.delete(lease);
      await this.#tellFailure(lease, toGridError(thrown));
    } finally {
      this.working.delete(lease);
      this.holder.drop(lease.fence);
    }
  }

  /** What takes time; a part of it may be the last that ever comes. */
  async #work({ frames }: Work, lease: HeldLease): Promise<void> {
    const { world, process, random, faults, parts } = this.deps;
    const { signal } = lease.abort;
    const takesMs = random.whole(100, faults.workMs);
    const fails = random.chance(faults.fails);
    const hangsAt = random.chance(faults.hangs) ? random.whole(0, PARTS_OF_WORK) : Infinity;
    const pace = new FramePace(process.monotonicMs(), parts.pace);
    for (let part = 1; part <= PARTS_OF_WORK; part++) {
      if (hangsAt < part) {
        world.did('work hung');
        await this.#watch(pace, signal);
      }
      await process.sleep(takesMs / PARTS_OF_WORK, signal);
      if (signal.aborted) throw new GridError('lost_lease', 'the lease was lost');
      const framesDone = Math.round((frames * part) / PARTS_OF_WORK);
      pace.frame(framesDone, process.monotonicMs());
      lease.progress = { framesDone, framesTotal: frames, fps: 25, phase: 'filter' };
    }
    if (!fails) return;
    world.did('work failed');
    throw new GridError('encoder_failed', 'the encoder failed');
  }

  /** No frame comes any more: ends when the frame watchdog says so (L14), or the lease does. */
  async #watch(pace: FramePace, signal: AbortSignal): Promise<void> {
    const { process } = this.deps;
    for (;;) {
      const leftMs = pace.leftMs(process.monotonicMs());
      if (leftMs <= 0) throw new GridError('no_progress', pace.describe());
      await process.sleep(leftMs, signal);
      if (signal.aborted) throw new GridError('lost_lease', 'the lease was lost');
    }
  }

  async #deliver(work: Work, lease: HeldLease): Promise<void> {
    const { world, process, random, faults } = this.deps;
    const { fence } = lease;
    const { signal } = lease.abort;
    const damaged = random.chance(faults.wrongDigest);
    if (damaged) world.did('an agent sent other bytes than it announced');
    const lies = random.chance(faults.lies) && work.result.kind?.$case === 'encode';
    if (lies) world.did('an agent lied about its frames');
    const bytesOf = new Map(work.artifacts.map(({ name, bytes }) => [name, bytes]));
    const sent = (name: string) =>
      (damaged ? undefined : bytesOf.get(name)) ?? Buffer.from('damaged on its way');
    const result = lies ? fewerFrames(work.result) : work.result;
    const artifacts = work.artifacts.map(({ name, sha256, md5, bytes }) => ({
      name,
      sha256,
      md5,
      sizeBytes: bytes.length,
    }));
    const send = async (): Promise<{ error: string; retryable: boolean }> => {
      const granted = await this.#link.askUpload({ fence, artifacts }, signal);
      if (granted.error) return granted;
      for (const { name, url } of granted.targets) await this.#upload(url, sent(name));
      const value = { fence, artifacts, result, logTail: '' };
      const answer = await this.#link.askCommit({ $case: 'complete', value }, signal);
      return answer.committed ? { error: '', retryable: false } : answer;
    };
    for (let attempt = 0; ; attempt++) {
      const refused = await send();
      if (refused.error === '') return;
      if (!refused.retryable) throw refusal(refused.error);
      await process.sleep(
        backoffMs(attempt, BACKOFF, () => random.next()),
        signal,
      );
    }
  }

  async #upload(key: string, bytes: Buffer): Promise<void> {
    const { world, process, machine, objects } = this.deps;
    for (let attempt = 0; attempt < 5; attempt++) {
      try {
        const readyMs = Math.max(0, machine.holeUntilMs - world.nowMs);
        return await objects.upload(process, { key, bytes }, readyMs);
      } catch {
        await process.sleep(500);
      }
    }
    throw new GridError('unavailable', 'the upload failed');
  }

  async #tellFailure({ fence, abort }: HeldLease, error: GridError): Promise<void> {
    const { world, agentId, process, random } = this.deps;
    world.say(() => `${agentId} did not do ${fence.taskId.slice(0, 4)}/${fence.epoch}: ${error.message}`);
    if (abort.signal.aborted || error.code === 'lost_lease') return;
    const value = { fence, code: error.code, message: error.message, logTail: '', inputAtFault: false };
    try {
      for (let attempt = 0; ; attempt++) {
        const answer = await this.#link.askCommit({ $case: 'failed', value }, abort.signal);
        if (answer.committed || !answer.retryable) return;
        await process.sleep(
          backoffMs(attempt, BACKOFF, () => random.next()),
          abort.signal,
        );
      }
    } catch {
      // The lease was lost meanwhile.
    }
  }
}

/** An encoder that lost frames and an agent that says so only in its numbers (M6). */
function fewerFrames(result: Work['result']): Work['result'] {
  if (result.kind?.$case !== 'encode') return result;
  const value = { ...result.kind.value, inputFrames: result.kind.value.inputFrames - 1 };
  return { kind: { $case: 'encode', value } };
}
