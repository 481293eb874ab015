import { isEnded, type JobBody, type TaskBody } from './job-body.ts';
import { DEADLINE_MS } from './program.ts';

/** An event of the grid, or a `progress` or `end` snapshot, as server-sent events carry it. */
export interface WatchEvent {
  readonly type: string;
  readonly at: number;
  readonly task_id: string | null;
  readonly agent_id: string | null;
  readonly kind?: string;
  readonly clip?: number;
  readonly epoch?: number;
}

const AGAIN_MS = 100;

interface Message {
  readonly event: string;
  readonly id: string;
  readonly data: string;
}

function parse(text: string): Message {
  const field = (name: string): string => new RegExp(`^${name}: (.*)$`, 'm').exec(text)?.[1] ?? '';
  return { event: field('event'), id: field('id'), data: field('data') };
}

/** One job's events since its beginning. It connects again, with Last-Event-ID, whenever its coordinator goes away. */
export class JobWatch {
  readonly jobId: string;
  readonly events: WatchEvent[] = [];
  /** The latest snapshot. */
  job: JobBody | undefined;
  /** How often it had to connect. */
  connections = 0;
  readonly #url: string;
  readonly #closed = new AbortController();
  readonly #lookers = new Set<() => void>();
  #lastId = '';

  constructor(url: string, jobId: string) {
    this.#url = url;
    this.jobId = jobId;
    void this.#follow();
  }

  close(): void {
    this.#closed.abort();
  }

  async #follow(): Promise<void> {
    const { signal } = this.#closed;
    while (!signal.aborted && !isEnded(this.job?.state ?? '')) {
      try {
        const headers = this.#lastId === '' ? {} : { 'last-event-id': this.#lastId };
        const response = await fetch(`${this.#url}/jobs/${this.jobId}/events`, { headers, signal });
        this.connections++;
        await this.#read(response);
      } catch {
        // The coordinator is away: that is what these tests are about.
      }
      if (!signal.aborted) await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }

  async #read(response: Response): Promise<void> {
    let rest = '';
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) {
      const parts = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split('\n\n');
      rest = parts.pop() ?? '';
      for (const part of parts) this.#take(parse(part));
    }
  }

  #take({ event, id, data }: Message): void {
    if (id === '') this.job = JSON.parse(data) as JobBody;
    else {
      this.#lastId = id;
      const said = JSON.parse(data) as Omit<WatchEvent, 'type' | 'at'> & { at: string };
      this.events.push({ ...said, type: event, at: Date.parse(said.at) });
    }
    for (const look of this.#lookers) look();
  }

  /** Resolves with what `find` finds, now or as soon as something new is heard. */
  async until<T>(what: string, find: (watch: JobWatch) => T | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      const settle = (finish: () => void): void => {
        clearTimeout(timer);
        this.#lookers.delete(look);
        finish();
      };
      const timer = setTimeout(
        () => settle(() => reject(new Error(`it never came to this: ${what}\n${this.#story()}`))),
        DEADLINE_MS,
      );
      const look = (): void => {
        const found = find(this);
        if (found !== undefined) settle(() => resolve(found));
      };
      this.#lookers.add(look);
      look();
    });
  }

  #story(): string {
    const events = this.events.map((event) => `  ${JSON.stringify(event)}`);
    return [...events.slice(-40), `  ${JSON.stringify(this.job)}`].join('\n');
  }

  /** The first event of that type, and kind of task, after `after` (an index into `events`). */
  event(type: string, fits: (event: WatchEvent) => boolean = () => true, after = 0): Promise<WatchEvent> {
    return this.until(type, ({ events }) =>
      events.slice(after).find((event) => event.type === type && fits(event)),
    );
  }

  /** A clip that is in the middle of its work: an agent holds it and frames went through. */
  midClip(fits: (task: TaskBody) => boolean = () => true): Promise<TaskBody & { agent: string }> {
    return this.until('a clip of which frames are done', ({ job }) => {
      const running = job?.tasks.filter((task) => task.kind === 'encode' && task.state === 'leased') ?? [];
      const task = running.find((one) => one.frames_done > 0 && fits(one));
      return task?.agent ? { ...task, agent: task.agent } : undefined;
    });
  }

  /** The job once it has ended, whichever way. */
  ended(): Promise<JobBody> {
    return this.until('the end', ({ job }) => (isEnded(job?.state ?? '') ? job : undefined));
  }
}
