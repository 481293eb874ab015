import { sql, type RawBuilder } from 'kysely';

/**
 * To be joined in a FROM: the transaction's end does not wait for the disk. Only for what may be forgotten when the server
 * itself crashes, as if it had not happened: a grant (its lease id is random, so the forgotten lease can never renew or
 * commit anything, L2), a renewal, a load. What is committed later makes it durable, too.
 */
export const RELAXED: RawBuilder<unknown> = sql`(select set_config('synchronous_commit', 'off', true)) as relaxed`;
