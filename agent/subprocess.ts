import { spawn, type ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';
import type { Clock } from '../shared/clock.ts';
import { GridError, type ErrorCode } from '../shared/errors.ts';
import { OutputLines } from './output-lines.ts';
import { watchIdle } from './idle-watch.ts';
import { OutputTail } from './output-tail.ts';
import { withCause } from './tool-cause.ts';

/** A program to run, its whole environment and its directory. */
export interface ToolCommand {
  /** What people know it by, where argv starts with a wrapper. Default: the name of argv's program. */
  readonly name?: string;
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
}

export interface SpawnOptions {
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** `passing`: progress, over which a terminal writes the next line. */
  onStderrLine?(line: string, passing: boolean): void;
  /** Called when a program was started; what comes back, when it has ended. */
  onTool?(name: string): (exit: ToolExit) => void;
  /** Between the request to end and the kill. Default: 2 s; 0: killed at once. */
  readonly graceMs?: number;
  /** File descriptor of what it reads. Default: a pipe of its own. */
  readonly stdin?: number;
  /** What it writes to, at `outputFd`: pipes of its own, or file descriptors. Default: one pipe. */
  readonly outputs?: readonly ('pipe' | number)[];
  /** It works for the agent itself, not for a task: it stays in the agent's process group, and no pause stops it. */
  readonly isHelper?: boolean;
}

/** The file descriptor of a program's i-th output, from 0. */
export function outputFd(i: number): number {
  return i === 0 ? 1 : 2 + i;
}

/** A started program: its process group dies with the abort, and `done` tells how it ended. Never rejects. */
export interface RunningTool {
  readonly child: ChildProcess;
  /** Those of its outputs that are pipes of its own. */
  readonly outputs: readonly Readable[];
  readonly name: string;
  readonly tail: OutputTail;
  readonly done: Promise<ToolExit>;
}

export interface ToolExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** It could not be started at all. */
  readonly spawnError?: Error;
  /** On the monotonic clock: of several that failed, the first one is the cause. */
  readonly atMs: number;
}

const GRACE_MS = 2_000;

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals, isHelper = false): void {
  if (pid === undefined) return;
  try {
    process.kill(isHelper ? pid : -pid, signal);
  } catch {
    // The group is gone already.
  }
}

/** Ends a whole process group: asks first, then kills. */
function killGroup(child: ChildProcess, { clock, graceMs = GRACE_MS, isHelper }: SpawnOptions): void {
  if (graceMs === 0) return signalGroup(child, 'SIGKILL', isHelper);
  signalGroup(child, 'SIGTERM', isHelper);
  const timer = clock.after(graceMs, () => signalGroup(child, 'SIGKILL', isHelper));
  child.once('close', () => timer.cancel());
}

/** Starts a program in a process group of its own. stdin and stdout are pipes; stderr is read line by line. */
export function startTool(command: ToolCommand, options: SpawnOptions): RunningTool {
  const [program, ...args] = command.argv;
  const { stdin = 'pipe', outputs: [stdout = 'pipe', ...further] = [] } = options;
  const child = spawn(program ?? '', args, {
    cwd: command.cwd,
    env: { ...command.environment },
    stdio: [stdin, stdout, 'pipe', ...further],
    detached: options.isHelper !== true,
  });
  const outputs = [stdout, ...further].flatMap((_, i) => (child.stdio[outputFd(i)] as Readable | null) ?? []);
  const tail = new OutputTail();
  const lines = new OutputLines((line, passing) => {
    tail.add(line);
    options.onStderrLine?.(line, passing);
  });
  child.stderr?.on('data', (chunk: Buffer) => lines.push(chunk));
  child.stderr?.once('end', () => lines.end());
  // A program that ends early closes its end: the exit code tells why, not the broken pipe.
  child.stdin?.on('error', () => undefined);
  for (const output of outputs) output.on('error', () => undefined);
  const abort = (): void => killGroup(child, options);
  if (options.signal.aborted) abort();
  else options.signal.addEventListener('abort', abort, { once: true });
  const done = new Promise<ToolExit>((resolve) => {
    let atMs = Infinity;
    child.once('exit', () => {
      atMs = options.clock.monotonicMs();
      // What it started and left behind would hold the pipes open, and the machine busy.
      signalGroup(child, 'SIGKILL', options.isHelper);
    });
    child.once('error', (spawnError) =>
      resolve({ code: null, signal: null, spawnError, atMs: options.clock.monotonicMs() }),
    );
    child.once('close', (code, signal) => resolve({ code, signal, atMs }));
  });
  void done.then(() => options.signal.removeEventListener('abort', abort));
  const name = command.name ?? program?.split('/').at(-1) ?? '';
  const ended = options.onTool?.(name);
  if (ended) void done.then(ended);
  return { child, outputs, name, tail, done };
}

