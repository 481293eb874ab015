import { PassThrough } from 'node:stream';
import type { Context } from 'koa';
import type { Clock } from '../../shared/clock.ts';

export interface StreamMessage {
  readonly event: string;
  /** The data, in one line. */
  readonly json: string;
  /** What a client names in Last-Event-ID when it comes back. */
  readonly id?: number;
}

/** A message as it is sent. */
export function eventBytes({ event, json, id }: StreamMessage): Buffer {
  return Buffer.from(`${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${json}\n\n`);
}

/** A reader that takes nothing for so long is let go (L9): it can come back with Last-Event-ID. */
const STALLED_MS = 15_000;

/** The answer to a request as server-sent events (WHATWG HTML, section 9.2). At most one message is waiting to be read. */
export class EventStream {
  readonly #stream = new PassThrough();
  readonly #gone = new AbortController();
  readonly #ctx: Context;
  readonly #clock: Clock;

  constructor(ctx: Context, clock: Clock) {
    this.#ctx = ctx;
    this.#clock = clock;
    const leave = (): void => this.#gone.abort();
    ctx.req.on('close', leave);
    ctx.res.on('close', leave);
    this.#stream.on('error', leave);
    ctx.status = 200;
    ctx.set({ 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' });
    ctx.type = 'text/event-stream; charset=utf-8';
    ctx.body = this.#stream;
  }

  /** Aborted when nobody listens any more. */
  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  /** True: all that was sent has been passed on. */
  get idle(): boolean {
    return !this.#stream.writableNeedDrain;
  }

  /** Resolves when the next message may be sent. */
  async send(message: Buffer): Promise<void> {
    if (this.gone.aborted) return;
    if (!this.#stream.write(message)) await this.#drained();
  }

  end(): void {
    this.#stream.end();
    this.#gone.abort();
  }

  async #drained(): Promise<void> {
    const drained = new AbortController();
    const wake = (): void => drained.abort();
    this.#stream.once('drain', wake);
    this.gone.addEventListener('abort', wake, { once: true });
    await this.#clock.sleep(STALLED_MS, drained.signal);
    this.#stream.off('drain', wake);
    this.gone.removeEventListener('abort', wake);
    if (drained.signal.aborted) return;
    this.#ctx.res.destroy();
    this.#gone.abort();
  }
}
