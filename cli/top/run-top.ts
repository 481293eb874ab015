import type { RestClient } from '../../client/rest-client.ts';
import type { Clock } from '../../shared/clock.ts';
import { toGridError } from '../../shared/errors.ts';
import type { IdSource } from '../../shared/ids.ts';
import type { Tty } from '../tty.ts';
import { frame } from './frame.ts';
import { keysOf } from './keys.ts';
import { Screen } from './screen.ts';
import { followGrid } from './source.ts';
import { press, START, type TopAction, type TopState } from './state.ts';

export interface TopDeps {
  readonly tty: Tty;
  readonly client: RestClient;
  readonly clock: Clock;
  readonly ids: IdSource;
  /** Aborted by a signal of the system. */
  readonly leave: AbortSignal;
}

/** One view of the grid on a terminal, from its opening to its end. */
class Top {
  readonly #deps: TopDeps;
  readonly #screen: Screen;
  readonly #over = new AbortController();
  #state: TopState = START;
  #isInterrupted = false;

  constructor(deps: TopDeps) {
    this.#deps = deps;
    this.#screen = new Screen(deps.tty);
  }

  async run(): Promise<boolean> {
    const { tty, client, clock, ids, leave } = this.#deps;
    const signal = AbortSignal.any([leave, this.#over.signal]);
    const forget = [
      tty.onInput((text) => this.#typed(text)),
      tty.onResize(() => {
        this.#screen.invalidate();
        this.#draw();
      }),
    ];
    try {
      this.#draw();
      // A stream that nobody reads from any more ends with the process; nothing is to be waited for.
      const left = new Promise<void>((resolve) =>
        signal.addEventListener('abort', () => resolve(), { once: true }),
      );
      const followed = followGrid({
        client,
        clock,
        ids,
        signal,
        onModel: (model) =>
          this.#set({ model, isLive: true, message: this.#state.isLive ? this.#state.message : '' }),
        onLost: (message) => this.#set({ isLive: false, message }),
      });
      await Promise.race([left, followed]);
      return this.#isInterrupted || leave.aborted;
    } finally {
      this.#over.abort();
      for (const one of forget) one();
      this.#screen.close();
    }
  }

  #set(change: Partial<TopState>): void {
    this.#state = { ...this.#state, ...change };
    this.#draw();
  }

  #draw(): void {
    if (!this.#over.signal.aborted) this.#screen.draw(frame(this.#state, this.#deps.tty));
  }

  #typed(text: string): void {
    for (const key of keysOf(text)) {
      const { state, action } = press(this.#state, key);
      this.#state = state;
      if (action) this.#act(action);
    }
    this.#draw();
  }

  #act(action: TopAction): void {
    if (action.kind === 'quit') {
      this.#isInterrupted = action.interrupted;
      this.#over.abort();
      return;
    }
    void this.#ask(action).then(
      (message) => this.#set({ message }),
      (error: unknown) => this.#set({ message: toGridError(error).message }),
    );
  }

  /** Returns what was done, in words. */
  async #ask(action: Exclude<TopAction, { kind: 'quit' }>): Promise<string> {
    const { client } = this.#deps;
    if (action.kind === 'cancel') {
      await client.post(`/jobs/${encodeURIComponent(action.jobId)}/cancel`);
      return `${action.name} is cancelled`;
    }
    const { agentId, name, undo } = action;
    await client.post(`/agents/${encodeURIComponent(agentId)}/drain`, { deadline_seconds: 0, undo });
    return undo ? `${name} takes tasks again` : `${name} takes nothing new`;
  }
}

/** Shows the grid until a person leaves. True: by Ctrl-C or a signal. The terminal is then as it was. */
export function runTop(deps: TopDeps): Promise<boolean> {
  return new Top(deps).run();
}
