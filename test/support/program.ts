import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/** A line that a process wrote: its JSON, or the text as `msg`. */
export interface LogLine {
  readonly msg: string;
  readonly [field: string]: unknown;
}

export interface ProgramSpec {
  readonly name: string;
  /** Node's own arguments, the path below the repository's root, then the program's. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** A command that becomes the program, given as its last words; e.g. one that gives it a disk of its own. */
  readonly by?: readonly string[];
  /** Default: the repository's root. */
  readonly cwd?: string;
  /** `msg` of the line that says that it is up. */
  readonly ready: string;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

const ROOT = join(import.meta.dirname, '../..');
/** Generous: the machine that runs the tests may be busy with others. */
export const DEADLINE_MS = 90_000;
const SHOWN_LINES = 40;

function toLine(text: string): LogLine {
  try {
    const parsed = JSON.parse(text) as { msg?: string; event?: string };
    return { ...parsed, msg: parsed.msg ?? parsed.event ?? text };
  } catch {
    return { msg: text };
  }
}

/** One of the project's programs as a real process, which can be killed and started again with the same settings. */
export class Program {
  readonly name: string;
  /** Of all its lives. */
  readonly lines: LogLine[] = [];
  readonly #spec: ProgramSpec;
  readonly #watchers = new Set<() => void>();
  #child: ChildProcess | undefined;
  #exited: Promise<Exit> = Promise.resolve({ code: null, signal: null });

  constructor(spec: ProgramSpec) {
    this.#spec = spec;
    this.name = spec.name;
  }

  /** Of its present life. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  get running(): boolean {
    return this.#child !== undefined;
  }

  /** How its present, or last, life ends. */
  get exited(): Promise<Exit> {
    return this.#exited;
  }

  /** Starts it; resolves when it says that it is up, rejects when it ends before. */
  async start(): Promise<void> {
    const from = this.lines.length;
    this.launch();
    const ended = this.#exited.then(({ code, signal }) => {
      throw new Error(`${this.name} ended (${code ?? signal}) before it was up\n${this.tail()}`);
    });
    ended.catch(() => undefined);
    await Promise.race([this.seen(this.#spec.ready, from), ended]);
  }

  /** Starts it without waiting for anything. */
  launch(): void {
    const { args, env, name, by = [], cwd = ROOT } = this.#spec;
    if (this.#child) throw new Error(`${name} is running already`);
    const [file = '', ...words] = [...by, process.execPath, ...args];
    const child = spawn(file, words, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr] as Readable[]) {
      createInterface({ input: stream }).on('line', (text) => this.#heard(text));
    }
    const killed = (): void => void child.kill('SIGKILL');
    process.once('exit', killed);
    this.#exited = once(child, 'close').then(([code, signal]) => {
      process.off('exit', killed);
      this.#child = undefined;
      return { code, signal } as Exit;
    });
  }

  #heard(text: string): void {
    this.lines.push(toLine(text));
    for (const watcher of this.#watchers) watcher();
  }

  /** The first line from `from` on that fits: by its `msg`, or by the function. Waits for it. */
  async seen(what: string | ((line: LogLine) => boolean), from = 0): Promise<LogLine> {
    const fits = typeof what === 'string' ? (line: LogLine) => line.msg === what : what;
    return new Promise((resolve, reject) => {
      let next = from;
      const settle = (finish: () => void): void => {
        clearTimeout(timer);
        this.#watchers.delete(look);
        finish();
      };
      const timer = setTimeout(() => {
        const wanted = typeof what === 'string' ? `"${what}"` : what.toString();
        settle(() => reject(new Error(`${this.name} never said ${wanted}\n${this.tail()}`)));
      }, DEADLINE_MS);
      const look = (): void => {
        for (; next < this.lines.length; next++) {
          const line = this.lines[next]!;
          if (fits(line)) return settle(() => resolve(line));
        }
      };
      this.#watchers.add(look);
      look();
    });
  }

  /** The last lines, for the message of a failing test. */
  tail(): string {
    return this.lines
      .slice(-SHOWN_LINES)
      .map((line) => `  ${this.name}: ${JSON.stringify(line)}`)
      .join('\n');
  }

  signal(signal: NodeJS.Signals): void {
    if (!this.#child?.kill(signal)) throw new Error(`${this.name} is not running`);
  }

  /** `kill -9`; resolves when it is gone. Works on a stopped process too. */
  async kill(): Promise<void> {
    this.#child?.kill('SIGKILL');
    await this.#exited;
  }

  /** Asks it to end and waits until it has. */
  async stop(): Promise<Exit> {
    this.#child?.kill('SIGTERM');
    return this.#exited;
  }
}
