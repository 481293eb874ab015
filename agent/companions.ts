import { GridError } from '../shared/errors.ts';
import type { Branch } from './media/branch.ts';
import { startDirectBranches } from './media/direct-branches.ts';
import { framePipes } from './media/frame-pipes.ts';
import type { FrameSource } from './media/frame-source.ts';
import { startBranches, type Branching, type Fed } from './media/pipeline.ts';
import { mediaTools, type RunnerContext, type SharedWork } from './runners/runner.ts';
import { withWorkQuota } from './sandbox/work-quota.ts';
import { throwIfAborted } from './subprocess.ts';

interface Waiting {
  readonly branch: Branch;
  readonly fed: PromiseWithResolvers<Fed>;
}

/** A member as it is known here: what it has in common with the others, and that it has ended. */
export interface Companion extends SharedWork {
  leave(): void;
}

/** Attempts in one slot that begin with the same work, which is done once for all of them. */
export class Companions {
  readonly #attempts: number;
  readonly #open: () => Promise<RunnerContext>;
  #context: Promise<RunnerContext> | undefined;
  #work: Promise<unknown> | undefined;
  #source: FrameSource | undefined;
  readonly #waiting: Waiting[] = [];
  /** Members that have neither ended nor asked for frames. */
  #coming: number;
  #over: Promise<void> = Promise.resolve();

  /** `open` makes what the common work may use; its signal aborts when no member is left. */
  constructor(attempts: number, open: () => Promise<RunnerContext>) {
    this.#attempts = attempts;
    this.#coming = attempts;
    this.#open = open;
  }

  /** Resolves when nothing of the common work runs any more. */
  async ended(): Promise<void> {
    await this.#work?.catch(() => undefined);
    await this.#over;
  }

  member(): Companion {
    let isComing = true;
    const arrive = (): void => {
      if (isComing) this.#coming--;
      isComing = false;
      if (this.#coming === 0 && this.#waiting.length > 0) this.#over = this.#feed(this.#waiting.splice(0));
    };
    return {
      attempts: this.#attempts,
      once: (work, signal) => orAborted(this.#once(work), signal),
      feed: (source, branch) => {
        const fed = Promise.withResolvers<Fed>();
        this.#source ??= source;
        this.#waiting.push({ branch, fed });
        arrive();
        return fed.promise;
      },
      leave: arrive,
    };
  }

  get #common(): Promise<RunnerContext> {
    return (this.#context ??= this.#open());
  }

  #once<T>(work: (common: RunnerContext) => Promise<T>): Promise<T> {
    // All members do the same, so what one of them began is what each of them asks for.
    this.#work ??= this.#common.then(work);
    // Whoever began it may be gone when it fails.
    this.#work.catch(() => undefined);
    return this.#work as Promise<T>;
  }

  async #feed(waiting: readonly Waiting[]): Promise<void> {
    const source = this.#source;
    try {
      if (source === undefined) throw new GridError('internal', 'there is nothing to read frames from');
      await withWorkQuota(await this.#common, async (common) => {
        const branches = waiting.map(({ branch }) => branch);
        const { fed, over } = await start(common, source, branches);
        for (const [i, one] of waiting.entries()) fed[i]?.then(one.fed.resolve, one.fed.reject);
        await over;
      });
    } catch (error) {
      // Of those whose programs have run it is too late to say more.
      for (const { fed } of waiting) fed.reject(error);
    }
  }
}

/** Frames go to the encoders without passing here where the source tells of them and the machine makes pipes. */
async function start(
  common: RunnerContext,
  source: FrameSource,
  branches: readonly Branch[],
): Promise<Branching> {
  const { signal, clock, toolOutput: onStderrLine } = common;
  const { mkfifo } = common.tools;
  const { program, telling } = source;
  throwIfAborted(signal);
  const input = { branches, signal, clock, onStderrLine };
  if (telling === undefined || mkfifo === undefined) return startBranches({ ...input, source: program });
  const pipes = await framePipes(mediaTools(common), mkfifo, branches.length);
  return startDirectBranches({ ...input, source: telling, pipes });
}

/** What comes of work for several, unless the one that asks is not to go on. */
async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  throwIfAborted(signal);
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work, aborted.promise]);
  } catch (error) {
    throwIfAborted(signal);
    throw error;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** Aborts when all of these have. */
export function allAborted(signals: readonly AbortSignal[]): AbortSignal {
  const all = new AbortController();
  const look = (): void => {
    const [first] = signals;
    if (signals.every((signal) => signal.aborted)) all.abort(first?.reason);
  };
  for (const signal of signals) signal.addEventListener('abort', look, { once: true });
  look();
  return all.signal;
}
