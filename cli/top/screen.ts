import type { Tty } from '../tty.ts';
import type { FrameLine, Style } from './frame.ts';

// xterm's control sequences: ?1049 the alternate screen, ?25 the cursor; ECMA-48: H moves, K and J erase, m is how text looks.
const ENTER = '\u001B[?1049h\u001B[?25l\u001B[2J';
const LEAVE = '\u001B[0m\u001B[?25h\u001B[?1049l';
const RESET = '\u001B[0m';
const LOOKS: Readonly<Record<Style, string>> = {
  plain: '',
  title: '\u001B[1m',
  head: '\u001B[1;4m',
  marked: '\u001B[7m',
  dim: '\u001B[2m',
  bad: '\u001B[31m',
  question: '\u001B[1;33m',
};

/** A terminal's other screen, on which frames replace each other. What was on the terminal before comes back. */
export class Screen {
  readonly #tty: Tty;
  readonly #forget: () => void;
  #isOpen = true;
  #shown: readonly string[] = [];

  constructor(tty: Tty) {
    this.#tty = tty;
    // Also after a fault: a terminal without echo is of no use to anybody.
    this.#forget = tty.onExit(() => this.close());
    tty.setRaw(true);
    tty.write(ENTER);
  }

  /** Draws what is different from the last frame. */
  draw(lines: readonly FrameLine[]): void {
    const fresh = lines.map(({ text, style }) => `${LOOKS[style]}${text}${RESET}`);
    const changed = fresh.flatMap((line, i) =>
      line === this.#shown[i] ? [] : [`\u001B[${i + 1};1H${line}\u001B[K`],
    );
    this.#shown = fresh;
    if (changed.length > 0) this.#tty.write(changed.join(''));
  }

  /** The next frame is drawn whole: the terminal has another size, or others wrote on it. */
  invalidate(): void {
    this.#shown = [];
    this.#tty.write('\u001B[2J');
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#forget();
    this.#tty.setRaw(false);
    this.#tty.write(LEAVE);
  }
}
