const MAX_LINE_CHARS = 4_000;

/**
 * Splits what a tool prints into lines, by \n, \r or both. Of a line without end only the start is kept, so that a tool
 * that prints for ever costs no memory.
 */
export class OutputLines {
  readonly #onLine: (line: string) => void;
  readonly #decoder = new TextDecoder('utf-8');
  #line = '';

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  push(chunk: Uint8Array): void {
    const parts = this.#decoder.decode(chunk, { stream: true }).split(/\r\n|[\r\n]/);
    for (const [i, part] of parts.entries()) {
      if (i > 0) this.#flush();
      if (this.#line.length < MAX_LINE_CHARS) this.#line += part.slice(0, MAX_LINE_CHARS - this.#line.length);
    }
  }

  end(): void {
    if (this.#line !== '') this.#flush();
  }

  #flush(): void {
    this.#onLine(this.#line);
    this.#line = '';
  }
}
