import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { bareEnvironment } from './command-line.ts';

const DEADLINE_MS = 60_000;

/** A shell command on a real pseudo-terminal of 100 columns and 30 rows, made by `script` of util-linux. */
export class Pty {
  /** All that it wrote, control sequences and all. */
  text = '';
  readonly exited: Promise<number | null>;
  readonly #child;
  readonly #watchers = new Set<() => void>();

  constructor(command: string, env: Readonly<Record<string, string>> = {}) {
    const line = `stty cols 100 rows 30; ${command}`;
    this.#child = spawn('script', ['-qefc', line, '/dev/null'], {
      env: { ...bareEnvironment(), TERM: 'xterm-256color', SHELL: '/bin/sh', ...env },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.text += text;
      for (const look of this.#watchers) look();
    });
    this.exited = once(this.#child, 'close').then(([code]) => code as number | null);
  }

  type(keys: string): void {
    this.#child.stdin.write(keys);
  }

  /** Resolves when what was written since `from` fits. */
  async seen(what: RegExp, from = 0): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const settle = (finish: () => void): void => {
        clearTimeout(timer);
        this.#watchers.delete(look);
        finish();
      };
      const timer = setTimeout(
        () =>
          settle(() =>
            reject(new Error(`never seen: ${what.source}\n${JSON.stringify(this.text.slice(-4_000))}`)),
          ),
        DEADLINE_MS,
      );
      const look = (): void => void (what.test(this.text.slice(from)) && settle(resolve));
      this.#watchers.add(look);
      look();
    });
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}
