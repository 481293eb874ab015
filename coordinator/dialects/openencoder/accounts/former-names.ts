import { sql, type Kysely } from 'kysely';
import type { Db, Transaction } from '../../../store/transaction.ts';

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

  /** Whether the name was given up at or after that time, in whole seconds. */
  async leftSince(name: string, timeS: number): Promise<boolean> {
    const row = await tables(this.#db)
      .selectFrom('openencoder_former_names')
      .select('left_at')
      .where('name', '=', name)
      .executeTakeFirst();
    return row !== undefined && row.left_at.getTime() >= timeS * 1000;
  }
}
