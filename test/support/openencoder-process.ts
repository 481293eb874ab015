import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { COORDINATOR_NODE_ARGS } from '../../scripts/setup/node-args.mjs';
import { bareEnvironment } from './command-line.ts';
import { FIRST_PASSWORD, JWT_KEY, openencoderClient } from './openencoder-grid.ts';
import { freePorts } from './ports.ts';
import { createTestDatabase } from './postgres.ts';
import { Program } from './program.ts';

/** A coordinator in a process of its own, with Open Encoder's port and no agents. */
export async function startOpenencoderProcess(environment: Readonly<Record<string, string>> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'clipgrid-openencoder-process-'));
  const database = await createTestDatabase();
  const [http, grpc, port] = await freePorts(3);
  const program = new Program({
    name: 'coordinator',
    args: [...COORDINATOR_NODE_ARGS, 'coordinator/main.ts'],
    ready: 'listening',
    env: {
      ...bareEnvironment(),
      DATABASE_URL: database.url,
      CLIPGRID_HTTP_PORT: String(http),
      CLIPGRID_GRPC_PORT: String(grpc),
      CLIPGRID_FINALRIP_PORT: '0',
      CLIPGRID_DATA: join(folder, 'data'),
      CLIPGRID_OPENENCODER_PORT: String(port),
      CLIPGRID_OPENENCODER_JWT_KEY: JWT_KEY,
      CLIPGRID_OPENENCODER_ADMIN_PASSWORD: FIRST_PASSWORD,
      CLIPGRID_SECRET_KEYS: 'k'.repeat(40),
      ...environment,
    },
  });
  await program.start();
  return {
    program,
    ...openencoderClient(`http://127.0.0.1:${port}`),
    async close(): Promise<void> {
      await program.kill();
      await database.drop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export type OpenencoderProcess = Awaited<ReturnType<typeof startOpenencoderProcess>>;
