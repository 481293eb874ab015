/**
 * Reads that many ask for at once are made once. Whoever asks while one is under way gets the one after it, so that every
 * answer was read after its question, and shows the effect of all calls before.
 */
export class SharedReads {
  readonly #reads = new Map<string, { now: Promise<string>; next?: Promise<string> }>();

  /** `name` says what is read; `read` gives the text that all who ask share. */
  async text(name: string, read: () => Promise<string>): Promise<string> {
    const entry = this.#reads.get(name);
    if (entry === undefined) return this.#start(name, read);
    entry.next ??= entry.now.then(
      () => this.#start(name, read),
      () => this.#start(name, read),
    );
    return entry.next;
  }

  #start(name: string, read: () => Promise<string>): Promise<string> {
    const entry: { now: Promise<string>; next?: Promise<string> } = { now: read() };
    this.#reads.set(name, entry);
    const done = (): void => {
      if (entry.next === undefined && this.#reads.get(name) === entry) this.#reads.delete(name);
    };
    entry.now.then(done, done);
    return entry.now;
  }
}

/** Data of an answer that is JSON text already. */
export class JsonText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}
