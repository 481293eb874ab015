import type { DialectDetails } from '../grid/dialect-details.ts';
import type { Grid } from '../grid/face.ts';
import { createAdminService } from './admin/service.ts';
import { createHealthService } from './health.ts';
import { createReflectionServices } from './reflection.ts';
import type { CallDeps, RpcService } from './rpc-service.ts';

export interface ServicesDeps extends CallDeps {
  readonly grid: Grid;
  readonly dialectDetails: DialectDetails;
  /** Resolves when database and object store can be used; else throws. */
  ready(): Promise<void>;
}

/** All that is served beside the agents' sessions. */
export function createServices(deps: ServicesDeps): RpcService[] {
  const services = ['clipgrid.v1.AgentService', 'clipgrid.v1.AdminService'];
  return [
    createHealthService({ ...deps, services }),
    createAdminService(deps),
    ...createReflectionServices(deps),
  ];
}
