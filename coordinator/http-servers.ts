import type { RequestListener } from 'node:http';
import Koa from 'koa';
import type { Clock } from '../shared/clock.ts';
import type { Logger } from '../shared/logger.ts';
import type { Dialect } from './dialects/dialect.ts';
import { createHttpServer, type HttpServer, type ServerTls } from './http/server.ts';

export interface HttpServersInput {
  /** What the main port serves. */
  readonly app: Koa;
  readonly host: string;
  readonly port: number;
  readonly dialects: readonly Dialect[];
  readonly clock: Clock;
  /** Absent: plain text. */
  readonly tls?: ServerTls;
  readonly logger: Logger;
}

function listenerOf(app: Koa): RequestListener {
  const answer = app.callback();
  return (request, response) => void answer(request, response);
}

/** The main port, and those of dialects that have one of their own, named as the dialects are. */
export function httpServers(input: HttpServersInput): { main: HttpServer; own: HttpServer[] } {
  const { app, host, port, clock, logger } = input;
  const tls = input.tls ? { tls: input.tls } : {};
  const main = createHttpServer({ name: 'HTTP', host, port, clock, listener: listenerOf(app), ...tls });
  const own = input.dialects
    .filter((dialect) => dialect.port !== 0)
    .map((dialect) => {
      const koa = new Koa();
      // Errors below koa (a client that went away) must not reach the console.
      koa.on('error', (error: Error) => logger.debug({ error: String(error) }, 'http'));
      koa.use(dialect.app);
      const { name, port: ownPort } = dialect;
      return createHttpServer({ name, host, port: ownPort, clock, listener: listenerOf(koa), ...tls });
    });
  return { main, own };
}
