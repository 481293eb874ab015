/** What one peer, or all of them, may take of a gRPC server (L9). */
export interface RpcLimits {
  /** A connection that was silent for so long is asked for a sign of life ... */
  readonly keepaliveTimeMs: number;
  /** ... and closed when none comes for so long. */
  readonly keepaliveTimeoutMs: number;
  /** A connection without a call is closed after that. */
  readonly idleConnectionMs: number;
  readonly streamsPerConnection: number;
  /** Agent sessions on this process. */
  readonly sessions: number;
  /** Of them, how many may be let in at once: a crowd that returns must leave the database to those who work. */
  readonly openings: number;
  /** Event, health and reflection streams of each service on this process. */
  readonly watches: number;
  /** The first message of a session must have come by then. */
  readonly helloWithinMs: number;
  /** A stream with so much unread, or with anything unread for so long, is not being drained: it is ended. */
  readonly unreadBytes: number;
  readonly unreadMs: number;
  /** Messages of one agent that are worked on at once; its stream is paused above. */
  readonly pendingMessages: number;
  /** An agent that says more is ended: so many at once, then so many a second. */
  readonly messageBurst: number;
  readonly messagesPerSecond: number;
  /** A unary call is answered by then, whatever deadline the client has set. */
  readonly unaryMs: number;
  /** A reflection stream lives so long. */
  readonly reflectionMs: number;
}

export const DEFAULT_RPC_LIMITS: RpcLimits = {
  keepaliveTimeMs: 20_000,
  keepaliveTimeoutMs: 10_000,
  idleConnectionMs: 300_000,
  streamsPerConnection: 2_000,
  sessions: 10_000,
  openings: 8,
  watches: 200,
  helloWithinMs: 10_000,
  unreadBytes: 32 * 1024 * 1024,
  unreadMs: 30_000,
  pendingMessages: 64,
  messageBurst: 5_000,
  messagesPerSecond: 1_000,
  unaryMs: 20_000,
  reflectionMs: 300_000,
};
