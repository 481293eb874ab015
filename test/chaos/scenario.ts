import type { Measurable } from '../bench/measurement.ts';
import type { TestDatabase } from '../support/postgres.ts';

export interface ChaosContext {
  /** Few repetitions and short outages: shows that nothing is lost, not how fast it recovers. */
  readonly short: boolean;
  /** A folder of this run, removed at its end. Absolute path. */
  readonly folder: string;
  /** A fresh, migrated database on a server that nobody harms. */
  database(): Promise<TestDatabase>;
  /** One line of progress for the person who waits. */
  say(line: string): void;
}

/**
 * One fault, or one family of faults, done to real processes; its rows say what it cost: those in seconds how fast it was
 * over, all others whether anything was lost.
 */
export type Scenario = Measurable<ChaosContext>;
