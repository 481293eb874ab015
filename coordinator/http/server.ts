import { createServer, maxHeaderSize, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Clock } from '../../shared/clock.ts';
import { GridError } from '../../shared/errors.ts';
import { problemMessage } from './problem-message.ts';
import { refusePlainText } from './refuse-plain-text.ts';
import type { Service } from '../../shared/service.ts';

export interface HttpServerOptions {
  readonly name: string;
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly clock: Clock;
  readonly listener: RequestListener;
  /** Absent: plain text. */
  readonly tls?: ServerTls;
}

/** PEM texts. */
export interface ServerTls {
  readonly cert: Buffer;
  readonly key: Buffer;
}

export interface HttpServer extends Service {
  /** The port in use, once started. */
  readonly port: number;
}

const GRACE_MS = 3_000;

/** A request that is no HTTP never reaches a handler; its sender is told all the same. */
function answerBrokenRequest(error: Error & { readonly code?: string }, socket: Duplex): void {
  if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy();
  const tooLarge = error.code === 'HPE_HEADER_OVERFLOW';
  const [status, code] = tooLarge ? ([431, 'too_large'] as const) : ([400, 'invalid_argument'] as const);
  const detail = tooLarge
    ? `the headers of the request are larger than ${maxHeaderSize} bytes`
    : `the request is not valid HTTP: ${error.message}`;
  socket.end(problemMessage(status, code, detail));
}

/** The target as a path, of a request to a proxy too; undefined: it is no URL, and frameworks fail on it before anybody can answer. */
function pathOf(target: string): string | undefined {
  if (target.startsWith('/') || target === '*') return target;
  const url = URL.canParse(target) ? new URL(target) : undefined;
  return url?.pathname.startsWith('/') ? url.pathname + url.search : undefined;
}

function guarded(listener: RequestListener): RequestListener {
  return (request, response) => {
    const path = pathOf(request.url ?? '');
    if (path === undefined)
      return void request.socket.end(
        problemMessage(400, 'invalid_argument', 'the target of the request is no URL'),
      );
    request.url = path;
    return listener(request, response);
  };
}

function openServer({ tls, listener: inner }: HttpServerOptions): Server {
  const listener = guarded(inner);
  const limits = { headersTimeout: 20_000 };
  if (tls === undefined) return createServer(limits, listener);
  const { cert, key } = tls;
  const server = createTlsServer({ ...limits, cert, key }, listener);
  refusePlainText(server);
  return server;
}

/** One HTTP listener. Stopping lets requests in flight end for a moment, then cuts them. */
export function createHttpServer(options: HttpServerOptions): HttpServer {
  const server = openServer(options);
  // An upload of a large film may take hours; silence is limited by whoever reads it.
  server.requestTimeout = 0;
  server.on('clientError', answerBrokenRequest);
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
