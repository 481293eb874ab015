/** The last bytes of what tools print, whatever they print: bounded in memory, whole lines where it can. */
export class OutputTail {
  readonly #limit: number;
  #text = '';

  constructor(limitChars = 8 * 1024) {
    this.#limit = limitChars;
  }

  add(line: string): void {
    this.#text += `${line}\n`;
    if (this.#text.length > 2 * this.#limit) this.#text = this.#text.slice(-this.#limit);
  }

  toString(): string {
    return this.#text.slice(-this.#limit).trimEnd();
  }
}
