import { afterAll, beforeAll, expect, test } from 'vitest';
import { sql } from 'kysely';
import { openPool } from '../../coordinator/store/postgres/pool.ts';
import { toGridError } from '../../shared/errors.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';

let database: TestDatabase;
let network: TcpProxy;
let url: URL;
beforeAll(async () => {
  database = await createTestDatabase();
  url = new URL(database.url);
  network = await TcpProxy.open({ host: url.hostname, port: Number(url.port) });
  url.port = String(network.port);
  url.hostname = '127.0.0.1';
});
afterAll(async () => {
  network.close();
  await database.drop();
});

test('a database behind a black hole: the statement fails as passing, and the next one finds another connection', async () => {
  const options = { connectionString: url.href, max: 1, silentMs: 300, onError: () => undefined };
  const { db, pool } = openPool(options);
  try {
    await sql`select 1`.execute(db);
    network.swallow();
    const failure = await sql`select 2`.execute(db).catch(toGridError);
    expect(failure).toMatchObject({ code: 'unavailable', retryable: true });
    network.release();
    expect((await sql`select 3 as three`.execute(db)).rows).toEqual([{ three: 3 }]);
  } finally {
    await pool.end();
  }
});

test('in the middle of a transaction it is the same: not the failed ROLLBACK is told', async () => {
  const options = { connectionString: url.href, max: 1, silentMs: 300, onError: () => undefined };
  const { db, pool } = openPool(options);
  try {
    const failure = await db
      .transaction()
      .execute(async (tx) => {
        await sql`select 1`.execute(tx);
        network.cut();
        await sql`select 2`.execute(tx);
      })
      .catch(toGridError);
    expect(failure).toMatchObject({ code: 'unavailable', retryable: true });
    await network.mend();
    expect((await sql`select 3 as three`.execute(db)).rows).toEqual([{ three: 3 }]);
  } finally {
    await pool.end();
  }
});

test('who is stopped in the middle of a transaction does not keep its locks from others, and is told', async () => {
  const options = { connectionString: database.url, max: 2, idleMs: 300, onError: () => undefined };
  const { db, pool } = openPool(options);
  try {
    const failure = await db
      .transaction()
      .execute(async (tx) => {
        await sql`update sweeper set swept_at = now()`.execute(tx);
        // Waits for the lock of a transaction in which nothing goes on.
        await sql`update sweeper set swept_at = now()`.execute(db);
        await sql`select 1`.execute(tx);
      })
      .catch(toGridError);
    expect(failure).toMatchObject({ code: 'unavailable', retryable: true });
  } finally {
    await pool.end();
  }
});
