import { execFileSync } from 'node:child_process';
import { availableParallelism, cpus, release, totalmem } from 'node:os';

/** What the numbers were measured on, and when. */
export interface Machine {
  readonly date: string;
  readonly commit: string;
  readonly [part: string]: string;
}

function firstLine(program: string, args: readonly string[]): string {
  try {
    const text = execFileSync(program, args, { stdio: ['ignore', 'pipe', 'ignore'] }).toString();
    return text.split('\n')[0]?.trim() ?? '';
  } catch {
    return 'not there';
  }
}

export function describeMachine(postgres: string): Machine {
  const dirty = firstLine('git', ['status', '--porcelain']) === '' ? '' : ' with changes';
  return {
    date: new Date().toISOString().slice(0, 16).replace('T', ' '),
    commit: firstLine('git', ['rev-parse', '--short', 'HEAD']) + dirty,
    cpu: `${cpus()[0]?.model.trim() ?? 'unknown'}, ${availableParallelism()} cores`,
    memory: `${(totalmem() / 2 ** 30).toFixed(1)} GiB`,
    kernel: release(),
    node: process.version,
    PostgreSQL: `${postgres}, embedded, fsync on`,
    ffmpeg: /version (\S+)/.exec(firstLine('ffmpeg', ['-version']))?.[1] ?? 'not there',
  };
}
