import { openSync, renameSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';

const MAX_LOG_BYTES = 16 * 1024 * 1024;
const TAIL_BYTES = 16 * 1024;

/** Opens a log to append to. One that has grown large becomes `FILE.1` first. The caller closes it. */
export function openLog(path: string): number {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size > MAX_LOG_BYTES) renameSync(path, `${path}.1`);
  return openSync(path, 'a', 0o600);
}

interface LogLine {
  readonly msg?: string;
  readonly error?: string;
  readonly reason?: string;
}

function wordsOf(line: string): string {
  try {
    const { msg, error, reason } = JSON.parse(line) as LogLine;
    return [msg, error ?? reason].filter((part) => part !== undefined).join(': ');
  } catch {
    return line;
  }
}

/** The last thing that a process wrote, in words; empty when it said nothing. */
export async function lastWords(path: string): Promise<string> {
  const file = await open(path).catch(() => undefined);
  if (file === undefined) return '';
  try {
    const { size } = await file.stat();
    const length = Math.min(size, TAIL_BYTES);
    const { buffer } = await file.read({ buffer: Buffer.alloc(length), position: size - length });
    return wordsOf(buffer.toString('utf8').trim().split('\n').at(-1) ?? '');
  } finally {
    await file.close();
  }
}
