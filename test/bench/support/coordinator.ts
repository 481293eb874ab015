import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { COMPILE_CACHE, COORDINATOR_NODE_ARGS } from '../../../scripts/setup/node-args.mjs';
import { end, freePort } from './process.ts';

export interface CoordinatorOptions {
  /** Data and log; made when missing. */
  readonly folder: string;
  readonly databaseUrl: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** A coordinator in a process of its own, as an operator starts it. */
export interface CoordinatorProcess {
  /** Base URL of the REST API. */
  readonly api: string;
  readonly httpPort: number;
  /** host:port for agents. */
  readonly grpc: string;
  readonly pid: number;
  /** Resident memory in bytes, as the kernel tells it. */
  rssBytes(): Promise<number>;
  stop(): Promise<void>;
}

const MAIN = join(import.meta.dirname, '../../../coordinator/main.ts');

export async function startCoordinatorProcess(options: CoordinatorOptions): Promise<CoordinatorProcess> {
  const { folder, databaseUrl, environment } = options;
  await mkdir(folder, { recursive: true });
  const httpPort = Number(environment?.['CLIPGRID_HTTP_PORT'] ?? (await freePort()));
  const grpcPort = await freePort();
  const logFile = join(folder, 'coordinator.log');
  const nodeArgs = process.env['CLIPGRID_BENCH_NODE_ARGS']?.split(' ') ?? [];
  const child = spawn(process.execPath, [...COORDINATOR_NODE_ARGS, ...nodeArgs, MAIN], {
    stdio: ['ignore', 'pipe', openSync(logFile, 'w')],
    env: {
      NODE_COMPILE_CACHE: COMPILE_CACHE,
      ...process.env,
      DATABASE_URL: databaseUrl,
      CLIPGRID_HTTP_PORT: String(httpPort),
      CLIPGRID_GRPC_PORT: String(grpcPort),
      CLIPGRID_FINALRIP_PORT: '0',
      CLIPGRID_DATA: join(folder, 'data'),
      CLIPGRID_LOG: 'warn',
      ...environment,
    },
  });
  const started = once(createInterface({ input: child.stdout as Readable }), 'line').then(() => true);
  const died = once(child, 'exit').then(() => false);
  if (!(await Promise.race([started, died]))) {
    throw new Error(`the coordinator did not start: ${await readFile(logFile, 'utf8')}`);
  }
  return {
    api: `http://127.0.0.1:${httpPort}/api/v1`,
    httpPort,
    grpc: `127.0.0.1:${grpcPort}`,
    pid: child.pid ?? 0,
    async rssBytes() {
      const status = await readFile(`/proc/${child.pid}/status`, 'utf8');
      return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
    },
    stop: () => end(child),
  };
}
