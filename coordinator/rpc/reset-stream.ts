import { constants, type ServerHttp2Stream } from 'node:http2';

/**
 * Ends a stream whose peer does not read: a status would wait behind the unread bytes for ever, a reset does not. grpc-js has
 * no public way to it, so its (pinned) inside is asked; a test holds that the peer hears of it.
 */
export function resetStream(call: object): void {
  const inner: unknown = Reflect.get(call, 'call');
  const stream: unknown =
    typeof inner === 'object' && inner !== null ? Reflect.get(inner, 'stream') : undefined;
  (stream as ServerHttp2Stream | undefined)?.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
}
