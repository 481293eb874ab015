/** Where text goes: standard output or error, or a test's memory. */
export interface Output {
  write(text: string): void;
  /** A terminal, on which lines can be drawn again. */
  readonly isTTY: boolean;
  readonly columns: number;
  readonly rows: number;
}

// Control sequences: ECMA-48, sections 8.3.22 (cursor up) and 8.3.39 (erase in page).
const UP = (lines: number): string => (lines > 0 ? `\u001B[${lines}A` : '');
const ERASE_BELOW = '\r\u001B[J';

/** Text that came from elsewhere (a file name, a tool's words) must not move the cursor. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, '?');
}

const DEFAULT_COLUMNS = 100;
const DEFAULT_ROWS = 24;

/** A stream of this process. */
export function processOutput(stream: NodeJS.WriteStream): Output {
  // Whoever reads may stop reading (`| head`): that is no error of ours.
  stream.on('error', () => undefined);
  return {
    write: (text) => void stream.write(text),
    get isTTY() {
      return stream.isTTY ?? false;
    },
    get columns() {
      return stream.columns ?? DEFAULT_COLUMNS;
    },
    get rows() {
      return stream.rows ?? DEFAULT_ROWS;
    },
  };
}

/** The first `columns` characters; a pair of surrogates is one. */
function cutTo(line: string, columns: number): string {
  return Array.from(line).slice(0, columns).join('');
}

/** Lines that are drawn over themselves; on anything but a terminal each is written once. */
export class LiveLines {
  readonly #out: Output;
  #drawn = 0;

  constructor(out: Output) {
    this.#out = out;
  }

  /** Replaces what is shown. Lines that do not fit are cut: a wrapped line would break the counting. */
  draw(lines: readonly string[]): void {
    const fitting = lines.slice(0, Math.max(1, this.#out.rows - 1));
    const cut = fitting.map((line) => cutTo(printable(line), this.#out.columns - 1));
    this.#out.write(`${UP(this.#drawn)}${ERASE_BELOW}${cut.map((line) => `${line}\n`).join('')}`);
    this.#drawn = cut.length;
  }

  /** Leaves what is shown and goes on below it. */
  keep(): void {
    this.#drawn = 0;
  }

  /** Takes what is shown away. */
  clear(): void {
    this.#out.write(`${UP(this.#drawn)}${ERASE_BELOW}`);
    this.#drawn = 0;
  }
}
