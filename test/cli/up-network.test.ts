import { mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { serverAccount } from '../../coordinator/store/postgres/embedded/account.ts';
import { layOut } from '../../coordinator/store/postgres/embedded/layout.ts';
import { EXIT_CODES } from '../../shared/exit-codes.ts';
import { bareEnvironment, runCli } from '../support/command-line.ts';
import { plainFilm } from '../support/films.ts';
import { freePorts } from '../support/ports.ts';
import { Program } from '../support/program.ts';

// Real processes on a machine that may be busy.
vi.setConfig({ testTimeout: 150_000, hookTimeout: 150_000 });

/** An address of this machine by which others reach it. */
const HOST = Object.values(networkInterfaces())
  .flatMap((some) => some ?? [])
  .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;

let folder: string;
let url: string;
let rpc: string;
let up: Program;
let agent: Program | undefined;
beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'clipgrid-up-network-')));
  const [http, grpc] = (await freePorts(2)) as [number, number];
  url = `http://${HOST}:${http}`;
  rpc = `${HOST}:${grpc}`;
  up = new Program({
    name: 'up',
    args: [
      ...['cli/main.ts', 'up', '--json', '--data', join(folder, 'up'), '--agents', '0'],
      ...['--port', String(http), '--grpc-port', String(grpc), '--finalrip-port', '0'],
    ],
    ready: 'ready',
    env: { ...bareEnvironment(), CLIPGRID_HOST: '0.0.0.0', CLIPGRID_PUBLIC_URL: url },
  });
});
afterAll(async () => {
  await agent?.kill();
  if (up.running) await up.stop();
  const { cluster } = await layOut(join(folder, 'up/postgres'), await serverAccount());
  await rm(cluster, { recursive: true, force: true });
  await rm(folder, { recursive: true, force: true });
});

function machine(joinToken?: string): Program {
  return new Program({
    name: 'machine',
    args: [
      ...['agent/main.ts', '--coordinator', rpc, '--name', 'machine', '--slots', '1'],
      ...['--data', join(folder, 'machine')],
    ],
    ready: 'connected',
    env: { ...bareEnvironment(), ...(joinToken === undefined ? {} : { CLIPGRID_JOIN_TOKEN: joinToken }) },
  });
}

test.skipIf(HOST === undefined)(
  'clipgrid up on 0.0.0.0: whoever has no token stays out, a second machine joins by one and does a job',
  async () => {
    await up.start();
    expect(await runCli(['jobs', '--url', url])).toMatchObject({ code: EXIT_CODES.refused.code });
    await expect(machine().start()).rejects.toThrow(/not enrolled/);

    const token = (await readFile(join(folder, 'up/admin-token'), 'utf8')).trim();
    const there = ['--url', url, '--token', token];
    const created = await runCli(['join-token', 'create', ...there]);
    expect(created.code, created.stderr).toBe(0);
    agent = machine(created.stdout.trim());
    await agent.start();

    const film = plainFilm(folder, 2);
    const encode = 'ffmpeg -i - -c:v libx264 -preset ultrafast';
    const output = join(folder, 'result.mkv');
    const ran = await runCli(['submit', film, '--encode', encode, '--output', output, ...there]);
    expect(ran.code, ran.stderr).toBe(0);
    expect((await readFile(output)).length).toBeGreaterThan(1_000);
    expect((await runCli(['agents', ...there])).stdout).toMatch(/^machine +\S+ +online/m);
  },
);
