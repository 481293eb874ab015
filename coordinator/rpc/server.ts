import { Server, ServerCredentials } from '@grpc/grpc-js';
import { GridError } from '../../shared/errors.ts';
import { AgentServiceService, SessionRequest } from '../../shared/gen/clipgrid/v1/session.ts';
import type { Service } from '../../shared/service.ts';
import { Turnstile } from '../../shared/turnstile.ts';
import { AgentSession, type AgentSessionDeps, type SessionCall } from './agent-session.ts';
import type { AgentAuth } from '../domain/enrolment.ts';
import type { AgentClaim, EnrolmentFace } from '../grid/face.ts';
import { authenticate, type RpcAuth } from './authenticate.ts';
import { enrolCall } from './enrol.ts';
import { DEFAULT_RPC_LIMITS, type RpcLimits } from './limits.ts';
import { OpenStreams } from './open-streams.ts';
import type { RpcService } from './rpc-service.ts';
import { reportStatus } from './status.ts';

export interface RpcServerOptions extends Omit<AgentSessionDeps, 'limits' | 'admit' | 'openings'> {
  readonly auth: RpcAuth;
  readonly agentAuth: AgentAuth;
  readonly enrolment: EnrolmentFace;
  /** Absent: plain text. */
  readonly tls?: RpcTls;
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Default: `DEFAULT_RPC_LIMITS`. */
  readonly limits?: RpcLimits;
  /** Served beside the agents' service: admin, health, reflection. */
  readonly services: readonly RpcService[];
}

/** PEM texts; with `clientCa` every client must show a certificate of it. */
export interface RpcTls {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly clientCa?: Buffer;
}

export interface RpcServer extends Service {
  /** The port in use, once started. */
  readonly port: number;
}

const STOP_WITHIN_MS = 2_000;

/**
 * What is no message of the schema becomes one that says nothing, and is refused in words like it: a second one that throws
 * leaves grpc-js's stream without an end.
 */
function decode(bytes: Buffer): SessionRequest {
  try {
    return SessionRequest.decode(bytes);
  } catch {
    return { message: undefined };
  }
}

/** A session encodes its messages itself. */
const SERVICE = {
  ...AgentServiceService,
  session: {
    ...AgentServiceService.session,
    requestDeserialize: decode,
    responseSerialize: (bytes: Buffer): Buffer => bytes,
  },
};

/** Keepalive on both sides finds a peer that is gone without a word in about half a minute. */
function channelOptions(limits: RpcLimits, maxMessageBytes: number): Record<string, number> {
  return {
    'grpc.keepalive_time_ms': limits.keepaliveTimeMs,
    'grpc.keepalive_timeout_ms': limits.keepaliveTimeoutMs,
    'grpc.keepalive_permit_without_calls': 1,
    'grpc.http2.min_ping_interval_without_data_ms': 5_000,
    'grpc.max_connection_idle_ms': limits.idleConnectionMs,
    'grpc.max_concurrent_streams': limits.streamsPerConnection,
    'grpc.max_receive_message_length': maxMessageBytes,
    'grpc.max_send_message_length': maxMessageBytes,
    // Counters of every connection and message, for a service that nobody here serves.
    'grpc.enable_channelz': 0,
  };
}

/** The gRPC server of a coordinator. */
export function createRpcServer(options: RpcServerOptions): RpcServer {
  const { agentAuth, enrolment } = options;
  const limits = options.limits ?? DEFAULT_RPC_LIMITS;
  const server = new Server(channelOptions(limits, options.maxMessageBytes));
  const sessions = new Set<AgentSession>();
  const open = new OpenStreams('agent sessions', limits.sessions);
  const queue = { atOnce: limits.openings, waiting: limits.sessions, of: 'agents that come in' };
  const openings = new Turnstile(queue);

  async function accept(call: SessionCall): Promise<void> {
    call.pause();
    const leave = open.enter();
    call.on('close', leave);
    // The other modes ask for nothing, or for what Hello proves.
    if (agentAuth === 'token') await authenticate(options.auth, call.metadata, 'agent');
    if (call.cancelled || call.destroyed) return;
    const admit = (claim: AgentClaim): Promise<void> => enrolment.admit(claim, agentAuth);
    const session = new AgentSession(call, { ...options, limits, admit, openings });
    sessions.add(session);
    call.on('close', () => sessions.delete(session));
    call.resume();
  }

  server.addService(SERVICE, {
    enrol: enrolCall({ ...options, limits }),
    session(call: SessionCall) {
      accept(call).catch((error: unknown) =>
        call.emit('error', reportStatus(options.logger, call.getPath(), error)),
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
    async start() {
      port = await listen(server, options);
    },
    async stop() {
      for (const service of options.services) service.stop?.();
      for (const session of sessions) session.stop();
      const timer = options.clock.after(STOP_WITHIN_MS, () => server.forceShutdown());
      await new Promise<void>((resolve) => server.tryShutdown(() => resolve()));
      timer.cancel();
    },
  };
}

function credentialsOf(tls: RpcTls | undefined): ServerCredentials {
  if (tls === undefined) return ServerCredentials.createInsecure();
  const { cert, key, clientCa } = tls;
  const pair = { cert_chain: cert, private_key: key };
  return ServerCredentials.createSsl(clientCa ?? null, [pair], clientCa !== undefined);
}

function listen(server: Server, { host, port, tls }: RpcServerOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(`${host}:${port}`, credentialsOf(tls), (error, bound) => {
      if (error === null) return resolve(bound);
      const message = `gRPC cannot listen on ${host}:${port}: ${error.message}; is another coordinator running?`;
      reject(new GridError('unavailable', message));
    });
  });
}
