import type { ChannelOptions } from '@grpc/grpc-js';

export interface ChannelTimes {
  /** A connection that was silent for so long is asked for a sign of life ... */
  readonly pingAfterMs: number;
  /** ... and taken for dead when none comes for so long. */
  readonly pongWithinMs: number;
}

/** The largest message in either direction; the coordinator's limit is the same. */
export const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

const TIMES: ChannelTimes = { pingAfterMs: 15_000, pongWithinMs: 10_000 };

/** Both sides ping: a peer that vanished without a word is found in half a minute, through NAT too. */
export function channelOptions({ pingAfterMs, pongWithinMs }: ChannelTimes = TIMES): ChannelOptions {
  return {
    'grpc.keepalive_time_ms': pingAfterMs,
    'grpc.keepalive_timeout_ms': pongWithinMs,
    'grpc.keepalive_permit_without_calls': 1,
    'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
    'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
    'grpc.initial_reconnect_backoff_ms': 200,
    // A coordinator that is back is found before the leases are lost.
    'grpc.max_reconnect_backoff_ms': 1_500,
  };
}
