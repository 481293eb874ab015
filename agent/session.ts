import { Metadata, type ClientDuplexStream } from '@grpc/grpc-js';
import type { Clock, Timer } from '../shared/clock.ts';
import type { Fence } from '../shared/gen/clipgrid/v1/lease.ts';
import type {
  AgentServiceClient,
  DrainNotice,
  Goodbye,
  Hello,
  Load,
  SessionRequest,
  SessionResponse,
  Welcome,
} from '../shared/gen/clipgrid/v1/session.ts';
import type { LeaseGrant } from '../shared/gen/clipgrid/v1/lease.ts';
import type { Logger } from '../shared/logger.ts';
import type { Drain } from './drain.ts';
import type { LeaseHolder, TrustTimes } from './lease-holder.ts';
import type { Link } from './link.ts';

export interface SessionDeps {
  readonly client: AgentServiceClient;
  readonly token: string | undefined;
  readonly holder: LeaseHolder;
  readonly link: Link;
  readonly clock: Clock;
  readonly logger: Logger;
  hello(held: readonly Fence[]): Hello;
  load(): Promise<Load>;
  readonly drain: Drain;
  onGrant(grant: LeaseGrant, times: TrustTimes): void;
}

/** How a session ended: `reconnect` false only when the coordinator said so. */
export interface SessionEnd {
  readonly reason: string;
  readonly reconnect: boolean;
  readonly welcomed: boolean;
}

type Stream = ClientDuplexStream<SessionRequest, SessionResponse>;

const WELCOME_WITHIN_MS = 15_000;
const LEAVE_WITHIN_MS = 2_000;
/** Whatever the coordinator asks for: no loop without a pause. */
const MIN_BEAT_MS = 50;
/** Heartbeats without an answer before the stream is taken for dead. */
const MISSED_BEATS = 4;

/** One stream from Hello to its end. */
export class Session {
  readonly #deps: SessionDeps;
  readonly #stream: Stream;
  readonly #sent = new Map<number, number>();
  readonly #ended: Promise<SessionEnd>;
  #resolveEnd: (end: SessionEnd) => void = () => undefined;
  #welcome: Welcome | undefined;
  #helloMs = 0;
  #sequence = 0;
  #timer: Timer | undefined;
  #goodbye: Goodbye | undefined;
  #leaving = false;
  #over = false;

  constructor(deps: SessionDeps) {
    this.#deps = deps;
    const metadata = new Metadata();
    if (deps.token !== undefined) metadata.set('authorization', `Bearer ${deps.token}`);
    this.#ended = new Promise((resolve) => (this.#resolveEnd = resolve));
    this.#stream = deps.client.session(metadata);
    this.#stream.on('data', (response: SessionResponse) => this.#received(response));
    this.#stream.on('error', (error: Error) => this.#end(error.message));
    this.#stream.on('end', () => this.#end(this.#goodbye?.reason ?? 'the coordinator ended the stream'));
  }

  /** Runs until the stream ends. `leave`: after what was said has gone out; `quit`: at once. */
  async run({ leave, quit }: { leave: AbortSignal; quit: AbortSignal }): Promise<SessionEnd> {
    const { clock, holder } = this.#deps;
    const onLeave = (): void => this.#leave();
    const onQuit = (): void => this.#end('the agent is leaving');
    if (leave.aborted || quit.aborted) onQuit();
    leave.addEventListener('abort', onLeave, { once: true });
    quit.addEventListener('abort', onQuit, { once: true });
    this.#helloMs = clock.monotonicMs();
    const held = holder.all().map((lease) => lease.fence);
    this.#write({ $case: 'hello', value: this.#deps.hello(held) });
    this.#timer = clock.after(WELCOME_WITHIN_MS, () => this.#end('no Welcome came'));
    const end = await this.#ended;
    leave.removeEventListener('abort', onLeave);
    quit.removeEventListener('abort', onQuit);
    return end;
  }

  /** Closes this side only: the coordinator ends the stream when it has read everything. */
  #leave(): void {
    if (this.#welcome === undefined || !this.#stream.writable) return this.#end('the agent is leaving');
    this.#leaving = true;
    this.#deps.link.detach();
    this.#stream.end();
    this.#timer?.cancel();
    this.#timer = this.#deps.clock.after(LEAVE_WITHIN_MS, () => this.#end('the agent is leaving'));
  }

