import type { Clock } from '../shared/clock.ts';
import type { IdSource } from '../shared/ids.ts';
import { createRestClient, type RestClient } from '../client/rest-client.ts';
import type { Tty } from './tty.ts';
import type { Output } from './terminal.ts';

/** What a process gives to its commands. */
export interface CliContext {
  /** Results: what a script wants. */
  readonly stdout: Output;
  /** Progress and talk: what a person wants. */
  readonly stderr: Output;
  /** The terminal that both are on; absent: there is none. */
  readonly tty?: Tty;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly ids: IdSource;
  /** Aborted by the first Ctrl-C or SIGTERM. */
  readonly leave: AbortSignal;
  /** Aborted by the second one. */
  readonly quit: AbortSignal;
  /** Leaves signals to somebody else in this process. */
  releaseSignals(): void;
  /** The exit code of a command that ends without an error, e.g. of a job that failed. */
  setExitCode(code: number): void;
}

export const DEFAULT_URL = 'http://127.0.0.1:7000';

const NO_ANSWER = 'start one with `clipgrid up`, or tell where it is with --url or CLIPGRID_URL';

/** Options that every command has. */
export interface GlobalOptions {
  readonly url?: string;
  readonly token?: string;
  readonly json?: boolean;
}

/** The API of the coordinator that the options name. */
export function clientOf(context: CliContext, { url = DEFAULT_URL, token }: GlobalOptions): RestClient {
  return createRestClient({ url, ...(token ? { token } : {}), signal: context.leave, hint: NO_ANSWER });
}

/** Writes a result: a document for machines with --json, else lines for people. */
export function writeResult(
  context: CliContext,
  options: GlobalOptions,
  result: { readonly document: unknown; readonly lines: readonly string[] },
): void {
  if (options.json) context.stdout.write(`${JSON.stringify(result.document)}\n`);
  else context.stdout.write(result.lines.map((line) => `${line}\n`).join(''));
}

/** Talk for people; with --json there is none. */
export function say(context: CliContext, options: GlobalOptions, line: string): void {
  if (!options.json) context.stderr.write(`${line}\n`);
}
