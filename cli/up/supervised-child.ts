import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync } from 'node:fs';
import { backoffMs } from '../../shared/backoff.ts';
import type { Clock } from '../../shared/clock.ts';
import { GridError } from '../../shared/errors.ts';
import type { IdSource } from '../../shared/ids.ts';
import { lastWords, openLog } from './log-file.ts';

export interface ChildOptions {
  readonly name: string;
  /** Arguments for the Node that runs us. */
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Where its standard error goes. */
  readonly logFile: string;
  readonly clock: Clock;
  readonly ids: IdSource;
  /** It says a line on standard output once it is ready. Without: it is ready when it runs. */
  readonly saysReady: boolean;
  /** How long it may take to stop before it is killed. */
  readonly graceMs: number;
  /** Called before every start, e.g. to end what the last one left. */
  beforeStart?(): Promise<void>;
  onDied(death: { name: string; reason: string; againMs: number }): void;
}

const AGAIN = { firstMs: 500, maxMs: 30_000 };
const LEAST_PAUSE_MS = 100;
/** Whoever lived so long has a new cause of death, and starts at once again. */
const SETTLED_MS = 30_000;

/** A process that is started again, with growing pauses, whenever it dies. Its first start must succeed. */
export class SupervisedChild {
  readonly #options: ChildOptions;
  readonly #stopping = new AbortController();
  readonly #ready = Promise.withResolvers<void>();
  #child: ChildProcess | undefined;
  #wasReady = false;
  #loop: Promise<void> = Promise.resolve();

  constructor(options: ChildOptions) {
    this.#options = options;
    this.#ready.promise.catch(() => undefined);
  }

  /** Resolves when it is ready for the first time. Throws `unavailable`, with its last words, when it dies before. */
  async start(): Promise<void> {
    this.#loop = this.#run();
    return this.#ready.promise;
  }

  /** Asks it to stop, and kills it after its grace. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    const child = this.#child;
    if (child !== undefined) {
      child.kill('SIGTERM');
      const timer = this.#options.clock.after(this.#options.graceMs, () => this.kill());
      await this.#loop;
      timer.cancel();
    }
    await this.#loop;
  }

  /** Kills it at once, with all of its group; a `stop` that waits ends. */
  kill(): void {
    this.#stopping.abort();
    killGroup(this.#child);
  }

  async #run(): Promise<void> {
    const { clock, ids, name, onDied } = this.#options;
    const stop = this.#stopping.signal;
    for (let attempt = 0; !stop.aborted; attempt++) {
      const from = clock.monotonicMs();
      const reason = await this.#live();
      if (stop.aborted) break;
      if (!this.#wasReady) {
        this.#ready.reject(new GridError('unavailable', `${name} did not start: ${reason}`));
        return;
      }
      if (clock.monotonicMs() - from > SETTLED_MS) attempt = 0;
      const againMs = LEAST_PAUSE_MS + Math.round(backoffMs(attempt, AGAIN, () => ids.random()));
      onDied({ name, reason, againMs });
      await clock.sleep(againMs, stop);
    }
    this.#ready.reject(new GridError('cancelled', `${name} was stopped`));
  }

  /** One life of the process. Returns why it ended. */
  async #live(): Promise<string> {
    const { argv, environment, logFile, saysReady, beforeStart } = this.#options;
    await beforeStart?.();
    if (this.#stopping.signal.aborted) return 'stopped';
    const log = openLog(logFile);
    // A group of its own: a Ctrl-C in the terminal reaches us only, and we stop things in order.
    const child = spawn(process.execPath, argv, {
      env: environment,
      stdio: ['ignore', saysReady ? 'pipe' : 'ignore', log],
      detached: true,
    });
    closeSync(log);
    this.#child = child;
    const ready = (): void => {
      this.#wasReady = true;
      this.#ready.resolve();
    };
    if (saysReady) child.stdout?.once('data', ready).resume();
    else child.once('spawn', ready);
    const ended = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
    const [code, signal] = await ended.catch((error: Error) => [error.message, null] as const);
    this.#child = undefined;
    killGroup(child);
    const how = signal === null ? `it ended with exit code ${code}` : `it was ended by ${signal}`;
    const said = await lastWords(logFile);
    return said === '' ? how : `${how}; it said: ${said}`;
  }
}

/** What a dead leader leaves of its group goes with it. */
function killGroup(child: ChildProcess | undefined): void {
  if (child?.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // Nobody of the group is left.
  }
}
