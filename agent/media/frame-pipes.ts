import { closeSync, constants, openSync, unlinkSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { runTool } from '../subprocess.ts';
import { TOOL_ENVIRONMENT, type MediaTools } from './probe.ts';

/** A pipe from one program to another, of which nothing comes by here. All are file descriptors. */
export interface FramePipe {
  readonly write: number;
  readonly read: number;
  /** Both programs have them: here they are closed, or nobody would ever read the end. */
  passed(): void;
  /** Once, when nobody reads any more: what is still written is thrown away, so that the writer is not held up, nor ended. */
  drain(): void;
}

function framePipe(path: string): FramePipe {
  // A reader that does not wait lets the others open it at once; it stays, so that a pipe without its program is none without readers.
  const spare = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const write = openSync(path, constants.O_WRONLY);
  const read = openSync(path, constants.O_RDONLY);
  unlinkSync(path);
  return {
    write,
    read,
    passed() {
      closeSync(write);
      closeSync(read);
    },
    drain() {
      const rest = new Socket({ fd: spare, readable: true, writable: false });
      rest.on('error', () => undefined).resume();
    },
  };
}

/**
 * Makes so many pipes in the work directory, where nobody finds them a moment later. `mkfifo`: the program, since Node makes no
 * pipes. Each must be drained in the end, which closes it.
 */
export async function framePipes(tools: MediaTools, mkfifo: string, count: number): Promise<FramePipe[]> {
  const paths = Array.from({ length: count }, (_, i) => join(tools.workDir, `frames-${i}`));
  const argv = [mkfifo, '-m', '600', ...paths];
  await runTool({ argv, cwd: tools.workDir, environment: TOOL_ENVIRONMENT }, tools);
  return paths.map(framePipe);
}
