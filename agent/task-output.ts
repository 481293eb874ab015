import type { Clock } from '../shared/clock.ts';
import { scrubLine } from '../shared/scrub.ts';

/** As much as a coordinator keeps. */
const LIMIT_CHARS = 64 * 1024;
/** Of lines that take the place of each other on a terminal, one in so long. */
const PASSING_EVERY_MS = 10_000;

/** What was printed from `start` on: characters since the beginning of the task. */
export interface Piece {
  readonly start: number;
  readonly text: string;
}

/** What the tools of one task print, its last 64 Ki characters: whole lines, each without secrets. */
export class TaskOutput {
  readonly #clock: Clock;
  readonly #privatePath: string;
  #text = '';
  #end = 0;
  #passing: string | undefined;
  #passedMs = -Infinity;

  /** `privatePath`: where this machine keeps its work, which is nobody's business. */
  constructor(clock: Clock, privatePath: string) {
    this.#clock = clock;
    this.#privatePath = privatePath;
  }

  /** `passing`: a line of progress, over which a terminal writes the next one. */
  add(line: string, passing = false): void {
    if (!passing) {
      this.#settle();
      return this.#append(line);
    }
    this.#passing = line;
    if (this.#clock.monotonicMs() - this.#passedMs >= PASSING_EVERY_MS) this.#settle();
  }

  /** Characters that were ever printed. */
  get end(): number {
    return this.#end;
  }

  /** The line of progress that stands last, too: nothing will take its place. */
  finish(): void {
    this.#settle();
  }

  /** What is kept of all that was printed after the first `from` characters. */
  since(from: number): Piece {
    const text = this.#text.slice(-LIMIT_CHARS);
    const start = Math.max(from, this.#end - text.length);
    return { start, text: text.slice(text.length - (this.#end - start)) };
  }

  /** The last lines, for a failure. */
  tail(chars: number): string {
    const passing = this.#passing === undefined ? '' : this.#clean(this.#passing);
    return (this.#text.slice(-LIMIT_CHARS) + passing).slice(-chars).trimEnd();
  }

  #settle(): void {
    if (this.#passing === undefined) return;
    const line = this.#passing;
    this.#passing = undefined;
    this.#passedMs = this.#clock.monotonicMs();
    this.#append(line);
  }

  #append(line: string): void {
    const text = `${this.#clean(line)}\n`;
    this.#end += text.length;
    this.#text += text;
    if (this.#text.length <= 2 * LIMIT_CHARS) return;
    const kept = this.#text.slice(-LIMIT_CHARS);
    this.#text = kept.slice(kept.indexOf('\n') + 1);
  }

  #clean(line: string): string {
    return scrubLine(this.#privatePath === '' ? line : line.replaceAll(`${this.#privatePath}/`, ''));
  }
}
