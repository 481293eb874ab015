import { Drain } from '../../agent/drain.ts';
import { LeaseHolder, type HeldLease } from '../../agent/lease-holder.ts';
import { Link } from '../../agent/link.ts';
import { Session, type SessionDeps } from '../../agent/session.ts';
import { backoffMs } from '../../shared/backoff.ts';
import { GridError, toGridError } from '../../shared/errors.ts';
import type { LeaseGrant } from '../../shared/gen/clipgrid/v1/lease.ts';
import { Hello, Load } from '../../shared/gen/clipgrid/v1/session.ts';
import { silentLogger } from '../../shared/logger.ts';
import { CAPABILITIES } from '../support/store-moves.ts';
import type { SimStream } from './network.ts';
import { digest, type SimObjects } from './objects.ts';
import type { Random } from './random.ts';
import { workOf, type Work } from './work.ts';
import type { SimProcess, World } from './world.ts';

export interface AgentFaults {
  /** Probabilities for each attempt. */
  fails: number;
  lies: number;
  wrongDigest: number;
  /** How long a piece of work takes at most. */
  workMs: number;
}

export interface SimAgentDeps {
  readonly world: World;
  readonly process: SimProcess;
  readonly random: Random;
  readonly objects: SimObjects;
  readonly agentId: string;
  /** How often this agent was started, this time included. */
  readonly start: number;
  readonly incarnation: string;
  readonly slots: number;
  readonly faults: AgentFaults;
  /** A stream to one of the coordinators. */
  connect(): SimStream;
  /** The coordinator told it to stay away. */
  onRefused(reason: string): void;
}

const NEVER = new AbortController().signal;
const BACKOFF = { firstMs: 500, maxMs: 8_000 };
const RECONNECT = { firstMs: 300, maxMs: 15_000 };
const RECONNECT_HOLDING = { firstMs: 300, maxMs: 1_500 };

/** One process of an agent: its real session, lease holder, link and drain; only the work is simulated. */
export class SimAgent {
  readonly holder: LeaseHolder;
  readonly deps: SimAgentDeps;
  readonly #link = new Link();
  #connections = 0;

  constructor(deps: SimAgentDeps) {
    this.deps = deps;
    this.holder = new LeaseHolder(deps.process);
  }

  async start(): Promise<void> {
    const { process, random } = this.deps;
    for (let attempt = 0; ; attempt++) {
      const end = await new Session(this.#sessionDeps()).run({ leave: NEVER, quit: NEVER });
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
    const client = { session: () => this.deps.connect() } as unknown as SessionDeps['client'];
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
      drain: new Drain({ clock: process, holder: this.holder, link: this.#link, logger: silentLogger }),
      onGrant: (grant, times) => {
        if (grant.fence === undefined) return;
        void this.#run(grant, this.holder.grant(grant.fence, times));
      },
    };
  }

  async #run(grant: LeaseGrant, lease: HeldLease): Promise<void> {
    const { world, agentId, process, random, faults } = this.deps;
    const { signal } = lease.abort;
    const kind = grant.spec?.kind?.$case ?? '';
    world.say(() => `${agentId} works on ${kind} ${lease.fence.taskId.slice(0, 4)}/${lease.fence.epoch}`);
    try {
      await process.sleep(random.whole(100, faults.workMs), signal);
      if (signal.aborted) throw new GridError('lost_lease', 'the lease was lost');
      if (random.chance(faults.fails)) throw new GridError('encoder_failed', 'the encoder failed');
      await this.#deliver(
        workOf(grant, (key) => this.deps.objects.bytes.get(key)),
        lease,
      );
    } catch (thrown) {
      await this.#tellFailure(lease, toGridError(thrown));
    } finally {
      this.holder.drop(lease.fence);
    }
  }

  async #deliver(work: Work, lease: HeldLease): Promise<void> {
    const { process, random, objects, faults } = this.deps;
    const { fence } = lease;
    const { signal } = lease.abort;
    const { name, bytes } = work;
    const wrong = random.chance(faults.wrongDigest) ? Buffer.from('damaged on its way') : bytes;
    const result = random.chance(faults.lies) ? fewerFrames(work.result) : work.result;
    const hashes = { sha256: digest('sha256', bytes), md5: digest('md5', bytes) };
    const artifacts = [{ name, ...hashes, sizeBytes: bytes.length }];
    for (let attempt = 0; ; attempt++) {
      const granted = await this.#link.askUpload({ fence, artifacts }, signal);
      if (granted.error) throw new GridError('lost_lease', granted.error);
      for (const { url } of granted.targets) await this.#upload(objects, url, wrong);
      const value = { fence, artifacts, result, logTail: '' };
      const answer = await this.#link.askCommit({ $case: 'complete', value }, signal);
      if (answer.committed) return;
      if (!answer.retryable) throw new GridError('lost_lease', answer.error);
      await process.sleep(
        backoffMs(attempt, BACKOFF, () => random.next()),
        signal,
      );
    }
  }

  async #upload(objects: SimObjects, key: string, bytes: Buffer): Promise<void> {
    for (let attempt = 0; attempt < 5; attempt++) {
      try {
        return await objects.request(this.deps.process, () => objects.put(key, bytes));
      } catch {
        await this.deps.process.sleep(500);
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
