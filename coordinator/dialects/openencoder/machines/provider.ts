/** Marks all that we start, at every provider. */
export const WORKER_TAG = 'openencoder-worker';
export const TAGS = ['openencoder', WORKER_TAG] as const;
/** What the API calls every machine. */
export const MACHINE_NAME = WORKER_TAG;

export interface Region {
  readonly slug: string;
  readonly name: string;
  /** Slugs of the sizes that it has. */
  readonly sizes: readonly string[];
  readonly available: boolean;
}

export interface Size {
  readonly slug: string;
  readonly available: boolean;
  /** In the provider's currency. */
  readonly priceHourly: number;
  readonly priceMonthly: number;
}

export interface Network {
  readonly id: string;
  readonly name: string;
}

/** Machines to start, all alike. */
export interface Order {
  readonly region: string;
  readonly size: string;
  /** Our ids, one a machine. */
  readonly ids: readonly number[];
  /** Secrets of join tokens: one for all where the provider's `tokens` is `shared`, else one a machine. */
  readonly joinTokens: readonly string[];
}

/** A machine as its provider lists it. */
export interface ProviderMachine {
  readonly providerId: string;
  /** Our id, where the provider keeps it; else a started machine is known by its region and size. */
  readonly machineId?: number;
  readonly region: string;
  readonly regionName: string;
  readonly size: string;
  readonly priceHourly: number;
  readonly priceMonthly: number;
  readonly createdAtMs: number;
}

export interface ProviderStatus {
  readonly enabled: boolean;
  /** Why, in words; empty when there is nothing to say. */
  readonly reason: string;
}

/** Somebody who starts and ends machines. Every call may throw a `ProviderError`. */
export interface MachineProvider {
  readonly name: string;
  /** Whose machines `list` tells all of: two coordinators with the same scope see the same machines. */
  readonly scope: string;
  /** How machines of one order join: the user data of a cloud's order is the same for all of its machines. */
  readonly tokens: 'shared' | 'single';
  /** How old a listing may be for the keeper, which asks for ever, in milliseconds. */
  readonly listEveryMs: number;
  status(): Promise<ProviderStatus>;
  regions(): Promise<readonly Region[]>;
  sizes(): Promise<readonly Size[]>;
  networks(): Promise<readonly Network[]>;
  /** Starts them. Resolves to the provider's ids: of `ids` in their order where `tokens` is `single`. */
  create(order: Order): Promise<readonly string[]>;
  /** All machines with our tag. */
  list(): Promise<readonly ProviderMachine[]>;
  /** Ends it; one that is gone already is fine. */
  remove(providerId: string): Promise<void>;
  /** Ends all machines with our tag. */
  removeAll(): Promise<void>;
}

/**
 * `unconfigured`: there is no such provider, or it refuses our token. `invalid`: it knows no such size or region.
 * `capacity`: it knows them and has none left. `failed`: anything else; whether something was started is not known.
 */
export type ProviderProblem = 'unconfigured' | 'invalid' | 'capacity' | 'failed';

/** A provider's failure, with its own words. No secret is ever in it. */
export class ProviderError extends Error {
  override readonly name = 'ProviderError';
  readonly problem: ProviderProblem;

  constructor(problem: ProviderProblem, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.problem = problem;
  }
}