  #write(message: NonNullable<SessionRequest['message']>): void {
    if (this.#stream.writable) this.#stream.write({ message });
  }

  #end(reason: string): void {
    // A cancelled stream says so later, when the link may belong to the next session.
    if (this.#over) return;
    this.#over = true;
    this.#timer?.cancel();
    this.#deps.link.detach();
    this.#stream.cancel();
    const reconnect = this.#goodbye?.reconnect ?? true;
    this.#resolveEnd({
      reason: this.#goodbye?.reason ?? reason,
      reconnect,
      welcomed: this.#welcome !== undefined,
    });
  }

  get #times(): TrustTimes {
    return { ttlMs: this.#welcome?.leaseTtlMs ?? 0, marginMs: this.#welcome?.trustMarginMs ?? 0 };
  }

  #received({ message }: SessionResponse): void {
    const { holder, link, clock } = this.#deps;
    if (this.#over) return;
    const early = this.#welcome === undefined;
    if (early !== (message?.$case === 'welcome') && message?.$case !== 'goodbye')
      return this.#end(`the coordinator sent ${message?.$case} ${early ? 'before Welcome' : 'twice'}`);
    switch (message?.$case) {
      case undefined:
        return this.#deps.logger.warn({}, 'a message of an unknown kind came: the coordinator is newer');
      case 'welcome':
        return this.#welcomed(message.value);
      case 'heartbeatAck': {
        const sentMs = this.#sent.get(message.value.sequence);
        this.#sent.delete(message.value.sequence);
        for (const fence of message.value.renewed) holder.renewed(fence, sentMs ?? 0, this.#times);
        for (const fence of message.value.lost)
          holder.lost(fence, 'the coordinator says that the lease is lost');
        return;
      }
      case 'grant':
        this.#deps.onGrant(message.value, { ...this.#times, ttlMs: message.value.ttlMs });
        return this.#beatSoon(clock);
      case 'revoke':
        if (message.value.fence)
          holder.lost(message.value.fence, `the lease was revoked: ${message.value.reason}`);
        return;
      case 'uploadGrant':
        return link.answerUpload(message.value);
      case 'commitResult':
        return link.answerCommit(message.value);
      case 'drain':
        return this.#drain(message.value);
      case 'goodbye':
        this.#goodbye = message.value;
        return;
    }
  }

  #drain({ reason, deadlineSeconds, undo }: DrainNotice): void {
    if (undo) this.#deps.drain.undo();
    else this.#deps.drain.begin(reason, deadlineSeconds * 1000);
  }

  #welcomed(welcome: Welcome): void {
    this.#welcome = welcome;
    this.#deps.drain.undo();
    const { holder, link } = this.#deps;
    const kept = new Set(welcome.keptLeases.map((fence) => fence.leaseId));
    for (const { fence } of holder.all()) {
      if (kept.has(fence.leaseId)) holder.renewed(fence, this.#helloMs, this.#times);
      else holder.lost(fence, 'the lease was given to somebody else while the connection was lost');
    }
    link.attach((message) => this.#write(message), welcome.keptLeases);
    this.#deps.logger.info({ session: welcome.sessionId, coordinator: welcome.coordinatorId }, 'connected');
    void this.#beat();
  }

  /** A new lease is renewed early, so that it is trusted from a heartbeat on and not only from its arrival. */
  #beatSoon(clock: Clock): void {
    if (this.#leaving) return;
    this.#timer?.cancel();
    this.#timer = clock.after(200, () => void this.#beat());
  }

  async #beat(): Promise<void> {
    const { clock, holder } = this.#deps;
    if (this.#leaving) return;
    if (this.#sent.size >= MISSED_BEATS) return this.#end('the coordinator does not answer heartbeats');
    this.#timer?.cancel();
    this.#timer = clock.after(
      Math.max(MIN_BEAT_MS, this.#welcome?.heartbeatIntervalMs ?? 0),
      () => void this.#beat(),
    );
    const load = await this.#deps.load().catch(() => undefined);
    const sequence = ++this.#sequence;
    const leases = holder.all().map(({ fence, progress }) => ({
      fence,
      framesDone: progress.framesDone,
      framesTotal: progress.framesTotal,
      fps: progress.fps,
      phase: progress.phase,
      logTail: '',
    }));
    this.#sent.set(sequence, clock.monotonicMs());
    this.#write({ $case: 'heartbeat', value: { sequence, load, leases } });
  }
}
