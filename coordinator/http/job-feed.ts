import type { Clock } from '../../shared/clock.ts';
import type { TaskBrief } from '../domain/task.ts';
import type { JobsFace, JobView } from '../grid/face.ts';
import { eventBytes } from './event-stream.ts';
import { jobView, taskView } from './views.ts';

/** A job as it was at one moment, made once for all who watch it: with 10,000 clips it is megabytes. */
export class JobSnapshot {
  readonly state: string;
  /** The answer `JobDetail` without its last `}` and without its tasks. */
  readonly #head: string;
  /** Each task as JSON, in order, by its id. */
  readonly #tasks: ReadonlyMap<string, string>;
  readonly #bytes = new Map<string, Buffer>();
  readonly #changes = new WeakMap<JobSnapshot, Buffer>();

  constructor(job: JobView, tasks: readonly TaskBrief[], waiting: string) {
    this.state = job.state;
    this.#head = JSON.stringify({ ...jobView(job), waiting }).slice(0, -1);
    this.#tasks = new Map(tasks.map((task) => [task.taskId, JSON.stringify(taskView(task))]));
  }

  /** As a server-sent event of that type, with all its tasks. */
  as(event: string): Buffer {
    const bytes = this.#bytes.get(event) ?? this.#event(event, [...this.#tasks.values()]);
    this.#bytes.set(event, bytes);
    return bytes;
  }

  /** As a `change`, with the tasks that are not as they were; as a `progress`, where a task is there no more. */
  since(before: JobSnapshot): Buffer {
    const bytes = this.#changes.get(before) ?? this.#compare(before);
    this.#changes.set(before, bytes);
    return bytes;
  }

  /** As an `end`, for whom all tasks were told before. */
  bareEnd(): Buffer {
    return this.#event('end', []);
  }

  #compare(before: JobSnapshot): Buffer {
    for (const id of before.#tasks.keys()) if (!this.#tasks.has(id)) return this.as('progress');
    const changed = [...this.#tasks].filter(([id, json]) => before.#tasks.get(id) !== json);
    return this.#event(
      'change',
      changed.map(([, json]) => json),
    );
  }

  #event(event: string, tasks: readonly string[]): Buffer {
    return eventBytes({ event, json: `${this.#head},"tasks":[${tasks.join()}]}` });
  }
}

export interface JobFeedDeps {
  readonly jobs: Pick<JobsFace, 'get' | 'briefTasks' | 'explainJob' | 'stamp'>;
  readonly clock: Clock;
}

const PROGRESS_MS = 1_000;
/** Reads of a large job take at most this share of the time, and are never further apart than that. */
const READ_SHARE = 0.1;
const MAX_APART_MS = 5_000;

/** What all watchers of one job share. A snapshot was always read after it was asked for. */
export class JobFeed {
  watchers = 0;
  readonly #deps: JobFeedDeps;
  readonly #jobId: string;
  readonly #closed = new AbortController();
  #known: { readonly stamp: string; readonly waiting: string; readonly snapshot: JobSnapshot } | undefined;
  #next: Promise<JobSnapshot | undefined> | undefined;
  #notBeforeMs = 0;

  constructor(deps: JobFeedDeps, jobId: string) {
    this.#deps = deps;
    this.#jobId = jobId;
  }

  close(): void {
    this.#closed.abort();
  }

  /** The one before, itself, while nothing has changed. */
  async now(): Promise<JobSnapshot> {
    const { jobs, clock } = this.#deps;
    const id = this.#jobId;
    // Before what it stands for: a change in between is seen the next time.
    const [stamp, waiting] = await Promise.all([jobs.stamp(id), jobs.explainJob(id)]);
    const known = this.#known;
    if (known?.stamp === stamp && known.waiting === waiting) return known.snapshot;
    const fromMs = clock.monotonicMs();
    const [job, tasks] = await Promise.all([jobs.get(id), jobs.briefTasks(id)]);
    const snapshot = new JobSnapshot(job, tasks, waiting);
    this.#known = { stamp, waiting, snapshot };
    const nowMs = clock.monotonicMs();
    this.#notBeforeMs = nowMs + Math.min(MAX_APART_MS, (nowMs - fromMs) / READ_SHARE);
    return snapshot;
  }

  /** The next one, a second later; undefined when the feed was closed. */
  later(): Promise<JobSnapshot | undefined> {
    if (this.#next === undefined) {
      this.#next = this.#readLater();
      // All who asked may have gone.
      this.#next.catch(() => undefined);
    }
    return this.#next;
  }

  async #readLater(): Promise<JobSnapshot | undefined> {
    const { clock } = this.#deps;
    const { signal } = this.#closed;
    do await clock.sleep(PROGRESS_MS, signal);
    while (!signal.aborted && clock.monotonicMs() < this.#notBeforeMs);
    this.#next = undefined;
    return signal.aborted ? undefined : this.now();
  }
}

/** The feeds of the jobs that are watched now. */
export class JobFeeds {
  readonly #deps: JobFeedDeps;
  readonly #feeds = new Map<string, JobFeed>();

  constructor(deps: JobFeedDeps) {
    this.#deps = deps;
  }

  /** One more watcher, until `gone` is aborted. */
  join(jobId: string, gone: AbortSignal): JobFeed {
    const feed = this.#feeds.get(jobId) ?? new JobFeed(this.#deps, jobId);
    this.#feeds.set(jobId, feed);
    feed.watchers++;
    const leave = (): void => {
      if (--feed.watchers > 0) return;
      this.#feeds.delete(jobId);
      feed.close();
    };
    if (gone.aborted) leave();
    else gone.addEventListener('abort', leave, { once: true });
    return feed;
  }
}
