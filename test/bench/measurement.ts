import type { BenchServer } from './support/server.ts';

/** One line of the table. */
export interface Row {
  readonly what: string;
  readonly value: number;
  /** `ms`, `s`, `tasks/s`, `MiB`, `x` (a ratio), ... */
  readonly unit: string;
  /** What issue and design ask for; absent: for information. */
  readonly target?: { readonly atMost: number } | { readonly atLeast: number };
  /** How it was measured, what it was made of, what surprises. */
  readonly note?: string;
}

export interface BenchContext {
  /** Fewer repetitions: shows that the bench runs, not how fast the code is. */
  readonly quick: boolean;
  /** A folder of this run, removed at its end. Absolute path. */
  readonly folder: string;
  readonly server: BenchServer;
  /** One line of progress for the person who waits. */
  say(line: string): void;
}

/** One thing that is measured, by itself on the machine. */
export interface Measurable<Context> {
  /** For `--only`. */
  readonly name: string;
  readonly about: string;
  run(context: Context): Promise<Row[]>;
}

export type Measurement = Measurable<BenchContext>;
