import { sql, type RawBuilder } from 'kysely';

/**
 * The end of `insert into attempts ...`: an attempt is known by its epoch, and its last end is the one that counts (an
 * expired lease may be taken up again, or commit after all).
 */
export const LAST_END_COUNTS: RawBuilder<unknown> = sql`
  on conflict (task_id, epoch) do update set outcome = excluded.outcome, ended_at = now(), code = excluded.code,
    message = excluded.message, log_tail = excluded.log_tail`;
