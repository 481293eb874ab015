/** How many requests a server works on at once: their bodies are held in memory (L9). */
export class InFlight {
  readonly #most: number;
  #now = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** Runs the work of one request; `fits` false: it is one too many, and is to be told to come again. */
  async run(work: (fits: boolean) => Promise<void>): Promise<void> {
    this.#now++;
    try {
      await work(this.#now <= this.#most);
    } finally {
      this.#now--;
    }
  }
}
