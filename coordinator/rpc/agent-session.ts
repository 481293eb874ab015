import type { ServerDuplexStream } from '@grpc/grpc-js';
import type { Clock } from '../../shared/clock.ts';
import { GridError, toGridError } from '../../shared/errors.ts';
import { SessionResponse, type SessionRequest } from '../../shared/gen/clipgrid/v1/session.ts';
import type { Logger } from '../../shared/logger.ts';
import type { AgentGateway, OpenSession, SessionSink } from '../grid/agent-gateway.ts';

export interface AgentSessionDeps {
  readonly gateway: AgentGateway;
  readonly clock: Clock;
  readonly logger: Logger;
}

type Call = ServerDuplexStream<SessionRequest, SessionResponse>;
type Message = NonNullable<SessionResponse['message']>;

const HELLO_WITHIN_MS = 10_000;
/** A stream with more than this unread is not being drained (L9). */
const MAX_BUFFERED_BYTES = 32 * 1024 * 1024;
/** Messages of one agent that are being worked on at once; the stream is paused above. */
const MAX_PENDING = 64;

/** One agent's stream: Hello first, then each message in order of arrival, heartbeats never behind slow commits. */
export class AgentSession implements SessionSink {
  readonly #call: Call;
  readonly #deps: AgentSessionDeps;
  #open: OpenSession | undefined;
  #opening: Promise<void> | undefined;
  #ended = false;
  #buffered = 0;
  #pending = 0;

  constructor(call: Call, deps: AgentSessionDeps) {
    this.#call = call;
    this.#deps = deps;
    const deadline = deps.clock.after(HELLO_WITHIN_MS, () => {
      if (this.#opening === undefined) this.end('no Hello came within 10 seconds', true);
    });
    call.on('data', (request: SessionRequest) => this.#received(request));
    call.on('error', (error) => deps.logger.debug({ error: String(error) }, 'a session broke'));
    call.on('end', () => this.end('the agent ended the stream', true));
    call.on('close', () => this.#closed(deadline));
    call.on('cancelled', () => this.#closed(deadline));
  }

  send(message: Message): boolean {
    if (this.#ended) return false;
    const response = { message };
    const bytes = SessionResponse.encode(response).finish().length;
    if (this.#buffered + bytes > MAX_BUFFERED_BYTES) return false;
    this.#buffered += bytes;
    this.#call.write(response, () => {
      this.#buffered -= bytes;
    });
    return true;
  }

  end(reason: string, reconnect: boolean): void {
    if (this.#ended) return;
    this.send({ $case: 'goodbye', value: { reason, reconnect, reconnectAfterMs: 0 } });
    this.#ended = true;
    this.#call.end();
  }

  #received(request: SessionRequest): void {
    const { message } = request;
    if (this.#ended) return;
    if (message === undefined) return this.end('invalid_argument: a message of an unknown kind came', true);
    if (this.#opening === undefined) {
      if (message.$case !== 'hello')
        return this.end('invalid_argument: the first message must be Hello', true);
      this.#opening = this.#hello(message.value);
      return;
    }
    this.#pending++;
    if (this.#pending >= MAX_PENDING) this.#call.pause();
    void this.#handle(message);
  }

  async #hello(hello: Parameters<AgentGateway['open']>[0]): Promise<void> {
    try {
      const open = await this.#deps.gateway.open(hello, this);
      if (this.#ended) return await open.closed();
      this.#open = open;
      this.send({ $case: 'welcome', value: open.welcome });
    } catch (thrown) {
      const error = toGridError(thrown);
      this.end(`${error.code}: ${error.message}`, error.code !== 'invalid_argument');
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
      if (this.#pending < MAX_PENDING) this.#call.resume();
    }
  }

  #closed(deadline: { cancel(): void }): void {
    deadline.cancel();
    this.#ended = true;
    const open = this.#open;
    this.#open = undefined;
    if (open) void open.closed().catch(() => undefined);
  }
}
