import { signal, type ReadonlySignal } from '@preact/signals';
import { ApiError } from '../../api/client.ts';
import type { App } from '../../app/create-app.ts';
import { timers, type Timer } from '../../app/timers.ts';
import { mergedLog, type LogEvent } from './event-words.ts';
import {
  changedPicture,
  headPicture,
  isEnded,
  wholePicture,
  type JobDetail,
  type JobPicture,
} from './job-picture.ts';

export type Link = 'connecting' | 'live' | 'lost' | 'ended';

/** Types of events that a job's stream names; an EventSource tells only those that are asked for. */
const EVENT_TYPES = ['created', 'planned', 'state']
  .map((what) => `job.${what}`)
  .concat(
    ['granted', 'succeeded', 'failed', 'expired', 'released', 'cancelled'].map((what) => `task.${what}`),
  );
const RETRY_MS = [500, 1_000, 2_000, 5_000] as const;
/** A browser holds six connections to a server: a page that nobody looks at gives its own back. */
const HIDDEN_MS = 10_000;
const MAX_EVENTS = 5_000;
/** Events come by the hundred when many clips end at once: they are shown together. */
const GATHER_MS = 200;

interface StreamEvent {
  readonly sequence: number;
  readonly at: string;
  readonly type: string;
  readonly task_id: string | null;
  readonly agent_id: string | null;
}

function logEvent(text: string): LogEvent {
  const { sequence, at, type, task_id, agent_id, ...data } = JSON.parse(text) as StreamEvent;
  return { sequence, at, type, task_id, agent_id, data };
}

/** One job as it comes along: a stream that returns by itself, and begins again when an ended job is retried. */
export class LiveJob {
  readonly id: string;
  readonly #app: App;
  readonly #picture = signal<JobPicture | undefined>(undefined);
  readonly picture: ReadonlySignal<JobPicture | undefined> = this.#picture;
  readonly #link = signal<Link>('connecting');
  readonly link: ReadonlySignal<Link> = this.#link;
  readonly #missing = signal<string | undefined>(undefined);
  /** Why there is nothing to show: no such job, or not one's own. */
  readonly missing: ReadonlySignal<string | undefined> = this.#missing;
  readonly #log = signal<readonly LogEvent[]>([]);
  /** Newest first. */
  readonly log: ReadonlySignal<readonly LogEvent[]> = this.#log;
  #source: EventSource | undefined;
  #timer: Timer | undefined;
  #hide: Timer | undefined;
  #gather: Timer | undefined;
  #gathered: LogEvent[] = [];
  #failures = 0;
  #stop: (() => void) | undefined;

  constructor(app: App, id: string) {
    this.#app = app;
    this.id = id;
  }

  start(): void {
    const onVisible = (): void => this.#visible(document.visibilityState === 'visible');
    document.addEventListener('visibilitychange', onVisible);
    const off = this.#app.events.on('jobs', ({ jobs, removed }) => {
      if (removed.includes(this.id)) this.#missing.value = 'The job was removed.';
      const now = jobs.find((job) => job.job_id === this.id);
      // Somebody else retried it.
      if (now && !isEnded(now) && this.#link.peek() === 'ended') this.reopen();
    });
    this.#stop = () => {
      document.removeEventListener('visibilitychange', onVisible);
      off();
    };
    this.#open();
  }

  stop(): void {
    this.#stop?.();
    this.#hide?.cancel();
    this.#gather?.cancel();
    this.#close();
  }

  /** After something was done to the job that its stream may not tell any more. */
  reopen(): void {
    this.#open();
  }

  /** What the history told. */
  addHistory(events: readonly LogEvent[]): void {
    this.#log.value = mergedLog(this.#log.peek(), events, MAX_EVENTS);
  }

  #open(): void {
    // A page that comes into sight does not wait for the next try, which must not open a second one.
    this.#close();
    const source = new EventSource(`/api/v1/jobs/${encodeURIComponent(this.id)}/events?changes=true`);
    this.#source = source;
    const on = (type: string, take: (text: string) => void): void =>
      source.addEventListener(type, (event: MessageEvent<string>) => take(event.data));
    source.addEventListener('open', () => {
      this.#failures = 0;
      this.#link.value = 'live';
    });
    on('head', (text) => {
      this.#picture.value = headPicture(this.#picture.peek(), JSON.parse(text) as JobDetail);
    });
    on('progress', (text) => {
      this.#picture.value = wholePicture(JSON.parse(text) as JobDetail);
    });
    on('change', (text) => this.#change(text));
    on('end', (text) => {
      this.#change(text);
      this.#close();
      this.#link.value = 'ended';
    });
    for (const type of EVENT_TYPES) on(type, (text) => this.#tell(logEvent(text)));
    source.addEventListener('error', () => this.#lost(source));
  }

  #change(text: string): void {
    const before = this.#picture.peek();
    if (before) this.#picture.value = changedPicture(before, JSON.parse(text) as JobDetail);
  }

  #tell(event: LogEvent): void {
    this.#gathered.push(event);
    this.#gather ??= timers.after(GATHER_MS, () => {
      this.#gather = undefined;
      this.addHistory(this.#gathered.splice(0));
    });
  }

  #lost(source: EventSource): void {
    if (this.#source !== source) return;
    this.#failures++;
    if (this.#failures > 1) this.#link.value = 'lost';
    // What comes back by itself would go on with changes of a picture that is old.
    this.#close();
    const wait = RETRY_MS[Math.min(this.#failures, RETRY_MS.length) - 1] ?? 5_000;
    this.#timer = timers.after(wait, () => void this.#again());
  }

  /** An EventSource does not tell why it was refused. */
  async #again(): Promise<void> {
    try {
      await this.#app.api.getJson(`/jobs/${encodeURIComponent(this.id)}/tasks`, { query: { limit: 1 } });
    } catch (thrown) {
      if (thrown instanceof ApiError && thrown.status >= 400 && thrown.status < 500) {
        this.#missing.value = thrown.message;
        return;
      }
    }
    if (this.#timer) this.#open();
  }

  #close(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#source?.close();
    this.#source = undefined;
  }

  #visible(visible: boolean): void {
    this.#hide?.cancel();
    this.#hide = undefined;
    if (this.#link.peek() === 'ended') return;
    if (!visible) this.#hide = timers.after(HIDDEN_MS, () => this.#close());
    else if (this.#source === undefined) this.#open();
  }
}
