import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  startEmbeddedPostgres,
  type EmbeddedPostgres,
} from '../../../coordinator/store/postgres/embedded/embedded.ts';
import type { Durability } from '../../../coordinator/store/postgres/embedded/spawn-server.ts';
import { serverAccount } from '../../../coordinator/store/postgres/embedded/account.ts';
import { layOut } from '../../../coordinator/store/postgres/embedded/layout.ts';
import { findRunning, isAlive, stopServer } from '../../../coordinator/store/postgres/embedded/running.ts';
import { systemClock } from '../../../shared/clock.ts';
import { systemIds } from '../../../shared/ids.ts';
import { silentLogger } from '../../../shared/logger.ts';

let dataDir: string;

const start = (port?: number, durability: Durability = 'test'): Promise<EmbeddedPostgres> =>
  startEmbeddedPostgres({
    dataDir,
    ...(port === undefined ? {} : { port }),
    durability,
    clock: systemClock,
    ids: systemIds(() => Date.now()),
    logger: silentLogger,
  });

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query({ text, rowMode: 'array' })).rows.flat();
  } finally {
    await client.end();
  }
}

async function clusterDir(): Promise<string> {
  return (await layOut(dataDir, await serverAccount())).cluster;
}

beforeEach(async () => {
  dataDir = await realpath(await mkdtemp(join(tmpdir(), 'clipgrid-embedded-')));
});

afterEach(async () => {
  const cluster = await clusterDir();
  const left = await findRunning(cluster);
  if (left) await stopServer(left.pid, systemClock);
  await rm(cluster, { recursive: true, force: true });
  await rm(dataDir, { recursive: true, force: true });
});

describe('embedded PostgreSQL', () => {
  it('keeps its data over a stop and a start', async () => {
    const first = await start();
    await query(first.url, 'CREATE TABLE kept AS SELECT 42 AS n');
    await first.stop();
    expect(await isAlive(first.pid)).toBe(false);
    const second = await start();
    expect(await query(second.url, 'SELECT n FROM kept')).toEqual([42]);
    await second.stop();
  });

  it('takes over a server whose parent was killed with SIGKILL', async () => {
    const program = `
      import { startEmbeddedPostgres } from '${import.meta.dirname}/../../../coordinator/store/postgres/embedded/embedded.ts';
      import { systemClock } from '${import.meta.dirname}/../../../shared/clock.ts';
      import { systemIds } from '${import.meta.dirname}/../../../shared/ids.ts';
      import { silentLogger } from '${import.meta.dirname}/../../../shared/logger.ts';
      const server = await startEmbeddedPostgres({ dataDir: process.argv[1], durability: 'test', clock: systemClock,
        ids: systemIds(() => Date.now()), logger: silentLogger });
      process.stdout.write(String(server.pid), () => process.kill(process.pid, 'SIGKILL'));`;
    const parent = spawn(process.execPath, ['--input-type=module-typescript', '-e', program, dataDir]);
    const chunks: Buffer[] = [];
    parent.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    const [, signal] = (await once(parent, 'close')) as [number | null, string | null];
    expect(signal).toBe('SIGKILL');
    const orphan = Number(Buffer.concat(chunks).toString());
    expect(await isAlive(orphan)).toBe(true);

    const again = await start();
    expect(again.pid).toBe(orphan);
    expect(await query(again.url, 'SELECT 1')).toEqual([1]);
    await again.stop();
    expect(await isAlive(orphan)).toBe(false);
  });

  it.each(['full', 'test'] as const)(
    'loses no commit to a SIGKILL of the server itself (%s)',
    async (durability) => {
      const first = await start(undefined, durability);
      await query(first.url, 'CREATE TABLE kept AS SELECT 7 AS n');
      process.kill(first.pid, 'SIGKILL');
      await first.stop();
      const second = await start(undefined, durability);
      expect(second.pid).not.toBe(first.pid);
      expect(await query(second.url, 'SELECT n FROM kept')).toEqual([7]);
      await second.stop();
    },
  );

  it('ignores a postmaster.pid whose number now belongs to another program', async () => {
    await (await start()).stop();
    await writeFile(join(await clusterDir(), 'postmaster.pid'), `${process.pid}\n/nowhere\n0\n5432\n`);
    const server = await start();
    expect(await query(server.url, 'SELECT 1')).toEqual([1]);
    await server.stop();
  });

  it('moves an orphan to the port that is asked for', async () => {
    const first = await start();
    const { freePort } = await import('../../../coordinator/store/postgres/embedded/spawn-server.ts');
    const port = await freePort();
    const second = await start(port);
    expect(new URL(second.url).port).toBe(String(port));
    expect(await isAlive(first.pid)).toBe(false);
    await second.stop();
  });

  it('keeps the password to its owner and refuses another one', async () => {
    const server = await start();
    expect((await stat(join(dataDir, 'password'))).mode & 0o777).toBe(0o600);
    const wrong = new URL(server.url);
    wrong.password = 'guess';
    await expect(query(wrong.href, 'SELECT 1')).rejects.toThrow(/password authentication failed/);
    await server.stop();
  });

  it('says what to do when the password file is gone', async () => {
    await (await start()).stop();
    await rm(join(dataDir, 'password'));
    await expect(start()).rejects.toThrow(/its password file .* is gone: put it back/);
  });

  it('tells what the server said when it cannot start', async () => {
    await (await start()).stop();
    await writeFile(join(await clusterDir(), 'postgresql.conf'), 'no_such_setting = 1\n');
    await expect(start()).rejects.toThrow(/no_such_setting/);
    expect(await readFile(join(dataDir, 'server.log'), 'utf8')).toContain('no_such_setting');
  });
});
