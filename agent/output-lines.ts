const MAX_LINE_CHARS = 4_000;

/**
 * Splits what a tool prints into lines, by \n, \r or both. Of a line without end only the start is kept, so that a tool
 * that prints for ever costs no memory.
 */
export class OutputLines {
  readonly #onLine: (line: string, passing: boolean) => void;
  readonly #decoder = new TextDecoder('utf-8');
  #line = '';

  /** `passing`: a lone \r ends it, so that a terminal writes the next line over it. */
  constructor(onLine: (line: string, passing: boolean) => void) {
    this.#onLine = onLine;
  }

  push(chunk: Uint8Array): void {
    // Text and ends of lines by turns.
    const parts = this.#decoder.decode(chunk, { stream: true }).split(/(\r\n|[\r\n])/);
    for (const [i, part] of parts.entries()) {
      if (i % 2 === 1) {
        this.#flush(part === '\r');
        continue;
      }
      if (this.#line.length < MAX_LINE_CHARS) this.#line += part.slice(0, MAX_LINE_CHARS - this.#line.length);
    }
  }

  end(): void {
    if (this.#line !== '') this.#flush(false);
  }

  #flush(passing: boolean): void {
    this.#onLine(this.#line, passing);
    this.#line = '';
  }
}
