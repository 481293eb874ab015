import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../../shared/clock.ts';
import { GridError } from '../../shared/errors.ts';
import type { Service } from '../../shared/service.ts';

export interface HttpServerOptions {
  readonly name: string;
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly clock: Clock;
  readonly listener: RequestListener;
}

export interface HttpServer extends Service {
  /** The port in use, once started. */
  readonly port: number;
}

const GRACE_MS = 3_000;

/** One HTTP listener. Stopping lets requests in flight end for a moment, then cuts them. */
export function createHttpServer(options: HttpServerOptions): HttpServer {
  const server = createServer({ headersTimeout: 20_000 }, options.listener);
  // An upload of a large film may take hours; silence is limited by whoever reads it.
  server.requestTimeout = 0;
  let port = options.port;
  return {
    name: options.name,
    get port() {
      return port;
    },
    async start() {
      await new Promise<void>((resolve, reject) => {
        server.once('error', (error: NodeJS.ErrnoException) => {
          const why = error.code === 'EADDRINUSE' ? 'the port is in use by another program' : error.message;
          reject(
            new GridError(
              'unavailable',
              `${options.name} cannot listen on ${options.host}:${options.port}: ${why}`,
            ),
          );
        });
        server.listen(options.port, options.host, resolve);
      });
      port = (server.address() as AddressInfo).port;
    },
    async stop() {
      if (!server.listening) return;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      const timer = options.clock.after(GRACE_MS, () => server.closeAllConnections());
      await closed;
      timer.cancel();
    },
  };
}
