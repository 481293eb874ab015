/**
 * Reads that many ask for at once are made once. Whoever asks while one is under way gets the one after it, so that every
 * answer was read after its question, and shows the effect of all calls before.
 */
export class SharedReads<T> {
  readonly #reads = new Map<string, { now: Promise<T>; next?: Promise<T> }>();

  /** `name` says what is read; what `read` gives is shared by all who ask. */
  async get(name: string, read: () => Promise<T>): Promise<T> {
    const entry = this.#reads.get(name);
    if (entry === undefined) return this.#start(name, read);
    entry.next ??= entry.now.then(
      () => this.#start(name, read),
      () => this.#start(name, read),
    );
    return entry.next;
  }

  #start(name: string, read: () => Promise<T>): Promise<T> {
    const entry: { now: Promise<T>; next?: Promise<T> } = { now: read() };
    this.#reads.set(name, entry);
    const done = (): void => {
      if (entry.next === undefined && this.#reads.get(name) === entry) this.#reads.delete(name);
    };
    entry.now.then(done, done);
    return entry.now;
  }
}

/** A whole answer of success, as the bytes that all who share it are sent: it may be a megabyte. */
export class AnswerBytes {
  readonly bytes: Buffer;

  /** `data`: JSON text. */
  constructor(data: string) {
    this.bytes = Buffer.from(`{"data":${data},"success":true}`);
  }
}
