import { signal, type ReadonlySignal } from '@preact/signals';
import type { JobResponse } from '../../../http/responses.ts';
import { messageOf, type Api } from '../api/client.ts';
import type { EventFeed, GridEvents } from '../api/events.ts';

export interface JobFilter {
  /** Empty: all. */
  readonly states: readonly string[];
  readonly dialect: string;
  /** A part of it, in capitals or not. */
  readonly name: string;
}

interface JobPage {
  readonly jobs: readonly JobResponse[];
  readonly next_cursor: string | null;
}

export type ListState =
  { readonly state: 'loading' | 'ready' } | { readonly state: 'failed'; readonly why: string };

const PAGE = 200;
const MAX_PAGE = 1_000;

/** Whether a job belongs into a list; the coordinator decides in the same way. */
export function matches(job: JobResponse, { states, dialect, name }: JobFilter): boolean {
  if (states.length > 0 && !states.includes(job.state)) return false;
  if (dialect !== '' && job.dialect !== dialect) return false;
  return name === '' || job.name.toLowerCase().includes(name.toLowerCase());
}

/** Newest first, as the coordinator lists them. */
function compare(a: JobResponse, b: JobResponse): number {
  if (a.created_at !== b.created_at) return a.created_at < b.created_at ? 1 : -1;
  return a.job_id < b.job_id ? 1 : -1;
}

/** The jobs of a filter: pages that are read as far as somebody scrolls, kept up to date by the stream of events. */
export class JobsList {
  readonly #api: Api;
  readonly #filter: JobFilter;
  readonly #rows = signal<readonly JobResponse[]>([]);
  readonly #state = signal<ListState>({ state: 'loading' });
  readonly rows: ReadonlySignal<readonly JobResponse[]> = this.#rows;
  readonly state: ReadonlySignal<ListState> = this.#state;
  readonly #leave: readonly (() => void)[];
  readonly #closed = new AbortController();
  #cursor: string | null = null;
  #reading = false;
  /** Asked for anew while it was read: what the answer has may be from before. */
  #isStale = false;
  /** The end came into sight while something else was read: nobody asks again. */
  #wantsMore = false;
  /** What changed while a page was read: the page may be older. */
  #missed: GridEvents['jobs'][] = [];

  constructor({ api, events, filter }: { api: Api; events: EventFeed; filter: JobFilter }) {
    this.#api = api;
    this.#filter = filter;
    this.#leave = [
      events.on('jobs', (change) => (this.#reading ? this.#missed.push(change) : this.#take(change))),
      events.on('hello', () => void this.load()),
    ];
    void this.load();
  }

  get hasMore(): boolean {
    return this.#cursor !== null;
  }

  close(): void {
    this.#closed.abort();
    for (const leave of this.#leave) leave();
  }

  /** From the start, as far as it was read before. */
  async load(): Promise<void> {
    if (this.#reading) {
      this.#isStale = true;
      return;
    }
    const limit = Math.max(PAGE, Math.min(MAX_PAGE, this.#rows.peek().length));
    await this.#read({ limit }, ({ jobs }) => jobs);
  }

  async more(): Promise<void> {
    if (this.#reading) {
      this.#wantsMore = true;
      return;
    }
    if (this.#cursor === null) return;
    await this.#read({ limit: PAGE, cursor: this.#cursor }, ({ jobs }) => {
      const known = new Set(this.#rows.peek().map((job) => job.job_id));
      return [...this.#rows.peek(), ...jobs.filter((job) => !known.has(job.job_id))];
    });
  }

  async #read(
    page: { limit: number; cursor?: string },
    merge: (page: JobPage) => readonly JobResponse[],
  ): Promise<void> {
    this.#reading = true;
    const { states, dialect, name } = this.#filter;
    const query = { ...page, state: states.join(','), dialect, name };
    try {
      const answer = await this.#api.getJson<JobPage>('/jobs', { query, signal: this.#closed.signal });
      this.#rows.value = merge(answer);
      this.#cursor = answer.next_cursor;
      this.#state.value = { state: 'ready' };
    } catch (thrown) {
      if (!this.#closed.signal.aborted) this.#state.value = { state: 'failed', why: messageOf(thrown) };
    } finally {
      this.#reading = false;
      for (const change of this.#missed.splice(0)) this.#take(change);
    }
    if (this.#closed.signal.aborted) return;
    if (this.#isStale) {
      this.#isStale = false;
      return this.load();
    }
    if (!this.#wantsMore) return;
    this.#wantsMore = false;
    await this.more();
  }

  #take({ jobs, removed }: GridEvents['jobs']): void {
    const rows = new Map(this.#rows.peek().map((job) => [job.job_id, job]));
    const last = this.#rows.peek().at(-1);
    let isNew = false;
    for (const id of removed) rows.delete(id);
    for (const job of jobs) {
      const known = rows.has(job.job_id);
      // Older than what was read: it comes with its page.
      const later = !known && this.#cursor !== null && last !== undefined && compare(last, job) < 0;
      if (!matches(job, this.#filter)) rows.delete(job.job_id);
      else if (!later) rows.set(job.job_id, job);
      isNew ||= !known;
    }
    const all = [...rows.values()];
    this.#rows.value = isNew ? all.toSorted(compare) : all;
  }
}
