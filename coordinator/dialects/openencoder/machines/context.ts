import type { Clock } from '../../../../shared/clock.ts';
import type { Logger } from '../../../../shared/logger.ts';
import type { Grid } from '../../../grid/face.ts';
import type { CostLimits } from './cost-guard.ts';
import type { Listings } from './listings.ts';
import { ProviderError, type MachineProvider } from './provider.ts';
import type { MachineStore } from './store.ts';

/** What starting, watching and ending machines share. */
export interface Machines {
  readonly providers: readonly MachineProvider[];
  readonly store: MachineStore;
  readonly listings: Listings;
  readonly grid: Pick<Grid, 'agents' | 'enrolment'>;
  readonly limits: CostLimits;
  /** How long a machine that is to end may finish what it works on. */
  readonly drainMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Providers that can be used now. */
export async function enabledProviders({
  providers,
}: Pick<Machines, 'providers'>): Promise<MachineProvider[]> {
  const states = await Promise.all(providers.map((provider) => provider.status()));
  return providers.filter((_, i) => states[i]?.enabled);
}

/** As `enabledProviders`; throws `unconfigured` when there is none. */
export async function configured(machines: Pick<Machines, 'providers'>): Promise<MachineProvider[]> {
  const enabled = await enabledProviders(machines);
  if (enabled.length > 0) return enabled;
  throw new ProviderError('unconfigured', 'no provider of machines is configured');
}
