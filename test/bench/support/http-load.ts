import { connect, type Socket } from 'node:net';
import { percentile } from './stats.ts';

export interface Load {
  readonly port: number;
  /** Connections, each with one request at a time. */
  readonly clients: number;
  readonly seconds: number;
  /** The text of a request, head and body. */
  request(): string;
  readonly status: number;
}

export interface LoadFigures {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const END_OF_HEAD = '\r\n\r\n';

/** Length of the answer that a buffer begins with; undefined: it is not all there. */
function answerBytes(buffer: Buffer): number | undefined {
  const head = buffer.indexOf(END_OF_HEAD);
  if (head < 0) return undefined;
  const length = /content-length: (\d+)/i.exec(buffer.toString('latin1', 0, head))?.[1];
  if (length === undefined) throw new Error('the answer does not say how long it is');
  const whole = head + END_OF_HEAD.length + Number(length);
  return buffer.length >= whole ? whole : undefined;
}

/** One answer; bare sockets, because the processor time of a client would be taken from the server's. */
function ask(socket: Socket, { request, status }: Load): Promise<void> {
  return new Promise((resolve, reject) => {
    let buffer: Buffer = Buffer.alloc(0);
    const done = (error?: Error): void => {
      socket.removeAllListeners('data').removeAllListeners('error');
      if (error) reject(error);
      else resolve();
    };
    socket.on('error', done);
    socket.on('data', (chunk: Buffer) => {
      buffer = buffer.length === 0 ? chunk : Buffer.concat([buffer, chunk]);
      try {
        if (answerBytes(buffer) === undefined) return;
      } catch (error) {
        return done(error instanceof Error ? error : new Error(String(error)));
      }
      const said = buffer.toString('latin1', 9, 12);
      done(said === String(status) ? undefined : new Error(buffer.toString('utf8', 0, 500)));
    });
    socket.write(request());
  });
}

/** Asks as fast as the answers come. */
export async function httpLoad(load: Load): Promise<LoadFigures> {
  const waits: number[] = [];
  const endMs = performance.now() + load.seconds * 1000;
  const client = async (): Promise<void> => {
    const socket = connect(load.port, '127.0.0.1').setNoDelay();
    while (performance.now() < endMs) {
      const fromMs = performance.now();
      await ask(socket, load);
      waits.push(performance.now() - fromMs);
    }
    socket.destroy();
  };
  const fromMs = performance.now();
  await Promise.all(Array.from({ length: load.clients }, client));
  const seconds = (performance.now() - fromMs) / 1000;
  return {
    perSecond: waits.length / seconds,
    p50Ms: percentile(waits, 0.5),
    p99Ms: percentile(waits, 0.99),
  };
}
