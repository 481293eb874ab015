import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, realpath, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { JobPage } from '../../client/documents.ts';
import { createRestClient, type RestClient } from '../../client/rest-client.ts';
import { MARK } from '../../cli/up/leftovers.ts';
import { watchJob } from '../../client/watch-job.ts';
import { serverAccount } from '../../coordinator/store/postgres/embedded/account.ts';
import { layOut } from '../../coordinator/store/postgres/embedded/layout.ts';
import { findRunning, isAlive } from '../../coordinator/store/postgres/embedded/running.ts';
import { systemClock as clock } from '../../shared/clock.ts';
import { EXIT_CODES } from '../../shared/exit-codes.ts';
import { AGENT_NODE_ARGS, COORDINATOR_NODE_ARGS } from '../../scripts/setup/node-args.mjs';
import { systemIds } from '../../shared/ids.ts';
import { AnimeClient } from '../support/anime-client.ts';
import { bareEnvironment, runCli } from '../support/command-line.ts';
import { plainFilm } from '../support/films.ts';
import { freePorts } from '../support/ports.ts';
import { Program, type ProgramSpec } from '../support/program.ts';

// Real processes on a machine that may be busy.
vi.setConfig({ testTimeout: 150_000, hookTimeout: 150_000 });

const ids = systemIds(() => Date.now());
const signal = new AbortController().signal;
/** Slow enough to be killed in the middle, on any machine: the encoder reads no faster than the film plays. */
const SLOW = 'ffmpeg -re -i - -c:v libx264 -preset ultrafast';
const QUICK = 'ffmpeg -i - -c:v libx264 -preset ultrafast';

let folder: string;
let film: string;
let ports: number[];
let spec: ProgramSpec;
let up: Program;
let client: RestClient;

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'clipgrid-up-')));
  film = plainFilm(folder, 6);
  ports = await freePorts(3);
  client = createRestClient({ url: `http://127.0.0.1:${ports[0]}` });
  spec = {
    name: 'up',
    args: [
      ...['cli/main.ts', 'up', '--json', '--data', join(folder, 'up'), '--agents', '2', '--slots', '1'],
      ...['--port', String(ports[0]), '--grpc-port', String(ports[1]), '--finalrip-port', '0'],
      ...['--anime-port', String(ports[2]), '--anime-source', folder],
    ],
    ready: 'ready',
    env: { ...bareEnvironment(), CLIPGRID_DRAIN_S: '0' },
  };
  up = new Program(spec);
});
afterAll(async () => {
  if (up.running) await up.stop();
  const cluster = await clusterFolder();
  await rm(cluster, { recursive: true, force: true });
  await rm(folder, { recursive: true, force: true });
});

async function clusterFolder(): Promise<string> {
  return (await layOut(join(folder, 'up/postgres'), await serverAccount())).cluster;
}

interface Part {
  readonly pid: number;
  readonly command: string;
}

/** Every process that `up` started, by its mark, and the database server. */
async function parts(): Promise<Part[]> {
  const found: Part[] = [];
  for (const name of (await readdir('/proc')).filter((one) => /^\d+$/.test(one))) {
    const environment = await readFile(`/proc/${name}/environ`, 'utf8').catch(() => '');
    if (!environment.split('\0').includes(`${MARK}=${join(folder, 'up')}`)) continue;
    found.push({
      pid: Number(name),
      command: await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => ''),
    });
  }
  const server = await findRunning(await clusterFolder());
  return server ? [...found, { pid: server.pid, command: 'postgres' }] : found;
}

async function pidOf(words: string): Promise<number> {
  const part = (await parts()).find(({ command }) => command.includes(words));
  expect(part, words).toBeDefined();
  return part!.pid;
}

async function submit(encode: string): Promise<string> {
  const ran = await runCli(['submit', film, '--encode', encode, '--clip-seconds', '3', '--url', client.url]);
  expect(ran.code, ran.stderr).toBe(0);
  return ran.stdout.trim();
}

const watch = (id: string, onUpdate: Parameters<typeof watchJob>[1]['onUpdate'] = () => undefined) =>
  watchJob(id, { client, clock, ids, signal, onUpdate });

let first: string;
let second: string;

test('it starts everything, and a job goes through', async () => {
  await up.start();
  expect(up.lines.at(-1)).toMatchObject({ url: client.url, agents: 2, folder: join(folder, 'up') });
  first = await submit(QUICK);
  expect(await watch(first)).toMatchObject({ state: 'succeeded', frames_total: 150 });
});

test('a second one on the same folder is refused, and names the first', async () => {
  const ran = await runCli(['up', '--data', join(folder, 'up'), '--json']);
  expect(ran.code).toBe(EXIT_CODES.refused.code);
  expect(ran.stderr).toMatch(/another clipgrid up \(process \d+\) runs on/);
});

