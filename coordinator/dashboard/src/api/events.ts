import { signal, type ReadonlySignal } from '@preact/signals';
import type { AgentResponse, JobResponse } from '../../../http/responses.ts';
import { timers, type Timer } from '../app/timers.ts';

/** The whole grid at one moment. */
export interface GridSample {
  readonly at: string;
  readonly fps: number;
  readonly speed: number;
  readonly tasks_ready: number;
  readonly tasks_running: number;
  readonly agents_online: number;
  readonly agents_draining: number;
  /** By state. */
  readonly jobs: Readonly<Record<string, number>>;
}

/** Of a known agent only what is different. */
export type AgentChange = Partial<AgentResponse> & Pick<AgentResponse, 'agent_id'>;

/** What each event of the stream brings. */
export interface GridEvents {
  /** All that changes from here on is told: what was read before may be old. */
  hello: GridSample;
  jobs: { readonly jobs: readonly JobResponse[]; readonly removed: readonly string[] };
  agents: { readonly agents: readonly AgentChange[]; readonly removed: readonly string[] };
  grid: GridSample;
}

export type Connection = 'connecting' | 'live' | 'lost';

const NAMES = ['hello', 'jobs', 'agents', 'grid'] as const;
const RETRY_MS = [500, 1_000, 2_000, 5_000] as const;
/** A browser holds six connections to a server: a page that nobody looks at gives its own back. */
const HIDDEN_MS = 30_000;

type Listener<K extends keyof GridEvents> = (data: GridEvents[K]) => void;

/** One stream of the grid for the whole page. It comes back by itself, also after answers that end an EventSource for good. */
export class EventFeed {
  readonly #connection = signal<Connection>('connecting');
  readonly #listeners = new Map<keyof GridEvents, Set<Listener<never>>>();
  readonly #onRefused: () => void;
  #source: EventSource | undefined;
  #retry: Timer | undefined;
  #hide: Timer | undefined;
  #failures = 0;
  #wanted = false;

  /** `onRefused`: the coordinator answered with something else; an EventSource does not tell what. */
  constructor(page: Document, onRefused: () => void) {
    this.#onRefused = onRefused;
    page.addEventListener('visibilitychange', () => this.#visible(page.visibilityState === 'visible'));
  }

  get connection(): ReadonlySignal<Connection> {
    return this.#connection;
  }

  start(): void {
    this.#wanted = true;
    if (this.#source === undefined && this.#retry === undefined) this.#open();
  }

  stop(): void {
    this.#wanted = false;
    this.#close();
  }

  /** Returns what ends it. */
  on<K extends keyof GridEvents>(name: K, listener: Listener<K>): () => void {
    const all = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, all.add(listener as Listener<never>));
    return () => all.delete(listener as Listener<never>);
  }

  #emit<K extends keyof GridEvents>(name: K, data: GridEvents[K]): void {
    for (const listener of this.#listeners.get(name) ?? []) (listener as Listener<K>)(data);
  }

  #open(): void {
    const source = new EventSource('/api/v1/events');
    this.#source = source;
    source.addEventListener('open', () => {
      this.#failures = 0;
      this.#connection.value = 'live';
    });
    for (const name of NAMES) {
      source.addEventListener(name, (event: MessageEvent<string>) => {
        this.#emit(name, JSON.parse(event.data) as never);
      });
    }
    source.addEventListener('error', () => {
      this.#connection.value = this.#failures > 0 ? 'lost' : 'connecting';
      this.#failures++;
      if (source.readyState !== EventSource.CLOSED) return;
      this.#source = undefined;
      this.#onRefused();
      const wait = RETRY_MS[Math.min(this.#failures, RETRY_MS.length) - 1] ?? 5_000;
      this.#retry = timers.after(wait, () => {
        this.#retry = undefined;
        if (this.#wanted) this.#open();
      });
    });
  }

  #close(): void {
    this.#retry?.cancel();
    this.#retry = undefined;
    this.#source?.close();
    this.#source = undefined;
  }

  #visible(visible: boolean): void {
    this.#hide?.cancel();
    this.#hide = undefined;
    if (!visible) this.#hide = timers.after(HIDDEN_MS, () => this.#close());
    else if (this.#wanted) this.start();
  }
}
