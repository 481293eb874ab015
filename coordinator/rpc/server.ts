import {
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type UntypedServiceImplementation,
  type ServiceDefinition,
} from '@grpc/grpc-js';
import { GridError } from '../../shared/errors.ts';
import {
  AgentServiceService,
  type SessionRequest,
  type SessionResponse,
} from '../../shared/gen/clipgrid/v1/session.ts';
import type { Service } from '../../shared/service.ts';
import { AgentSession, type AgentSessionDeps } from './agent-session.ts';
import { authenticate, toStatus, type RpcAuth } from './authenticate.ts';

/** A gRPC service and what answers it. */
export interface RpcService {
  readonly definition: ServiceDefinition;
  readonly implementation: UntypedServiceImplementation;
}

export interface RpcServerOptions extends AgentSessionDeps {
  readonly auth: RpcAuth;
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly maxMessageBytes: number;
  /** Served beside the agents' service: admin, health, reflection. */
  readonly services: readonly RpcService[];
}

export interface RpcServer extends Service {
  /** The port in use, once started. */
  readonly port: number;
}

/** Keepalive on both sides finds a peer that is gone without a word in about half a minute. */
const CHANNEL = {
  'grpc.keepalive_time_ms': 20_000,
  'grpc.keepalive_timeout_ms': 10_000,
  'grpc.keepalive_permit_without_calls': 1,
  'grpc.http2.min_ping_interval_without_data_ms': 5_000,
  'grpc.max_concurrent_streams': 10_000,
};

/** The gRPC server of a coordinator. */
export function createRpcServer(options: RpcServerOptions): RpcServer {
  const server = new Server({
    ...CHANNEL,
    'grpc.max_receive_message_length': options.maxMessageBytes,
    'grpc.max_send_message_length': options.maxMessageBytes,
  });
  const sessions = new Set<AgentSession>();
  server.addService(AgentServiceService, {
    session(call: ServerDuplexStream<SessionRequest, SessionResponse>) {
      call.pause();
      authenticate(options.auth, call.metadata, 'agent').then(
        () => {
          const session = new AgentSession(call, options);
          sessions.add(session);
          call.on('close', () => sessions.delete(session));
          call.resume();
        },
        (error: unknown) => call.destroy(Object.assign(new Error('refused'), toStatus(error))),
      );
    },
  });
  for (const { definition, implementation } of options.services)
    server.addService(definition, implementation);
  let port = 0;
  return {
    name: 'gRPC server',
    get port() {
      return port;
    },
    start: () =>
      new Promise((resolve, reject) => {
        server.bindAsync(
          `${options.host}:${options.port}`,
          ServerCredentials.createInsecure(),
          (error, bound) => {
            if (error) {
              const message = `gRPC cannot listen on ${options.host}:${options.port}: ${error.message}; is another coordinator running?`;
              return reject(new GridError('unavailable', message));
            }
            port = bound;
            resolve();
          },
        );
      }),
    async stop() {
      for (const session of sessions) session.end('the coordinator is stopping', true);
      const timer = options.clock.after(2_000, () => server.forceShutdown());
      await new Promise<void>((resolve) => server.tryShutdown(() => resolve()));
      timer.cancel();
    },
  };
}
