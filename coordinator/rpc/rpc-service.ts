import type { ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js';
import type { Clock } from '../../shared/clock.ts';
import type { Logger } from '../../shared/logger.ts';
import type { RpcAuth } from './authenticate.ts';
import type { RpcLimits } from './limits.ts';

/** A gRPC service and what answers it. */
export interface RpcService {
  readonly definition: ServiceDefinition;
  readonly implementation: UntypedServiceImplementation;
  /** Ends the service's open streams: the server is about to stop. */
  stop?(): void;
}

/** What every service needs to answer a call. */
export interface CallDeps {
  readonly auth: RpcAuth;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limits: RpcLimits;
}
