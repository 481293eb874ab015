import type { ServerDuplexStream } from '@grpc/grpc-js';
import type { Clock, Timer } from '../../shared/clock.ts';
import { NONCE_BYTES } from '../../shared/agent-proof.ts';
import { GridError, toGridError } from '../../shared/errors.ts';
import { SessionResponse, type SessionRequest } from '../../shared/gen/clipgrid/v1/session.ts';
import type { IdSource } from '../../shared/ids.ts';
import type { Logger } from '../../shared/logger.ts';
import type { Turnstile } from '../../shared/turnstile.ts';
import type { AgentGateway, OpenSession, SessionSink } from '../grid/agent-gateway.ts';
import type { AgentClaim } from '../grid/face.ts';
import type { RpcLimits } from './limits.ts';
import { MessageMeter } from './message-meter.ts';
import { UnreadWatch } from './unread-watch.ts';

export interface AgentSessionDeps {
  readonly gateway: AgentGateway;
  /** Throws unless the agent may come in. */
  admit(claim: AgentClaim): Promise<void>;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly logger: Logger;
  readonly limits: RpcLimits;
  readonly openings: Turnstile;
  /** The largest message that an agent takes. */
  readonly maxMessageBytes: number;
}

/** Messages are written as bytes: their length is needed here, and to encode them once is enough. */
export type SessionCall = ServerDuplexStream<SessionRequest, Buffer>;
/** The agent would be refused again: it must change first. */
const FINAL: ReadonlySet<string> = new Set([
  'invalid_argument',
  'failed_precondition',
  'unauthenticated',
  'permission_denied',
]);

type Message = NonNullable<SessionResponse['message']>;

/** One agent's stream: Hello first, then each message in order of arrival, heartbeats never behind slow commits. */
export class AgentSession implements SessionSink {
  readonly #call: SessionCall;
  readonly #deps: AgentSessionDeps;
  readonly #unread: UnreadWatch;
  readonly #meter: MessageMeter;
  readonly #hello: Timer;
  readonly #nonce: Uint8Array;
  #open: OpenSession | undefined;
  #opening: Promise<void> | undefined;
  #ended = false;
  #stopping = false;
  #pending = 0;

  constructor(call: SessionCall, deps: AgentSessionDeps) {
    this.#call = call;
    this.#deps = deps;
    const { clock, limits, ids } = deps;
    // A copy: what Buffer.from makes is a view of a shared slab of 64 KiB, which a session would keep alive.
    this.#nonce = new Uint8Array(Buffer.from(ids.secret(NONCE_BYTES), 'base64url'));
    this.#unread = new UnreadWatch(call, deps);
    this.#meter = new MessageMeter(clock, limits);
    this.#hello = clock.after(limits.helloWithinMs, () => {
      if (this.#opening === undefined)
        this.end(`no Hello came within ${limits.helloWithinMs / 1000} seconds`, true);
    });
    call.on('data', (request: SessionRequest) => this.#received(request));
    call.on('error', (error) => deps.logger.debug({ error: String(error) }, 'a session broke'));
    call.on('end', () => this.end('the agent ended the stream', true));
    call.on('close', () => this.#closed());
    call.on('cancelled', () => this.#closed());
    this.send({ $case: 'challenge', value: { nonce: this.#nonce } });
  }

  send(message: Message): boolean {
    if (this.#ended) return false;
    const bytes = encode(message);
    const { maxMessageBytes } = this.#deps;
    if (bytes.length > maxMessageBytes) {
      const why = `a ${message.$case} of ${bytes.length} bytes is more than a message may have (${maxMessageBytes})`;
      throw new GridError('too_large', why);
    }
    if (!this.#unread.fits(bytes.length)) return false;
    this.#call.write(bytes, this.#unread.sent(bytes.length));
    return true;
  }

  /** The process is going to end: the agent is to come back, here or to another coordinator. */
  stop(): void {
    this.#stopping = true;
    this.end('the coordinator is stopping', true);
  }

  end(reason: string, reconnect: boolean): void {
    if (this.#ended) return;
    this.send({ $case: 'goodbye', value: { reason, reconnect, reconnectAfterMs: 0 } });
    this.#ended = true;
    this.#call.end();
    this.#unread.ending();
  }

  #received(request: SessionRequest): void {
    const { message } = request;
    if (this.#ended) return;
    if (!this.#meter.take()) {
      const { messagesPerSecond } = this.#deps.limits;
      return this.end(`resource_exhausted: more than ${messagesPerSecond} messages a second came`, true);
    }
    if (message === undefined) return this.end('invalid_argument: a message of an unknown kind came', true);
    if (this.#opening === undefined) {
      if (message.$case !== 'hello')
        return this.end('invalid_argument: the first message must be Hello', true);
      this.#opening = this.#greet(message.value);
      return;
    }
    this.#pending++;
    if (this.#pending >= this.#deps.limits.pendingMessages) this.#call.pause();
    void this.#handle(message);
  }

  async #greet(hello: Parameters<AgentGateway['open']>[0]): Promise<void> {
    try {
      await this.#deps.openings.run(() => this.#enter(hello));
    } catch (thrown) {
      const error = toGridError(thrown);
      this.end(`${error.code}: ${error.message}`, !FINAL.has(error.code));
    }
  }

  async #enter(hello: Parameters<AgentGateway['open']>[0]): Promise<void> {
    // It gave up while it waited.
    if (this.#ended) return;
    const { gateway, admit } = this.#deps;
    const claim = { agentId: hello.agentId, proof: hello.proof, nonce: this.#nonce };
    await admit(claim);
    const open = await gateway.open(hello, this);
    await this.#stillAdmitted(claim, open);
    if (this.#ended) return open.closed(this.#why);
    this.#open = open;
    this.send({ $case: 'welcome', value: open.welcome });
    if (open.drain) this.send({ $case: 'drain', value: open.drain });
  }

  /** An agent that was revoked while it came in had no session yet that the revocation could end. */
  async #stillAdmitted(claim: AgentClaim, open: OpenSession): Promise<void> {
    try {
      await this.#deps.admit(claim);
    } catch (thrown) {
      await open.closed('broken');
      throw thrown;
    }
  }

  async #handle(message: NonNullable<SessionRequest['message']>): Promise<void> {
    try {
      await this.#opening;
      await this.#open?.receive(message);
    } catch (thrown) {
      const error = toGridError(thrown);
      this.#deps.logger.warn(
        { code: error.code, error: error.message, kind: message.$case },
        'a message failed',
      );
      // What may pass by itself is said again by the agent; a broken protocol will not mend.
      if (!(thrown instanceof GridError && thrown.retryable) && error.code !== 'unavailable') {
        this.end(`${error.code}: ${error.message}`, true);
      }
    } finally {
      this.#pending--;
      if (this.#pending < this.#deps.limits.pendingMessages) this.#call.resume();
    }
  }

  #closed(): void {
    this.#hello.cancel();
    this.#unread.close();
    this.#ended = true;
    const open = this.#open;
    this.#open = undefined;
    if (open) void open.closed(this.#why).catch(() => undefined);
  }

  get #why(): 'broken' | 'stopping' {
    return this.#stopping ? 'stopping' : 'broken';
  }
}

function encode(message: Message): Buffer {
  const { buffer, byteOffset, byteLength } = SessionResponse.encode({ message }).finish();
  return Buffer.from(buffer, byteOffset, byteLength);
}
