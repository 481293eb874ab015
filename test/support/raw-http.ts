import { createServer, type AddressInfo, type Socket } from 'node:net';

export interface RawServer {
  readonly port: number;
  /** The requests that came, as they are. */
  readonly requests: readonly string[];
  /** Resolves when all connections of clients are gone. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

/** A server that says anything, right or wrong: `answer` gets the socket once the head of a request is there. */
export async function startRawServer(answer: (socket: Socket, request: string) => void): Promise<RawServer> {
  const requests: string[] = [];
  const sockets = new Set<Socket>();
  let gone = (): void => undefined;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => {
      sockets.delete(socket);
      if (sockets.size === 0) gone();
    });
    let text = '';
    socket.on('data', (bytes) => {
      const before = text.includes('\r\n\r\n');
      text += bytes.toString();
      if (before || !text.includes('\r\n\r\n')) return;
      requests.push(text);
      answer(socket, text);
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    port: (server.address() as AddressInfo).port,
    requests,
    async idle() {
      if (sockets.size > 0) await new Promise<void>((resolve) => (gone = resolve));
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((done) => server.close(done));
    },
  };
}

/** A whole answer with these headers and this body, as they are. */
export function rawAnswer(status: number, headers: Readonly<Record<string, string>>, body = ''): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} X\r\n${lines.join('')}\r\n${body}`;
}
