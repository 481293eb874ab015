import { Metadata, type ClientDuplexStream } from '@grpc/grpc-js';
import type { Clock, Timer } from '../shared/clock.ts';
import type { Fence } from '../shared/gen/clipgrid/v1/lease.ts';
import type {
  AgentServiceClient,
  Challenge,
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
import type { Guest } from './guest/guest.ts';
import type { LeaseHolder, TrustTimes } from './lease-holder.ts';
import type { Link } from './link.ts';

export interface SessionDeps {
  readonly client: AgentServiceClient;
  readonly token: string | undefined;
  readonly holder: LeaseHolder;
  readonly link: Link;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Of an agent that was enrolled: it waits for the coordinator's Challenge, and signs its nonce. */
  readonly prove?: (nonce: Uint8Array) => Uint8Array;
  hello(held: readonly Fence[], proof: Uint8Array): Hello;
  load(): Promise<Load>;
  readonly drain: Drain;
  /** Whether the owner of the machine needs it. */
  readonly guest: Pick<Guest, 'told' | 'onChange'>;
  /** Whether there is another coordinator, at which leases could be kept (L8). */
  readonly elsewhere: boolean;
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
/** With leases and another coordinator: the trust deadline does not wait for one that is frozen (L5). */
const WELCOME_SOON_MS = 3_000;
const NO_PROOF = new Uint8Array();
const LEAVE_WITHIN_MS = 2_000;
/** Whatever the coordinator asks for: no loop without a pause. */
const MIN_BEAT_MS = 50;
/** Intervals without an answer before the stream is taken for dead. */
const MISSED_BEATS = 4;
/** The same with leases and another coordinator: soon enough for them to be kept there before the trust deadline. */
const MISSED_SOON = 1.5;
/** A new lease is renewed so soon. */
const EARLY_BEAT_MS = 200;
/** While it holds leases it says so often how far they are: people watch. */
const PROGRESS_BEAT_MS = 1_500;
/** A heartbeat does not wait longer for the machine's load: a disk that hangs must not cost the leases. */
const LOAD_WITHIN_MS = 500;

/** One stream from Hello to its end. */
export class Session {
  readonly #deps: SessionDeps;
  readonly #stream: Stream;
  readonly #sent = new Map<number, number>();
  readonly #ended: Promise<SessionEnd>;
  #resolveEnd: (end: SessionEnd) => void = () => undefined;
  #welcome: Welcome | undefined;
  #helloMs: number | undefined;
  #sequence = 0;
  #timer: Timer | undefined;
  #overdue: Timer | undefined;
  #nextBeatMs = Infinity;
  #forgetGuest: () => void = () => undefined;
  #goodbye: Goodbye | undefined;
  #leaving = false;
  #loading = false;
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
    const { clock } = this.#deps;
    const onLeave = (): void => this.#leave();
    const onQuit = (): void => this.#end('the agent is leaving');
    if (leave.aborted || quit.aborted) onQuit();
    leave.addEventListener('abort', onLeave, { once: true });
    quit.addEventListener('abort', onQuit, { once: true });
    if (this.#deps.prove === undefined) this.#hello(NO_PROOF);
    const withinMs = this.#mayTurn ? WELCOME_SOON_MS : WELCOME_WITHIN_MS;
    this.#timer = clock.after(withinMs, () => this.#end('no Welcome came'));
    const end = await this.#ended;
    leave.removeEventListener('abort', onLeave);
    quit.removeEventListener('abort', onQuit);
    return end;
  }

  /** Leases are held, and there is a coordinator that may answer where this one does not. */
  get #mayTurn(): boolean {
    return this.#deps.elsewhere && this.#deps.holder.size > 0;
  }

  #hello(proof: Uint8Array): void {
    const { clock, holder, hello } = this.#deps;
    this.#helloMs = clock.monotonicMs();
    const held = holder.all().map((lease) => lease.fence);
    this.#write({ $case: 'hello', value: hello(held, proof) });
  }

  /** Asked again, it says nothing: an agent has one Hello. */
  #challenged({ nonce }: Challenge): void {
    const { prove } = this.#deps;
    if (prove !== undefined && this.#helloMs === undefined) this.#hello(prove(nonce));
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
    this.#overdue?.cancel();
    this.#forgetGuest();
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
    const { holder, link } = this.#deps;
    if (this.#over) return;
    if (message?.$case === 'challenge') return this.#challenged(message.value);
    const early = this.#welcome === undefined;
    if (early !== (message?.$case === 'welcome') && message?.$case !== 'goodbye')
      return this.#end(`the coordinator sent ${message?.$case} ${early ? 'before Welcome' : 'twice'}`);
    switch (message?.$case) {
      case undefined:
        return this.#deps.logger.warn({}, 'a message of an unknown kind came: the coordinator is newer');
      case 'welcome':
        return this.#welcomed(message.value);
      case 'heartbeatAck': {
        const { sequence, renewed, lost, putOff } = message.value;
        const sentMs = this.#answered(sequence);
        // A database that is away gives the leases to nobody: killing the work would help nobody (L12).
        const trusted = putOff ? holder.all().map((lease) => lease.fence) : renewed;
        if (sentMs !== undefined) for (const fence of trusted) holder.renewed(fence, sentMs, this.#times);
        for (const fence of lost) holder.lost(fence, 'the coordinator says that the lease is lost');
        return;
      }
      case 'grant':
        this.#deps.onGrant(message.value, { ...this.#times, ttlMs: message.value.ttlMs });
        return this.#beatWithin(EARLY_BEAT_MS);
      case 'revoke':
        if (message.value.fence)
          holder.lost(message.value.fence, `the lease was revoked: ${message.value.reason}`);
        return;
      case 'uploadGrant':
        return link.answerUpload(message.value);
      case 'commitResult':
        return link.answerCommit(message.value);
      case 'partResult':
        return link.answerPart(message.value);
      case 'outputRequest': {
        const { fence, forMs, again } = message.value;
        if (fence) holder.followed(fence, forMs, again);
        return;
      }
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
    // Until now the timer was that of the Welcome.
    this.#timer?.cancel();
    this.#deps.drain.undo();
    const { holder, link } = this.#deps;
    const kept = new Set(welcome.keptLeases.map((fence) => fence.leaseId));
    for (const { fence } of holder.all()) {
      if (kept.has(fence.leaseId)) holder.renewed(fence, this.#helloMs ?? 0, this.#times);
      else holder.lost(fence, 'the lease was given to somebody else while the connection was lost');
    }
    link.attach((message) => this.#write(message), welcome.keptLeases, welcome.outputChars > 0);
    this.#deps.logger.info({ session: welcome.sessionId, coordinator: welcome.coordinatorId }, 'connected');
    // Said at once, and before what is given back because of it.
    this.#forgetGuest = this.#deps.guest.onChange(() => this.#say(undefined));
    void this.#beat();
  }

  /** When that heartbeat was sent. Those before it count as answered, too: their answers got lost, the stream lives. */
  #answered(sequence: number): number | undefined {
    const sentMs = this.#sent.get(sequence);
    for (const earlier of this.#sent.keys()) if (earlier <= sequence) this.#sent.delete(earlier);
    this.#awaitAnswer();
    return sentMs;
  }

  /** Ends the session when the answer to the oldest heartbeat is overdue. */
  #awaitAnswer(): void {
    const { clock } = this.#deps;
    this.#overdue?.cancel();
    if (this.#over || this.#sent.size === 0) return;
    const patienceMs = (this.#mayTurn ? MISSED_SOON : MISSED_BEATS) * this.#intervalMs;
    const leftMs = Math.min(...this.#sent.values()) + patienceMs - clock.monotonicMs();
    if (leftMs <= 0) return this.#end('the coordinator does not answer heartbeats');
    this.#overdue = clock.after(leftMs, () => this.#awaitAnswer());
  }

  /** Brings the next heartbeat forward, never puts it off: however often grants come, beats go out. */
  #beatWithin(delayMs: number): void {
    const { clock } = this.#deps;
    const atMs = clock.monotonicMs() + delayMs;
    if (this.#leaving || atMs >= this.#nextBeatMs) return;
    this.#timer?.cancel();
    this.#nextBeatMs = atMs;
    this.#timer = clock.after(delayMs, () => void this.#beat());
  }

  get #intervalMs(): number {
    return Math.max(MIN_BEAT_MS, this.#welcome?.heartbeatIntervalMs ?? 0);
  }

  async #beat(): Promise<void> {
    if (this.#leaving || this.#over) return;
    this.#nextBeatMs = Infinity;
    const isBusy = this.#deps.holder.size > 0;
    this.#beatWithin(isBusy ? Math.min(this.#intervalMs, PROGRESS_BEAT_MS) : this.#intervalMs);
    this.#say(await this.#load());
  }

  /** One heartbeat. */
  #say(load: Load | undefined): void {
    const { clock, holder, guest } = this.#deps;
    if (this.#leaving || this.#over) return;
    const sequence = ++this.#sequence;
    const leases = holder.all().map(({ fence, progress }) => ({
      fence,
      framesDone: progress.framesDone,
      framesTotal: progress.framesTotal,
      fps: progress.fps,
      speed: progress.speed ?? 0,
      phase: progress.phase,
      logTail: '',
    }));
    this.#sent.set(sequence, clock.monotonicMs());
    this.#write({ $case: 'heartbeat', value: { sequence, load, leases, pause: guest.told } });
    this.#awaitAnswer();
  }

  /** Undefined when the machine takes too long to tell, also while it still does so for an earlier heartbeat. */
  async #load(): Promise<Load | undefined> {
    if (this.#loading) return undefined;
    this.#loading = true;
    const load = this.#deps.load().catch(() => undefined);
    void load.then(() => (this.#loading = false));
    return new Promise((resolve) => {
      const late = this.#deps.clock.after(LOAD_WITHIN_MS, () => resolve(undefined));
      void load.then((value) => {
        late.cancel();
        resolve(value);
      });
    });
  }
}