/** Why an exit is a failure, in words; undefined when it is none. */
export function exitProblem(tool: RunningTool, exit: ToolExit): string | undefined {
  if (exit.spawnError) return `${tool.name} could not be started: ${exit.spawnError.message}`;
  if (exit.signal) return `${tool.name} was ended by ${exit.signal}`;
  return exit.code === 0 ? undefined : `${tool.name} failed with exit code ${exit.code}`;
}

/** Throws the abort's reason as a `GridError`, so that a lost lease is not taken for a broken tool. */
export function throwIfAborted(signal: AbortSignal): void {
  if (!signal.aborted) return;
  const reason: unknown = signal.reason;
  throw reason instanceof GridError ? reason : new GridError('cancelled', 'the work was cancelled');
}

export interface RunToolOptions extends SpawnOptions {
  /** `collect`: returned, at most 64 MiB; a function gets each chunk. Default: thrown away. */
  readonly stdout?: 'collect' | 'ignore' | ((chunk: Buffer) => void);
  /** Code of the error of an exit that is not 0; its details hold `log` and, where it was no signal, `exitCode`. Default: internal. */
  readonly failure?: ErrorCode;
  /** A program that computes nothing for so long hangs (L14). Default: 5 minutes. */
  readonly idleMs?: number;
}

const IDLE_MS = 5 * 60_000;

const MAX_COLLECT_BYTES = 64 * 1024 * 1024;

/** Runs a program to its end. An exit other than 0 throws, with its last lines in `details.log`. */
export async function runTool(
  command: ToolCommand,
  options: RunToolOptions,
): Promise<{ stdout: string; stderr: string }> {
  throwIfAborted(options.signal);
  const idleMs = options.idleMs ?? IDLE_MS;
  const over = new AbortController();
  const signal = AbortSignal.any([options.signal, over.signal]);
  const tool = startTool(command, { ...options, signal });
  tool.child.stdin?.end();
  const ended = new AbortController();
  const pids = tool.child.pid === undefined ? [] : [tool.child.pid];
  const idle = `${tool.name} did nothing for ${idleMs / 1000} s: it hangs`;
  const onIdle = (): void => over.abort(new GridError('no_progress', idle));
  void watchIdle({ pids, clock: options.clock, idleMs, signal: ended.signal, onIdle });
  const chunks: Buffer[] = [];
  let bytes = 0;
  tool.child.stdout?.on('data', (chunk: Buffer) => {
    if (typeof options.stdout === 'function') options.stdout(chunk);
    if (options.stdout !== 'collect') return;
    bytes += chunk.length;
    if (bytes <= MAX_COLLECT_BYTES) chunks.push(chunk);
  });
  const exit = await tool.done;
  ended.abort();
  throwIfAborted(signal);
  const problem = exitProblem(tool, exit);
  if (problem !== undefined) {
    const log = tool.tail.toString();
    const details = { log, ...(exit.code === null ? {} : { exitCode: exit.code }) };
    throw new GridError(options.failure ?? 'internal', withCause(problem, log), { details });
  }
  return { stdout: Buffer.concat(chunks).toString('utf8'), stderr: tool.tail.toString() };
}
