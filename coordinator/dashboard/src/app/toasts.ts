import { signal, type ReadonlySignal } from '@preact/signals';
import { messageOf } from '../api/client.ts';
import { timers } from './timers.ts';

export interface Toast {
  readonly id: number;
  readonly kind: 'good' | 'bad';
  readonly text: string;
}

const SHOWN_MS = { good: 4_000, bad: 10_000 } as const;
const MAX_SHOWN = 4;

/** Short words about what was done, read out by screen readers. */
export class Toasts {
  readonly #list = signal<readonly Toast[]>([]);
  readonly list: ReadonlySignal<readonly Toast[]> = this.#list;
  #last = 0;

  say(text: string): void {
    this.#show('good', text);
  }

  /** Something failed; the message says what to do. */
  fail(thrown: unknown): void {
    this.#show('bad', messageOf(thrown));
  }

  close(id: number): void {
    this.#list.value = this.#list.peek().filter((toast) => toast.id !== id);
  }

  #show(kind: Toast['kind'], text: string): void {
    const id = ++this.#last;
    this.#list.value = [...this.#list.peek(), { id, kind, text }].slice(-MAX_SHOWN);
    timers.after(SHOWN_MS[kind], () => this.close(id));
  }
}
