/** Gathers calls that arrive while one flush is under way into the next one: a batch forms by itself under load. */
export class Batcher<Item, Result> {
  readonly #flush: (items: readonly Item[]) => Promise<readonly Result[]>;
  readonly #limit: number;
  #waiting: { item: Item; resolve: (result: Result) => void; reject: (error: unknown) => void }[] = [];
  #running = false;

  /** `flush` returns one result an item, in order. `limit` bounds one batch (L9). */
  constructor(limit: number, flush: (items: readonly Item[]) => Promise<readonly Result[]>) {
    this.#limit = limit;
    this.#flush = flush;
  }

  add(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
      if (!this.#running) {
        this.#running = true;
        // One turn of the event loop: what arrives in the same tick is one statement.
        setImmediate(() => void this.#run());
      }
    });
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, this.#limit);
      try {
        const results = await this.#flush(batch.map((entry) => entry.item));
        batch.forEach((entry, position) => entry.resolve(results[position] as Result));
      } catch (error) {
        for (const entry of batch) entry.reject(error);
      }
    }
    this.#running = false;
  }
}
