/** A machine as the database knows it. Times are the coordinators' wall clock, in milliseconds. */
export interface MachineRow {
  readonly id: number;
  readonly provider: string;
  readonly scope: string;
  /** Absent: the provider has not confirmed it yet. */
  readonly providerId?: string;
  readonly region: string;
  readonly regionName: string;
  readonly size: string;
  readonly priceHourly: number;
  readonly priceMonthly: number;
  /** False: it has our tag, and nobody here asked for it. */
  readonly askedFor: boolean;
  readonly tokenId?: string;
  /** Absent: it has not registered yet. */
  readonly agentId?: string;
  readonly createdAtMs: number;
  readonly busyAtMs: number;
  readonly endRequestedAtMs?: number;
  readonly drainUntilMs?: number;
  readonly endReason?: string;
}

/** A machine that is about to be started. */
export type NewMachine = Pick<
  MachineRow,
  'provider' | 'scope' | 'region' | 'regionName' | 'size' | 'priceHourly' | 'priceMonthly'
>;
