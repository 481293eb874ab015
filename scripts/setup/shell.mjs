import { spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { ROOT } from './root.mjs';

/**
 * Runs a program without a shell and collects what it says, which is shown only where the caller finds it useful.
 * Never rejects: `code` is -1 when the program could not be started or ran into `timeoutMs`.
 */
export function run(program, args, { env = process.env, timeoutMs = 900_000, cwd = ROOT } = {}) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const stdout = [];
    const all = [];
    let overtime = false;
    const timer = setTimeout(() => {
      overtime = true;
      child.kill('SIGKILL');
    }, timeoutMs);
    child.stdout.on('data', (chunk) => {
      stdout.push(chunk);
      all.push(chunk);
    });
    child.stderr.on('data', (chunk) => all.push(chunk));
    const end = (code, extra) => {
      clearTimeout(timer);
      const output = Buffer.concat(all).toString('utf8') + extra;
      resolve({ code, stdout: Buffer.concat(stdout), output });
    };
    child.on('error', (error) => end(-1, String(error)));
    child.on('close', (code) =>
      end(overtime ? -1 : (code ?? -1), overtime ? `\nno end after ${timeoutMs} ms` : ''),
    );
  });
}

/** The absolute path of a program on PATH, or undefined. */
export function which(name) {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(folder, process.platform === 'win32' ? `${name}.exe` : name);
    try {
      accessSync(path, constants.X_OK);
      if (statSync(path).isFile()) return path;
    } catch {
      continue;
    }
  }
  return undefined;
}

/** The npm that started us, else the one on PATH. As `run`. */
export function npm(args, cwd = ROOT) {
  const path = process.env.npm_execpath;
  return path?.endsWith('.js') ? run(process.execPath, [path, ...args], { cwd }) : run('npm', args, { cwd });
}

/** The last lines of a program's output, indented, for a message. */
export function tail(output, lines = 8) {
  const kept = output.trim().split('\n').slice(-lines);
  return kept.map((line) => `    ${line}`).join('\n');
}
