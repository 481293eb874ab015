import { signal, type ReadonlySignal } from '@preact/signals';
import { ApiError, type Api } from '../../api/client.ts';

/** As much as the coordinator keeps. */
const MOST_CHARS = 65_536;

/** The last output of a task's tool, live while it runs. */
export class TaskOutput {
  readonly #text = signal('');
  readonly text: ReadonlySignal<string> = this.#text;
  readonly #note = signal('Loading …');
  /** What stands there while there is no output. */
  readonly note: ReadonlySignal<string> = this.#note;
  readonly #source: EventSource;
  readonly #left = new AbortController();

  constructor(api: Api, taskId: string) {
    const path = `/tasks/${encodeURIComponent(taskId)}/log`;
    this.#source = new EventSource(`/api/v1${path}?follow=true`);
    const on = (type: string, take: (data: { text?: string }) => void): void =>
      this.#source.addEventListener(type, (event: MessageEvent<string>) =>
        take(JSON.parse(event.data) as { text?: string }),
      );
    on('replace', ({ text = '' }) => this.#show(text));
    on('append', ({ text = '' }) => this.#show(this.#text.peek() + text));
    on('end', () => this.#source.close());
    this.#source.addEventListener('error', () => {
      // Refused for good, e.g. a task that is gone; else it comes back by itself.
      if (this.#source.readyState === EventSource.CLOSED) void this.#ask(api, path);
    });
  }

  close(): void {
    this.#source.close();
    this.#left.abort();
  }

  #show(text: string): void {
    this.#text.value = text.slice(-MOST_CHARS);
    this.#note.value = 'The tool has said nothing.';
  }

  /** Without live output, once; or why not. */
  async #ask(api: Api, path: string): Promise<void> {
    try {
      this.#show(await api.getText(path, this.#left.signal));
    } catch (thrown) {
      if (thrown instanceof ApiError) this.#note.value = thrown.message;
    }
  }
}
