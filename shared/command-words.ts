import { GridError } from './errors.ts';

/** The programs of a pipeline, each an argument vector. */
export type Programs = readonly (readonly string[])[];

const MAX_CHARS = 32 * 1024;
const MAX_WORDS = 1_000;
const MAX_PROGRAMS = 8;

/** What a shell would act on outside of quotes; here nothing acts on it, so writing it is a mistake or a trick. */
const REFUSED = new Map([
  [';', 'a second command'],
  ['&', 'a background command'],
  ['>', 'a redirection'],
  ['<', 'a redirection'],
  ['(', 'a subshell'],
  [')', 'a subshell'],
  ['`', 'a command substitution'],
  ['\n', 'a line break'],
  ['\r', 'a line break'],
]);

function refuse(reason: string): never {
  throw new GridError('invalid_argument', reason, { details: { field: 'encode' } });
}

/** State of one pass over the text. */
class Splitter {
  readonly programs: string[][] = [[]];
  #word: string | undefined;
  #words = 0;
  #at = 0;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  run(): string[][] {
    while (this.#at < this.#text.length) this.#step(this.#text.charAt(this.#at++));
    this.#endWord();
    if (this.programs.some((words) => words.length === 0)) refuse('there is no program before or after a |');
    return this.programs;
  }

  #step(char: string): void {
    const next = this.#text.charAt(this.#at);
    if (char === ' ' || char === '\t') return this.#endWord();
    if (char === "'") return this.#singleQuoted();
    if (char === '"') return this.#doubleQuoted();
    if (char === '\\') return this.#escaped();
    if (char === '|') return this.#pipe(next);
    if (char === '$' && (next === '(' || next === '{'))
      refuse(`$${next} outside of quotes would be an expansion`);
    const refused = REFUSED.get(char);
    if (refused !== undefined)
      refuse(
        `${JSON.stringify(char)} outside of quotes would be ${refused}; put it in quotes if it is meant`,
      );
    this.#add(char);
  }

  #add(text: string): void {
    this.#word = (this.#word ?? '') + text;
  }

  #endWord(): void {
    if (this.#word === undefined) return;
    this.programs.at(-1)?.push(this.#word);
    this.#word = undefined;
    if (++this.#words > MAX_WORDS) refuse(`it has more than ${MAX_WORDS} words`);
  }

  #pipe(next: string): void {
    if (next === '|') refuse('"||" would be a second command');
    this.#endWord();
    if (this.programs.push([]) > MAX_PROGRAMS) refuse(`it has more than ${MAX_PROGRAMS} programs`);
  }

  #singleQuoted(): void {
    const end = this.#text.indexOf("'", this.#at);
    if (end < 0) refuse("a ' is never closed");
    this.#add(this.#text.slice(this.#at, end));
    this.#at = end + 1;
  }

  /** POSIX 2.2.3: a backslash only escapes what it must; nothing is expanded here. */
  #doubleQuoted(): void {
    this.#add('');
    for (;;) {
      if (this.#at >= this.#text.length) refuse('a " is never closed');
      const char = this.#text.charAt(this.#at++);
      if (char === '"') return;
      const next = this.#text.charAt(this.#at);
      if (char === '\\' && '"\\$`'.includes(next) && next !== '') {
        this.#add(next);
        this.#at++;
      } else {
        this.#add(char);
      }
    }
  }

  #escaped(): void {
    if (this.#at >= this.#text.length) refuse('it ends with a backslash');
    const next = this.#text.charAt(this.#at);
    if (next === '\n' || next === '\r') refuse('it has a line break');
    this.#add(next);
    this.#at++;
  }
}

/**
 * Splits a command line into programs and words by POSIX quoting (XCU 2.2), with `|` between programs. Nothing is expanded
 * and no shell ever sees it (M7). Throws `invalid_argument` that says what is wrong.
 */
export function splitCommand(text: string): Programs {
  if (text.length > MAX_CHARS) refuse(`it is longer than ${MAX_CHARS} characters`);
  if (text.includes('\0')) refuse('it holds a NUL character');
  if (text.trim() === '') refuse('it is empty');
  return new Splitter(text).run();
}
