import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { runCommandLine } from '../../cli/run.ts';
import type { CliContext } from '../../cli/context.ts';
import type { Output } from '../../cli/terminal.ts';
import { systemClock } from '../../shared/clock.ts';
import { systemIds } from '../../shared/ids.ts';

const ROOT = join(import.meta.dirname, '../..');

/** How a command line ended and what it wrote. */
export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The environment of a program under test: nothing that a developer has set for clipgrid. */
export function bareEnvironment(): Record<string, string> {
  const names = ['PATH', 'HOME', 'TMPDIR', 'LANG'];
  return Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}

/** Runs `clipgrid ARGS` as a process, to its end. */
export async function runCli(args: readonly string[], env: Record<string, string> = {}): Promise<Ran> {
  const child = spawn(process.execPath, [join(ROOT, 'cli/main.ts'), ...args], {
    env: { ...bareEnvironment(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const closed = once(child, 'close');
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = (await closed) as [number | null];
  return { code, stdout, stderr };
}

/** An output that remembers. */
export class MemoryOutput implements Output {
  text = '';
  readonly isTTY: boolean;
  readonly columns: number;
  readonly rows: number;

  constructor(size: { isTTY?: boolean; columns?: number; rows?: number } = {}) {
    this.isTTY = size.isTTY ?? false;
    this.columns = size.columns ?? 100;
    this.rows = size.rows ?? 24;
  }

  write(text: string): void {
    this.text += text;
  }
}

/** Runs a command line in this process: for what ends before anything is asked of anybody. */
export async function runHere(args: readonly string[]): Promise<Ran> {
  const [stdout, stderr] = [new MemoryOutput(), new MemoryOutput()];
  const context: CliContext = {
    stdout,
    stderr,
    environment: {},
    clock: systemClock,
    ids: systemIds(() => Date.now()),
    leave: new AbortController().signal,
    quit: new AbortController().signal,
    releaseSignals: () => undefined,
    setExitCode: () => undefined,
  };
  const code = await runCommandLine(args, context);
  return { code, stdout: stdout.text, stderr: stderr.text };
}
