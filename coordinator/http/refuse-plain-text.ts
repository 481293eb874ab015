import type { Server } from 'node:https';
import type { Socket } from 'node:net';
import { problemMessage } from './problem-message.ts';

/** First byte of a TLS handshake record (RFC 8446 section 5.1). */
const HANDSHAKE = 0x16;
const FIRST_BYTE_WITHIN_MS = 20_000;
const HINT = 'this port speaks TLS only: use https:// (and, for a CA of your own, CLIPGRID_CA or --cacert)';

/** Lets a TLS server answer plain HTTP with words instead of a closed connection. */
export function refusePlainText(server: Server): void {
  const handshake = server.listeners('connection') as ((socket: Socket) => void)[];
  server.removeAllListeners('connection');
  server.on('connection', (socket: Socket) => {
    const silent = (): void => void socket.destroy();
    socket.setTimeout(FIRST_BYTE_WITHIN_MS, silent);
    socket.on('error', silent);
    socket.once('readable', () => {
      const first = socket.read() as Buffer | null;
      socket.setTimeout(0);
      socket.off('timeout', silent);
      if (first === null) return silent();
      if (first[0] !== HANDSHAKE) return void socket.end(problemMessage(400, 'invalid_argument', HINT));
      socket.off('error', silent);
      socket.unshift(first);
      for (const begin of handshake) begin.call(server, socket);
    });
  });
}
