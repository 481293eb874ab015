import type {
  DrainNotice,
  Hello,
  SessionRequest,
  SessionResponse,
  Welcome,
} from '../../shared/gen/clipgrid/v1/session.ts';

/** How the grid talks to one agent. `rpc/` implements it over the stream. */
export interface SessionSink {
  /**
   * False: the agent does not drain its stream and the session must end (L9). Throws `too_large` for a message that no
   * agent takes.
   */
  send(message: NonNullable<SessionResponse['message']>): boolean;
  /** Ends the stream after a Goodbye. */
  end(reason: string, reconnect: boolean): void;
}

export interface OpenSession {
  readonly welcome: Welcome;
  /** To be sent after `welcome`: the agent is to drain, since before this session (L13). */
  readonly drain?: DrainNotice;
  /** Any message after Hello. Rejects with `invalid_argument` on a protocol error: the session is to be ended. */
  receive(message: NonNullable<SessionRequest['message']>): Promise<void>;
  /**
   * The stream is gone. `broken`: its leases are shortened to the grace period. `stopping`: this coordinator ended it
   * because it stops itself; that is no fault of the agent, which keeps the whole ttl to come back, here or elsewhere.
   */
  closed(why: 'broken' | 'stopping'): Promise<void>;
}

/** Where agent sessions enter the grid. */
export interface AgentGateway {
  /**
   * Registers the agent (L8: the newer session wins, a Hello that comes late is `failed_precondition`) and sends nothing
   * before it resolved.
   */
  open(hello: Hello, sink: SessionSink): Promise<OpenSession>;
}
