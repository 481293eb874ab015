import { once } from 'node:events';
import { createServer, request as ask } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';

/** What a proxy did: `CONNECT host:port`, or `GET http://host:port/path`. */
export interface TestHttpProxy {
  readonly url: string;
  readonly said: string[];
  close(): Promise<void>;
}

/**
 * An HTTP proxy as companies have them: tunnels by CONNECT, and whole URLs. It alone knows where `host` is: on this machine.
 * Whoever has not its user and password is refused.
 */
export async function startHttpProxy(host: string, credentials: string): Promise<TestHttpProxy> {
  const said: string[] = [];
  const sockets = new Set<Socket>();
  const wanted = `Basic ${Buffer.from(credentials).toString('base64')}`;
  const server = createServer((incoming, answer) => {
    const url = new URL(incoming.url ?? '');
    if (incoming.headers['proxy-authorization'] !== wanted || url.hostname !== host)
      return void answer.writeHead(407).end();
    said.push(`${incoming.method} ${url.origin}`);
    const { 'proxy-authorization': _, ...headers } = incoming.headers;
    const path = `${url.pathname}${url.search}`;
    const options = { host: '127.0.0.1', port: url.port, path, method: incoming.method, headers };
    const onward = ask(options, (response) => {
      answer.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(answer);
    });
    onward.on('error', () => answer.destroy());
    incoming.pipe(onward);
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket));
  });
  server.on('connect', (incoming, socket: Socket, head) => {
    const [name, port] = (incoming.url ?? '').split(':');
    if (incoming.headers['proxy-authorization'] !== wanted || name !== host)
      return void socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
    said.push(`CONNECT ${incoming.url}`);
    const onward = connect(Number(port), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      if (head.length > 0) onward.write(head);
      onward.pipe(socket).pipe(onward);
    });
    onward.on('error', () => socket.destroy());
    socket.on('close', () => onward.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://${credentials}@127.0.0.1:${(server.address() as AddressInfo).port}`,
    said,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((done) => server.close(done));
    },
  };
}
