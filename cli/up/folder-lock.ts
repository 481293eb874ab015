import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { createConnection, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../shared/clock.ts';
import { GridError } from '../../shared/errors.ts';

/** What the holder of a folder says of itself. */
export interface Holder {
  readonly pid: number;
  /** It is on its way out: worth waiting for. */
  readonly stopping: boolean;
}

export interface FolderLock {
  release(): Promise<void>;
}

export interface LockOptions {
  /** Absolute real path. */
  readonly folder: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Asked whenever another process wants the folder. */
  holder(): Holder;
  onWait?(holder: Holder): void;
}

const WAIT_LIMIT_MS = 90_000;
const POLL_MS = 100;
const ASK_LIMIT_MS = 2_000;

/** On Linux a name without a file (unix(7), abstract): the kernel frees it with its process, however that dies. */
function addressOf(folder: string): string {
  const name = `clipgrid-up-${createHash('sha256').update(folder).digest('hex').slice(0, 24)}`;
  return process.platform === 'linux' ? `\0${name}` : join(tmpdir(), `${name}.sock`);
}

async function listen(address: string, holder: () => Holder): Promise<Server | undefined> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.end(JSON.stringify(holder()));
  });
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error),
    );
    server.listen(address, () => resolve(server));
  });
}

/** Undefined when nobody answers: whoever held it is gone. */
async function ask(address: string): Promise<Holder | undefined> {
  const text = await new Promise<string>((resolve) => {
    const socket = createConnection(address);
    let said = '';
    socket.setTimeout(ASK_LIMIT_MS, () => socket.destroy());
    socket.on('data', (chunk) => (said += String(chunk)));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(said));
  });
  return text === '' ? undefined : (JSON.parse(text) as Holder);
}

/** Holds a data folder for this process alone. Waits for a holder that is stopping; else `failed_precondition`. */
export async function lockFolder(options: LockOptions): Promise<FolderLock> {
  const { folder, clock, signal } = options;
  const address = addressOf(folder);
  const from = clock.monotonicMs();
  for (let told = false; !signal.aborted;) {
    const server = await listen(address, options.holder);
    if (server) return { release: () => new Promise((resolve) => server.close(() => resolve())) };
    const holder = await ask(address);
    const waited = clock.monotonicMs() - from;
    if (holder !== undefined && (!holder.stopping || waited > WAIT_LIMIT_MS)) {
      throw new GridError(
        'failed_precondition',
        `another clipgrid up (process ${holder.pid}) runs on ${folder}: stop it with \`kill ${holder.pid}\`, or give another folder with --data`,
      );
    }
    if (holder === undefined && process.platform !== 'linux') await rm(address, { force: true });
    if (holder !== undefined && !told) options.onWait?.(holder);
    told ||= holder !== undefined;
    await clock.sleep(POLL_MS, signal);
  }
  throw new GridError('cancelled', 'interrupted');
}
