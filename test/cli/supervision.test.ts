import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { findListener, listeningInode } from '../../cli/doctor/listener.ts';
import { lockFolder, type LockOptions } from '../../cli/up/folder-lock.ts';
import { endOrphans, endTools, MARK } from '../../cli/up/leftovers.ts';
import { SupervisedChild, type ChildOptions } from '../../cli/up/supervised-child.ts';
import { isAlive } from '../../coordinator/store/postgres/embedded/running.ts';
import { systemClock } from '../../shared/clock.ts';
import { systemIds } from '../../shared/ids.ts';

// Real processes on a machine that may be busy.
vi.setConfig({ testTimeout: 150_000, hookTimeout: 150_000 });

let folder: string;
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'clipgrid-supervision-')));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const never = new AbortController().signal;

function childOf(program: string, more: Partial<ChildOptions> = {}): SupervisedChild {
  return new SupervisedChild({
    name: 'the child',
    argv: ['-e', program],
    environment: process.env,
    logFile: join(folder, 'child.log'),
    clock: systemClock,
    ids: { ...systemIds(() => Date.now()), random: () => 0 },
    saysReady: true,
    graceMs: 60_000,
    onDied: () => undefined,
    ...more,
  });
}

/** Says its process id and lives until a signal. */
const LIVES = `require('fs').appendFileSync(process.env.PIDS, process.pid + '\\n'); console.log('ready'); setInterval(() => {}, 1e6);`;

async function pids(): Promise<number[]> {
  const text = await readFile(join(folder, 'pids'), 'utf8').catch(() => '');
  return text.trim().split('\n').filter(Boolean).map(Number);
}

test('a child that is killed is started again, and is gone after stop', async () => {
  const deaths: string[] = [];
  let died = Promise.withResolvers<void>();
  const child = childOf(LIVES, {
    environment: { ...process.env, PIDS: join(folder, 'pids') },
    onDied({ reason }) {
      deaths.push(reason);
      died.resolve();
    },
  });
  await child.start();
  for (let life = 1; life <= 2; life++) {
    await expect.poll(async () => (await pids()).length, { timeout: 20_000 }).toBe(life);
    died = Promise.withResolvers();
    process.kill((await pids())[life - 1]!, 'SIGKILL');
    await died.promise;
  }
  await expect.poll(async () => (await pids()).length, { timeout: 20_000 }).toBe(3);
  await child.stop();
  for (const pid of await pids()) expect(await isAlive(pid)).toBe(false);
  expect(deaths).toEqual(['it was ended by SIGKILL', 'it was ended by SIGKILL']);
});

test('a child that does not start says why, with its last words, and is not started again', async () => {
  const child = childOf(
    `console.error('{"msg":"cannot listen","error":"the port is in use"}'); process.exit(3)`,
  );
  await expect(child.start()).rejects.toThrow(
    'the child did not start: it ended with exit code 3; it said: cannot listen: the port is in use',
  );
  await child.stop();
});

test('a child that does not heed SIGTERM is killed after its grace, with what it started', async () => {
  const program = `process.on('SIGTERM', () => {}); require('child_process').spawn('sleep', ['1000']); ${LIVES}`;
  const child = childOf(program, {
    environment: { ...process.env, PIDS: join(folder, 'pids') },
    graceMs: 50,
  });
  await child.start();
  await child.stop();
  const [pid] = await pids();
  expect(await isAlive(pid!)).toBe(false);
});

function lockOf(more: Partial<LockOptions> = {}): LockOptions {
  return { folder, clock: systemClock, signal: never, holder: () => ({ pid: 42, stopping: false }), ...more };
}

test('a folder is held once; the error names the holder and what to do', async () => {
  const first = await lockFolder(lockOf());
  await expect(lockFolder(lockOf())).rejects.toThrow(
    `process 42) runs on ${folder}: stop it with \`kill 42\``,
  );
  await first.release();
  await (await lockFolder(lockOf())).release();
});

test('a holder that is stopping is waited for', async () => {
  const first = await lockFolder(lockOf({ holder: () => ({ pid: 42, stopping: true }) }));
  const waiting = Promise.withResolvers<number>();
  const second = lockFolder(lockOf({ onWait: ({ pid }) => waiting.resolve(pid) }));
  expect(await waiting.promise).toBe(42);
  await first.release();
  await (await second).release();
});

test('a holder that was killed with -9 holds nothing', async () => {
  const module = join(import.meta.dirname, '../../cli/up/folder-lock.ts');
  const clock = join(import.meta.dirname, '../../shared/clock.ts');
  const program = `
    import { lockFolder } from '${module}';
    import { systemClock as clock } from '${clock}';
    const holder = () => ({ pid: process.pid, stopping: false });
    await lockFolder({ folder: process.argv[1], clock, signal: new AbortController().signal, holder });
    console.log('held');`;
  const other = spawn(process.execPath, ['--input-type=module-typescript', '-e', program, folder]);
  await once(other.stdout, 'data');
  await expect(lockFolder(lockOf())).rejects.toThrow(`process ${other.pid}`);
  other.kill('SIGKILL');
  await once(other, 'exit');
  await (await lockFolder(lockOf())).release();
});

test('what a killed up left is found by its mark and ended; the children of another folder are not', async () => {
  const start = (mark: string) =>
    spawn('sleep', ['1000'], { env: { ...process.env, [MARK]: mark }, detached: true, stdio: 'ignore' });
  const [ours, other] = [start(folder), start(`${folder}-2`)];
  await Promise.all([once(ours, 'spawn'), once(other, 'spawn')]);
  const gone = once(ours, 'exit');
  expect(await endOrphans(folder, systemClock)).toEqual([ours.pid]);
  await gone;
  expect(await isAlive(other.pid!)).toBe(true);
  other.kill('SIGKILL');
});

test('tools that a killed agent left are ended by where they work', async () => {
  const work = join(folder, 'agent-1/work/lease');
  await mkdir(work, { recursive: true });
  const tool = spawn('sleep', ['1000'], { cwd: work, env: {}, detached: true, stdio: 'ignore' });
  const elsewhere = spawn('sleep', ['1000'], { cwd: folder, detached: true, stdio: 'ignore' });
  await Promise.all([once(tool, 'spawn'), once(elsewhere, 'spawn')]);
  const gone = once(tool, 'exit');
  expect(await endTools(join(folder, 'agent-1'), systemClock)).toEqual([tool.pid]);
  await gone;
  expect(await isAlive(elsewhere.pid!)).toBe(true);
  elsewhere.kill('SIGKILL');
});

test('a log that has grown large is put aside at the next start', async () => {
  const log = join(folder, 'child.log');
  await writeFile(log, Buffer.alloc(17 * 1024 * 1024, 'x'));
  await appendFile(log, '\nlast words\n');
  const child = childOf(`process.exit(1)`);
  await expect(child.start()).rejects.toThrow('exit code 1');
  expect((await readFile(`${log}.1`, 'utf8')).endsWith('last words\n')).toBe(true);
  expect(await readFile(log, 'utf8')).toBe('');
});

test('who listens on a port is found', async () => {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  expect((await findListener(port))?.pid).toBe(process.pid);
  await new Promise((done) => server.close(done));
  expect(await findListener(port)).toBeUndefined();
});

test('the table of sockets is read by state and port', () => {
  const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1B58 00000000:0000 01 00000000:00000000 00:00000000 00000000     0        0 111 1 0 100 0 0 10 0
   1: 0100007F:1B58 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 222 1 0 100 0 0 10 0`;
  expect(listeningInode(table, 7000)).toBe('222');
  expect(listeningInode(table, 7001)).toBeUndefined();
});
