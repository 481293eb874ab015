import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { createInterface } from 'node:readline';

export interface DemoProcesses {
  /** Base URL of the REST API. */
  readonly url: string;
  stop(): Promise<void>;
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 8_000);
  await gone;
  clearTimeout(timer);
}

/** Starts a coordinator and agents as processes; their logs go to files in the folder. */
export async function startProcesses(options: {
  folder: string;
  databaseUrl: string;
  agents: number;
}): Promise<DemoProcesses> {
  const { folder, databaseUrl } = options;
  const [http, grpc] = [await freePort(), await freePort()];
  const log = (name: string): number => openSync(join(folder, `${name}.log`), 'w');
  const coordinator = spawn(process.execPath, ['coordinator/main.ts'], {
    stdio: ['ignore', 'pipe', log('coordinator')],
    env: {
      ...process.env,
      DATABASE_URL: databaseUrl,
      CLIPGRID_HTTP_PORT: String(http),
      CLIPGRID_GRPC_PORT: String(grpc),
      CLIPGRID_FINALRIP_PORT: '0',
      CLIPGRID_DATA: join(folder, 'data'),
    },
  });
  const lines = createInterface({ input: coordinator.stdout as Readable });
  const started = once(lines, 'line').then(() => true);
  const died = once(coordinator, 'exit').then(() => false);
  if (!(await Promise.race([started, died]))) {
    throw new Error(`the coordinator did not start; see ${join(folder, 'coordinator.log')}`);
  }
  const agents = Array.from({ length: options.agents }, (_, i) => {
    const name = `agent-${i + 1}`;
    const argv = ['agent/main.ts', '--coordinator', `127.0.0.1:${grpc}`, '--name', name, '--slots', '1'];
    return spawn(process.execPath, [...argv, '--data', join(folder, name)], {
      stdio: ['ignore', 'ignore', log(name)],
    });
  });
  return {
    url: `http://127.0.0.1:${http}/api/v1`,
    async stop() {
      await Promise.all(agents.map(end));
      await end(coordinator);
    },
  };
}
