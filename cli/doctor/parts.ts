import type { GlobalOptions } from '../context.ts';

/** What doctor looks at, in the order in which it tells. */
export const PARTS = ['tools', 'ports', 'database', 'store', 'coordinator'] as const;

export interface DoctorOptions extends GlobalOptions {
  /** Names of parts, with commas between; all when absent. */
  readonly only?: string;
  readonly port: number;
  readonly grpcPort: number;
  readonly finalripPort: number;
  readonly openencoderPort: number;
  readonly animePort: number;
}
