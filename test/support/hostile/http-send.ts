import { request, type Agent } from 'node:http';
import { connect } from 'node:net';

/** One request as it goes out; `path` as it stands in the first line. */
export interface HostileRequest {
  readonly what: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body?: Buffer;
}

export interface HostileAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The beginning, at most 256 KiB. */
  readonly text: string;
}

const WITHIN_MS = 60_000;
const MAX_TEXT = 256 * 1024;

/** Sends it and reads the answer; of one without end (server-sent events) the first bytes. */
export function send(port: number, one: HostileRequest, agent: Agent): Promise<HostileAnswer> {
  const { method, path, headers, body, what } = one;
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': String(body.length) };
    const sending = request({
      host: '127.0.0.1',
      port,
      method,
      path,
      headers: { ...length, ...headers },
      agent,
      timeout: WITHIN_MS,
    });
    sending.on('timeout', () =>
      sending.destroy(new Error(`no answer: ${what}: ${method} ${path.slice(0, 200)}`)),
    );
    sending.on('error', reject);
    sending.on('response', (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      const settle = (): void =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: Buffer.concat(chunks).toString('utf8'),
        });
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        bytes += chunk.length;
        const endless = response.headers['content-type']?.startsWith('text/event-stream') ?? false;
        if (!endless && bytes < MAX_TEXT) return;
        settle();
        sending.destroy();
      });
      response.on('end', settle);
      response.on('error', () => undefined);
    });
    sending.end(body);
  });
}

/** Sends bytes that need not be HTTP, and reads until the other side closes or has answered. */
export function sendRaw(port: number, bytes: Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    socket.setTimeout(WITHIN_MS, () => {
      socket.destroy();
      reject(
        new Error(
          `neither an answer nor an end to ${JSON.stringify(bytes.toString('latin1').slice(0, 200))}`,
        ),
      );
    });
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      if (text.includes('\r\n\r\n')) socket.destroy();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(text));
    socket.end(bytes);
  });
}

const HEAD = (path: string): string => `POST ${path} HTTP/1.1\r\nHost: x\r\n`;

/** What is no HTTP, or hardly: broken chunks, two lengths, bodies that are cut off, heads without end. */
export function rawRequests(path: string, token: string): Buffer[] {
  const head = `${HEAD(path)}Authorization: Bearer ${token}\r\nToken: ${token}\r\nContent-Type: application/json\r\n`;
  const chunked = `${head}Transfer-Encoding: chunked\r\n\r\n`;
  return [
    `${chunked}zz\r\n{}\r\n0\r\n\r\n`,
    `${chunked}2\r\n{}`,
    `${chunked}-1\r\n{}\r\n`,
    `${chunked}ffffffffffffffff\r\n{}\r\n`,
    `${chunked}2\r\n{}xx0\r\n\r\n`,
    `${chunked}2;${'e'.repeat(20_000)}\r\n{}\r\n0\r\n\r\n`,
    `${head}Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n0\r\n\r\n`,
    `${head}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`,
    `${head}Content-Length: -5\r\n\r\n{}`,
    `${head}Content-Length: 99999\r\n\r\n{"a":`,
    `${head}Content-Length: 1e3\r\n\r\n{}`,
    `${head}Content-Encoding: gzip\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}`,
    `${head}Expect: 200-maybe\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}`,
    `${head}X: ${'y'.repeat(70_000)}\r\n\r\n`,
    `${head}${'A: b\r\n'.repeat(3_000)}\r\n`,
    `${head}Bad Header: 1\r\n\r\n`,
    `${head}N: a\0b\r\n\r\n`,
    `GET ${'/x'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`,
    `GET ${path}\u00ff HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
    `GET http://[::1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
    `GET //evil.example/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
    `GET * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
    `CONNECT 127.0.0.1:1 HTTP/1.1\r\nHost: x\r\n\r\n`,
    `GET ${path} HTTP/9.9\r\n\r\n`,
    `GET ${path} HTTP/1.0\r\n\r\n`,
    `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n`,
    `GET ${path} HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\nConnection: Upgrade, close\r\n\r\n`,
    `\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03`,
    `\0\0\0\0`,
    '',
  ].map((text) => Buffer.from(text, 'latin1'));
}
