import type { Kysely, Transaction as KyselyTransaction } from 'kysely';
import type { Database } from './schema.ts';

/** An open database transaction. Dialects keep their rows and the grid's in one. */
export type Transaction = KyselyTransaction<Database>;

/** The connection pool. A dialect extends it with its own tables through `withTables`. */
export type Db = Kysely<Database>;
