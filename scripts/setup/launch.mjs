import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { delimiter, dirname } from 'node:path';
import { COMPILE_CACHE } from './node-args.mjs';
import { CACHE, say } from './root.mjs';

const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** Becomes `node args...` as far as a parent can: same terminal, signals passed on, same exit code. */
export function launch(node, args) {
  const path = `${dirname(node)}${delimiter}${process.env.PATH ?? ''}`;
  // With our number it can tell that we were killed.
  const env = {
    NODE_COMPILE_CACHE: COMPILE_CACHE,
    CLIPGRID_CACHE: CACHE,
    ...process.env,
    PATH: path,
    CLIPGRID_LAUNCHER: String(process.pid),
  };
  const child = spawn(node, args, { stdio: 'inherit', env });
  // A Ctrl-C reaches the child by itself, as one of the terminal's group; we only have to outlive it.
  for (const signal of FORWARDED)
    process.on(signal, () => (signal === 'SIGINT' && process.stdin.isTTY ? undefined : child.kill(signal)));
  child.on('error', (error) => fail(error));
  child.on('exit', (code, signal) => process.exit(signal ? 128 + constants.signals[signal] : code));
}

/** Ends with a message instead of a stack: set-up errors are for people. */
export function fail(error) {
  say(error.message);
  process.exit(1);
}
