import { Server, ServerCredentials, type ServerDuplexStream } from '@grpc/grpc-js';
import {
  AgentServiceService,
  Welcome,
  type SessionRequest,
  type SessionResponse,
} from '../../shared/gen/clipgrid/v1/session.ts';

export type SessionCall = ServerDuplexStream<SessionRequest, SessionResponse>;

/** A coordinator of which a test says every word; `on` is called for each session. */
export async function startScriptedCoordinator(on: (call: SessionCall) => void) {
  const server = new Server({ 'grpc.max_send_message_length': -1 });
  server.addService(AgentServiceService, {
    session(call: SessionCall) {
      call.on('error', () => undefined);
      on(call);
    },
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  return { port, close: () => server.forceShutdown() };
}

export function welcome(change: Partial<Welcome> = {}): SessionResponse {
  const value = Welcome.create({
    sessionId: 's',
    coordinatorId: 'c',
    heartbeatIntervalMs: 3_000,
    leaseTtlMs: 12_000,
    trustMarginMs: 2_000,
    maxMessageBytes: 1_000_000,
    ...change,
  });
  return { message: { $case: 'welcome', value } };
}
