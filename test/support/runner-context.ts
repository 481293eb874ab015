import { copyFileSync, createReadStream, mkdirSync, mkdtempSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SourceAccess } from '../../agent/media/source-access.ts';
import type { RunnerContext } from '../../agent/runners/runner.ts';
import { defaultLimits } from '../../agent/sandbox/limits.ts';
import { plainSandbox } from '../../agent/sandbox/plain.ts';
import { GridError } from '../../shared/errors.ts';
import { systemClock } from '../../shared/clock.ts';
import type { ObjectInput } from '../../shared/gen/clipgrid/v1/task.ts';
import { silentLogger } from '../../shared/logger.ts';
import { testTools } from './tools.ts';

/** Objects that are local files: the URL is the path. What the range proxy does has tests of its own. */
const localSource: SourceAccess = {
  async open(input) {
    return {
      url: input.url,
      sizeBytes: input.sizeBytes,
      // `end` of a file stream is inclusive.
      read: ({ start, end }) => createReadStream(input.url, { start, end: end - 1 }),
      fetchedBytes: () => 0,
      failure: () => undefined,
      close: () => Promise.resolve(),
    };
  },
  async download(input, path) {
    copyFileSync(input.url, path);
  },
};

export function localObject(path: string): ObjectInput {
  return { url: path, sizeBytes: statSync(path).size, sha256: '', cacheKey: path };
}

/** A context for running a task without a grid, in a fresh directory; `lines` gathers what the tools print. */
export function runnerContext(
  signal = new AbortController().signal,
): RunnerContext & { readonly lines: string[] } {
  const workDir = mkdtempSync(join(tmpdir(), 'clipgrid-run-'));
  mkdirSync(workDir, { recursive: true });
  const lines: string[] = [];
  return {
    workDir,
    signal,
    slotCores: 1,
    tools: testTools(),
    sandbox: plainSandbox({ prlimit: undefined, setpriv: undefined, choom: undefined }, defaultLimits()),
    source: localSource,
    clock: systemClock,
    logger: silentLogger,
    progress: () => undefined,
    savePart: () => Promise.reject(new GridError('unsupported', 'nobody keeps parts here')),
    onTool: () => () => undefined,
    toolOutput: (line) => lines.push(line),
    lines,
  };
}
