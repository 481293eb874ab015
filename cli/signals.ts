import { EXIT_CODES } from '../shared/exit-codes.ts';

/** What the signals of a process mean to its command. */
export interface Signals {
  readonly leave: AbortSignal;
  readonly quit: AbortSignal;
  release(): void;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const LAUNCHER_LOOK_MS = 500;

/** The first signal asks to leave, the second to leave at once, the third does not ask. */
export function catchSignals(): Signals {
  const leave = new AbortController();
  const quit = new AbortController();
  const onSignal = (): void => {
    if (quit.signal.aborted) process.exit(EXIT_CODES.interrupted.code);
    if (leave.signal.aborted) quit.abort();
    leave.abort();
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return {
    leave: leave.signal,
    quit: quit.signal,
    release: () => SIGNALS.forEach((signal) => process.off(signal, onSignal)),
  };
}

/**
 * Leaves as by SIGTERM once the launcher that started us is gone: killed with -9 it could not pass that on, and nobody
 * would know of us. `launcher` is its process id, as it told us.
 */
export function followLauncher(launcher: string | undefined): void {
  const pid = Number(launcher);
  if (!launcher || !Number.isInteger(pid)) return;
  const timer = setInterval(() => {
    if (process.ppid === pid) return;
    clearInterval(timer);
    process.kill(process.pid, 'SIGTERM');
  }, LAUNCHER_LOOK_MS);
  timer.unref();
}