test('kill -9 of up in the middle of a job: the next start goes on with it, and knows the older ones', async () => {
  second = await submit(SLOW);
  const atWork = Promise.withResolvers<void>();
  void watch(second, (job) => {
    if (job.tasks.some((task) => task.kind === 'encode' && task.frames_done > 0)) atWork.resolve();
  });
  await atWork.promise;
  const before = await parts();
  expect(before.length).toBeGreaterThanOrEqual(4);
  await up.kill();
  const from = up.lines.length;
  await up.start();
  const said = up.lines.slice(from).find((line) => line.msg === 'orphans_ended');
  const server = before.find(({ command }) => command === 'postgres')!.pid;
  expect(said?.['pids']).toEqual(before.map(({ pid }) => pid).filter((pid) => pid !== server));
  expect(await pidOf('postgres')).toBe(server);
  expect(await watch(second)).toMatchObject({ state: 'succeeded', frames_total: 150 });
  const { jobs } = await client.get<JobPage>('/jobs');
  expect(jobs.map(({ job_id, state }) => [job_id, state])).toEqual([
    [second, 'succeeded'],
    [first, 'succeeded'],
  ]);
});

test('kill -9 of each part in the middle of a job: each comes back, and the job ends well', async () => {
  const id = await submit(SLOW);
  for (const words of ['agent-1', 'coordinator/main.ts', 'postgres']) {
    const pid = await pidOf(words);
    const from = up.lines.length;
    process.kill(pid, 'SIGKILL');
    await up.seen((line) => line.msg === 'died', from);
    await expect
      .poll(async () => (await parts()).some((part) => part.command.includes(words) && part.pid !== pid), {
        timeout: 60_000,
      })
      .toBe(true);
  }
  expect(await watch(id)).toMatchObject({ state: 'succeeded', frames_total: 150 });
});

test('the HLS ladder has a token of its own and the folder of its sources', async () => {
  const file = join(folder, 'up/anime-token');
  const token = (await readFile(file, 'utf8')).trim();
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  const ladder = new AnimeClient(`http://127.0.0.1:${ports[2]}`, token);
  const id = await ladder.create({ src_path: basename(film), dst_path: 'x', ladder: ['16p'] });
  await ladder.succeeded(id);
  expect((await ladder.get('/anime/list', { Authorization: 'other' })).status).toBe(403);
});

test('SIGTERM stops all of it and leaves no process behind, nor what the coordinator started', async () => {
  // As a machine that the coordinator rents on this host: it has a group of its own and outlives a coordinator.
  const env = { ...bareEnvironment(), [MARK]: join(folder, 'up') };
  spawn('sleep', ['600'], { env, detached: true, stdio: 'ignore' }).unref();
  const before = await parts();
  expect(before.some(({ command }) => command.startsWith('sleep'))).toBe(true);
  expect(before.length).toBeGreaterThanOrEqual(4);
  const startedWith = (nodeArgs: readonly string[]): number =>
    before.filter(({ command }) => command.includes(`\0${nodeArgs.join('\0')}\0`)).length;
  expect(startedWith(COORDINATOR_NODE_ARGS)).toBe(1);
  expect(startedWith(AGENT_NODE_ARGS)).toBeGreaterThanOrEqual(1);
  expect(await up.stop()).toEqual({ code: 0, signal: null });
  expect(up.lines.at(-1)?.msg).toBe('stopped');
  for (const { pid, command } of before) expect(await isAlive(pid), command).toBe(false);
  expect(await parts()).toEqual([]);
});

test('a port in use ends the start with its reason, and leaves nothing running', async () => {
  const squatter = createServer();
  await new Promise<void>((done) => squatter.listen(ports[0], '127.0.0.1', done));
  const ran = await runCli([
    'up',
    '--data',
    join(folder, 'up'),
    '--port',
    String(ports[0]),
    '--grpc-port',
    String(ports[1]),
  ]);
  squatter.close();
  expect(ran.code).toBe(EXIT_CODES.unreachable.code);
  expect(ran.stderr).toContain(`127.0.0.1:${ports[0]}`);
  expect(ran.stderr).toContain('in use');
  expect(await parts()).toEqual([]);
});

test('a second Ctrl-C does not wait for what agents hold', async () => {
  const patient = new Program({ ...spec, env: { ...spec.env, CLIPGRID_DRAIN_S: '600' } });
  await patient.start();
  const id = await submit(SLOW);
  const atWork = Promise.withResolvers<void>();
  void watch(id, (job) => {
    if (job.tasks.some((task) => task.kind === 'encode' && task.frames_done > 0)) atWork.resolve();
  }).catch(() => undefined);
  await atWork.promise;
  patient.signal('SIGINT');
  await patient.seen('stopping');
  expect((await parts()).some(({ command }) => command.includes('agent-1'))).toBe(true);
  patient.signal('SIGINT');
  expect(await patient.exited).toEqual({ code: EXIT_CODES.interrupted.code, signal: null });
  expect(await parts()).toEqual([]);
});

test('kill -9 of its launcher stops it in order, though that could not tell', async () => {
  const argv = JSON.stringify(spec.args);
  const launch = `require('child_process').spawn(process.execPath, ${argv},
    { stdio: 'inherit', env: { ...process.env, CLIPGRID_LAUNCHER: String(process.pid) } })`;
  const launcher = new Program({ ...spec, name: 'launcher', args: ['-e', launch] });
  await launcher.start();
  await launcher.kill();
  expect(launcher.lines.at(-1)?.msg).toBe('stopped');
  expect(await parts()).toEqual([]);
});

test('Ctrl-C while it starts ends it, and leaves nothing running', async () => {
  up.launch();
  await up.seen((line) => line.msg === 'starting' && line['name'] === 'the coordinator', up.lines.length);
  up.signal('SIGINT');
  const { code } = await up.exited;
  expect([0, 130]).toContain(code);
  expect(await parts()).toEqual([]);
});
