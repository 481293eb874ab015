import { sql, type Kysely } from 'kysely';
import type { Db, Transaction } from '../../../store/transaction.ts';

/** Token times are whole seconds, told up to one too late. */
const REST = sql`interval '2 seconds'`;

type Tables = { openencoder_former_names: { name: string; left_at: Date } };

function tables(db: Db | Transaction): Kysely<Tables> {
  return db.withTables<Tables>() as unknown as Kysely<Tables>;
}

/** Names that somebody gave up, and when: a token of before then is not that of whoever has the name next. */
export class FormerNames {
  readonly #db: Db;

  constructor(db: Db) {
    this.#db = db;
  }

  async add(name: string, tx: Transaction): Promise<void> {
    await tables(tx)
      .insertInto('openencoder_former_names')
      .values({ name, left_at: sql`clock_timestamp()` })
      .onConflict((conflict) => conflict.column('name').doUpdateSet({ left_at: sql`clock_timestamp()` }))
      .execute();
  }

  /** Whether a token of that time, in whole seconds and told up to one too late, is from before the name was given up. */
  async endsToken(name: string, issuedS: number): Promise<boolean> {
    const row = await tables(this.#db)
      .selectFrom('openencoder_former_names')
      .select('left_at')
      .where('name', '=', name)
      .executeTakeFirst();
    return row !== undefined && row.left_at.getTime() > (issuedS - 1) * 1000;
  }

  /** For how long nobody may take the name, so that tokens of before and after can be told apart, in milliseconds. */
  async restMs(name: string): Promise<number> {
    const { rows } = await sql<{ ms: number }>`
      select extract(epoch from left_at + ${REST} - clock_timestamp())::float8 * 1000 as ms
      from openencoder_former_names where name = ${name}`.execute(this.#db);
    return Math.max(0, rows[0]?.ms ?? 0);
  }
}
