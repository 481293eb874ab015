import { credentials } from '@grpc/grpc-js';
import { channelOptions } from '../../../agent/channel.ts';
import { Drain } from '../../../agent/drain.ts';
import { LeaseHolder, type HeldLease } from '../../../agent/lease-holder.ts';
import { Link } from '../../../agent/link.ts';
import { Session, type SessionEnd } from '../../../agent/session.ts';
import type { TaskKind } from '../../../coordinator/domain/task.ts';
import { systemClock } from '../../../shared/clock.ts';
import type { UploadTarget } from '../../../shared/gen/clipgrid/v1/artifact.ts';
import type { LeaseGrant } from '../../../shared/gen/clipgrid/v1/lease.ts';
import { AgentServiceClient, type Hello } from '../../../shared/gen/clipgrid/v1/session.ts';
import { silentLogger } from '../../../shared/logger.ts';
import { wallMs } from '../support/stats.ts';
import { simulatedOutput } from './output.ts';
import { NO_GUEST } from '../../support/no-guest.ts';

export interface SimulatedAgentDeps {
  readonly coordinator: string;
  readonly hello: Omit<Hello, 'heldLeases'>;
  /** The index that its index tasks bring. */
  readonly index: Buffer;
  /** Whether a clip that is granted stays in work for ever. */
  readonly holdClips: boolean;
  put(target: UploadTarget, bytes: Buffer): Promise<void>;
  onWelcome(): void;
  onGrant(grant: { jobId: string; kind: TaskKind; atMs: number }): void;
  onCommit(commit: { jobId: string; kind: TaskKind; atMs: number; askedMs: number }): void;
  onRefused(why: string): void;
}

/** As often it knocks: where thousands come at once, somebody may have to wait too long. */
const TRIES = 3;
const NEVER = new AbortController().signal;
const LOAD = { cpu: 0.5, memoryFreeBytes: 8e9, diskFreeBytes: 1e11, gpus: [] };

/** An agent as the coordinator sees it: the real session, link and lease holder, with work that takes no time. */
export class SimulatedAgent {
  readonly #deps: SimulatedAgentDeps;
  readonly #holder = new LeaseHolder(systemClock);
  readonly #link = new Link();

  constructor(deps: SimulatedAgentDeps) {
    this.#deps = deps;
  }

  /** Runs until a stream on which it was welcome ends, and tells why it did. */
  async run(): Promise<string> {
    for (let tries = 1; ; tries++) {
      const { welcomed, reason } = await this.#session();
      if (welcomed || tries === TRIES) return reason;
    }
  }

  async #session(): Promise<SessionEnd> {
    const { coordinator, hello, onWelcome } = this.#deps;
    // Each agent has a connection of its own, as machines have.
    const options = { ...channelOptions(), 'grpc.use_local_subchannel_pool': 1 };
    const client = new AgentServiceClient(coordinator, credentials.createInsecure(), options);
    const logger = {
      ...silentLogger,
      info: (_: unknown, text: string) => text === 'connected' && onWelcome(),
    };
    const session = new Session({
      client,
      token: undefined,
      holder: this.#holder,
      link: this.#link,
      clock: systemClock,
      logger,
      load: () => Promise.resolve(LOAD),
      hello: (held) => ({ ...hello, heldLeases: [...held] }),
      onGrant: (grant, times) => {
        const kind = grant.spec?.kind?.$case;
        if (grant.fence === undefined || kind === undefined) return;
        this.#deps.onGrant({ jobId: grant.jobId, kind, atMs: wallMs() });
        const held = this.#holder.grant(grant.fence, times);
        if (kind === 'encode' && this.#deps.holdClips) return;
        void this.#work(grant, held, kind);
      },
      elsewhere: false,
      guest: NO_GUEST,
      drain: new Drain({ clock: systemClock, holder: this.#holder, link: this.#link, logger: silentLogger }),
    });
    const end = await session.run({ leave: NEVER, quit: NEVER });
    client.close();
    return end;
  }

  /** The real protocol: an upload right for the announced bytes, the bytes, the commit. */
  async #work(grant: LeaseGrant, { fence, abort }: HeldLease, kind: TaskKind): Promise<void> {
    const { index, put, onCommit, onRefused } = this.#deps;
    try {
      const { bytes, artifact, result } = simulatedOutput(grant, index);
      const upload = await this.#link.askUpload({ fence, artifacts: [artifact] }, abort.signal);
      const target = upload.targets[0];
      if (target === undefined) return onRefused(upload.error);
      await put(target, bytes);
      const askedAtMs = wallMs();
      const value = { fence, artifacts: [artifact], result, logTail: '' };
      const answer = await this.#link.askCommit({ $case: 'complete', value }, abort.signal);
      if (!answer.committed) return onRefused(answer.error);
      const atMs = wallMs();
      onCommit({ jobId: grant.jobId, kind, atMs, askedMs: atMs - askedAtMs });
    } catch (error) {
      onRefused(String(error));
    } finally {
      this.#holder.drop(fence);
    }
  }
}
