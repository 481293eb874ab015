import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A TCP relay in front of one port that counts what passes, in both directions together, heads of HTTP included. */
export interface ByteMeter {
  readonly port: number;
  bytes(): number;
  stop(): void;
}

export async function startByteMeter(toPort: number): Promise<ByteMeter> {
  let bytes = 0;
  const sockets = new Set<Socket>();
  const pass = (from: Socket, to: Socket): void => {
    sockets.add(from);
    from.on('data', (chunk) => (bytes += chunk.length));
    from.pipe(to);
    from.on('error', () => to.destroy());
    from.on('close', () => {
      sockets.delete(from);
      to.destroy();
    });
  };
  const server = createServer((client) => {
    const upstream = connect(toPort, '127.0.0.1');
    pass(client, upstream);
    pass(upstream, client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    bytes: () => bytes,
    stop() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
