import { sql } from 'kysely';
import { isUuid } from '../../../shared/ids.ts';
import type { DeliveryState, DeliveryView } from '../../domain/delivery.ts';
import type { Db } from '../transaction.ts';
import type { ClaimedDelivery, WebhookStore } from '../webhook-store.ts';

interface DeliveryRow {
  delivery_id: string;
  owner_id: string;
  origin: string;
  state: DeliveryState;
  attempts: number;
  max_attempts: number;
  last_status: number | null;
  last_error: string | null;
  created_at: Date;
  finished_at: Date | null;
}

interface ClaimedRow extends Pick<
  DeliveryRow,
  'delivery_id' | 'owner_id' | 'origin' | 'attempts' | 'max_attempts'
> {
  sealed: string;
  body: Buffer;
  claims: number;
}

function toView(row: DeliveryRow): DeliveryView {
  return {
    deliveryId: row.delivery_id,
    ownerId: row.owner_id,
    origin: row.origin,
    state: row.state,
    attempts: row.attempts,
    maxAttempts: row.max_attempts,
    ...(row.last_status === null ? {} : { lastStatus: row.last_status }),
    ...(row.last_error === null ? {} : { lastError: row.last_error }),
    createdAt: row.created_at,
    ...(row.finished_at === null ? {} : { finishedAt: row.finished_at }),
  };
}

function toClaimed(row: ClaimedRow, claimId: string): ClaimedDelivery {
  return {
    deliveryId: row.delivery_id,
    ownerId: row.owner_id,
    origin: row.origin,
    sealed: row.sealed,
    body: row.body,
    maxAttempts: row.max_attempts,
    attempts: row.attempts,
    claims: row.claims,
    claimId,
  };
}

/** The outbox on PostgreSQL. */
export function postgresWebhookStore(db: Db): WebhookStore {
  return {
    async put({ deliveryId, ownerId, origin, sealed, body, maxAttempts }, tx) {
      await sql`
        insert into webhook_deliveries (delivery_id, owner_id, origin, sealed, body, max_attempts)
        values (${deliveryId}, ${ownerId}, ${origin}, ${sealed}, ${body}, ${maxAttempts})`.execute(tx ?? db);
    },
    async get(deliveryId) {
      if (!isUuid(deliveryId)) return undefined;
      const { rows } = await sql<DeliveryRow>`
        select delivery_id, owner_id, origin, state, attempts, max_attempts, last_status, last_error, created_at, finished_at
        from webhook_deliveries where delivery_id = ${deliveryId}::uuid`.execute(db);
      return rows.map(toView)[0];
    },
    async claim({ claimId, limit, leaseMs }) {
      const { rows } = await sql<ClaimedRow>`
        update webhook_deliveries d set claim_id = ${claimId}::uuid, claims = claims + 1,
          due_at = now() + ${leaseMs}::int * interval '1 millisecond'
        from (
          select delivery_id from webhook_deliveries where state = 'pending' and due_at <= now()
          order by due_at limit ${limit} for update skip locked
        ) due
        where d.delivery_id = due.delivery_id
        returning d.delivery_id, owner_id, origin, sealed, body, attempts, max_attempts, claims`.execute(db);
      return rows.map((row) => toClaimed(row, claimId));
    },
    async delivered({ deliveryId, claimId }, status) {
      await sql`
        update webhook_deliveries set state = 'delivered', attempts = attempts + 1, last_status = ${status},
          last_error = null, finished_at = now(), sealed = null, body = null
        where delivery_id = ${deliveryId}::uuid and claim_id = ${claimId}::uuid and state = 'pending'`.execute(
        db,
      );
    },
    async failed({ deliveryId, claimId }, { status = null, error, againMs = null }) {
      await sql`
        update webhook_deliveries set attempts = attempts + 1, last_status = ${status}::int, last_error = ${error},
          claim_id = null, due_at = now() + coalesce(${againMs}::int, 0) * interval '1 millisecond',
          state = case when ${againMs}::int is null then 'failed' else state end,
          finished_at = case when ${againMs}::int is null then now() end,
          sealed = case when ${againMs}::int is null then null else sealed end,
          body = case when ${againMs}::int is null then null else body end
        where delivery_id = ${deliveryId}::uuid and claim_id = ${claimId}::uuid and state = 'pending'`.execute(
        db,
      );
    },
    async release({ deliveryId, claimId }) {
      await sql`
        update webhook_deliveries set claim_id = null, claims = claims - 1, due_at = now()
        where delivery_id = ${deliveryId}::uuid and claim_id = ${claimId}::uuid and state = 'pending'`.execute(
        db,
      );
    },
    async prune(olderThanMs) {
      await sql`
        delete from webhook_deliveries where finished_at < now() - ${olderThanMs}::bigint * interval '1 millisecond'`.execute(
        db,
      );
    },
  };
}
