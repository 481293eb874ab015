import { Socket } from 'node:net';
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import type { Database } from '../schema.ts';
import type { Db } from '../transaction.ts';

export interface PoolOptions {
  readonly connectionString: string;
  /** Most connections of this process. */
  readonly max: number;
  onError(error: Error): void;
  /** A server that has said nothing for so long is gone; default 15 s. */
  readonly silentMs?: number;
  /** A transaction in which nothing is asked for so long is ended by the server; default 10 s. */
  readonly idleMs?: number;
}

const INT8 = 20;
/** The server ends what takes longer ... */
const STATEMENT_MS = 14_000;
/** ... so one that says nothing is gone without a word: the system takes a quarter of an hour to find that out. */
const SILENT_MS = 15_000;
/** A process that is stopped within a transaction must not keep its locks from all others. */
const IDLE_MS = 10_000;

/**
 * Everything here is short and by index. Tables grow by 10,000 rows between two looks of autovacuum, and with the default
 * costs of spinning disks the planner then reads and sorts all of them.
 */
const SESSION = '-c random_page_cost=1.1 -c enable_bitmapscan=off -c jit=off';

/** Opens the pool. bigint columns become numbers: sizes and sequences stay below 2^53. */
export function openPool(options: PoolOptions): { db: Db; pool: pg.Pool } {
  const types = {
    getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
      oid === INT8 ? Number : pg.types.getTypeParser(oid, format ?? 'text')) as typeof pg.types.getTypeParser,
  };
  const pool = new pg.Pool({
    connectionString: options.connectionString,
    max: options.max,
    connectionTimeoutMillis: 5_000,
    statement_timeout: STATEMENT_MS,
    idle_in_transaction_session_timeout: options.idleMs ?? IDLE_MS,
    types,
    options: SESSION,
  });
  pool.on('error', options.onError);
  // The pool listens to idle connections only: one that breaks between two statements of a transaction must not end the
  // process. Its next statement fails and says why.
  pool.on('connect', (client) => {
    client.on('error', () => undefined);
    endWhenSilent(client, options.silentMs ?? SILENT_MS);
  });
  return { db: new Kysely<Database>({ dialect: new PostgresDialect({ pool }) }), pool };
}

/** Connections that nobody uses are closed before that, so whoever is silent for so long was asked something. */
function endWhenSilent({ connection: { stream } }: pg.PoolClient, silentMs: number): void {
  if (!(stream instanceof Socket)) return;
  const message = `the database has said nothing for ${silentMs / 1000} s`;
  stream.setTimeout(silentMs, () => stream.destroy(Object.assign(new Error(message), { code: 'ETIMEDOUT' })));
}
