import { spawn, type ChildProcess } from 'node:child_process';
import { open, readFile, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { ServerAccount } from './account.ts';
import { SERVER_ENVIRONMENT } from './initialise.ts';
import type { ClusterLayout } from './layout.ts';

/** `full`: what was committed survives a power cut. `test`: it survives a crash of the server only, but is much faster. */
export type Durability = 'full' | 'test';

export interface SpawnInput {
  readonly program: string;
  readonly layout: ClusterLayout;
  readonly account: ServerAccount | undefined;
  readonly port: number;
  readonly durability: Durability;
  readonly maxConnections: number;
}

const MAX_LOG_BYTES = 8 * 1024 * 1024;

/** Not `synchronous_commit`: without it a crash of the server alone would lose what it said was committed. */
const NOT_DURABLE = { fsync: 'off', full_page_writes: 'off' };

function settings(input: SpawnInput): string[] {
  const all: Record<string, string> = {
    listen_addresses: '127.0.0.1',
    port: String(input.port),
    unix_socket_directories: '',
    max_connections: String(input.maxConnections),
    shared_buffers: '128MB',
    max_wal_size: '1GB',
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_min_messages: 'warning',
    log_line_prefix: '%m [%p] %d ',
    ...(input.durability === 'test' ? NOT_DURABLE : {}),
  };
  return Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

/** Starts the server in a session of its own, so that a Ctrl-C in the terminal ends us in order, not it at once. */
export async function spawnServer(input: SpawnInput): Promise<ChildProcess> {
  const size = await stat(input.layout.logFile).then(
    (info) => info.size,
    () => 0,
  );
  const log = await open(input.layout.logFile, size > MAX_LOG_BYTES ? 'w' : 'a', 0o600);
  try {
    const child = spawn(input.program, ['-D', input.layout.cluster, ...settings(input)], {
      cwd: '/',
      env: SERVER_ENVIRONMENT,
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
      ...(input.account && { uid: input.account.uid, gid: input.account.gid }),
    });
    child.unref();
    return child;
  } finally {
    await log.close();
  }
}

/** A port of the loopback address that nobody listens on right now. */
export async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

/** The last lines that the server wrote, for an error message. */
export async function logTail(layout: ClusterLayout, lines = 6): Promise<string> {
  const text = await readFile(layout.logFile, 'utf8').catch(() => '');
  return text.trim().split('\n').slice(-lines).join('\n');
}
