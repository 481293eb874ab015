import { GridError } from '../../shared/errors.ts';

/** How many streams of one sort are open, and no more than the limit (L9). */
export class OpenStreams {
  readonly #limit: number;
  readonly #what: string;
  #open = 0;

  constructor(what: string, limit: number) {
    this.#what = what;
    this.#limit = limit;
  }

  /** Counts one in; the function that comes back counts it out, once. */
  enter(): () => void {
    if (this.#open >= this.#limit) {
      const message = `${this.#limit} ${this.#what} are open on this coordinator, and no more may be; try another one or later`;
      throw new GridError('resource_exhausted', message, { details: { limit: this.#limit } });
    }
    this.#open++;
    let left = false;
    return () => {
      if (!left) this.#open--;
      left = true;
    };
  }
}
