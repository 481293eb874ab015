import { sql } from 'kysely';
import { noAgent } from '../../domain/agent.ts';
import { joinTokenState, type JoinTokenView } from '../../domain/enrolment.ts';
import type { Enrolment, EnrolmentResult, EnrolmentStore } from '../enrolment-store.ts';
import type { Db } from '../transaction.ts';
import { shorten } from './renew.ts';
import { notify, say } from './say.ts';

interface TokenRow {
  token_id: string;
  uses: number | null;
  used: number;
  created_by: string;
  created_at: Date;
  expires_at: Date | null;
  expired: boolean;
  revoked: boolean;
}

/** Whether its time is over is the database's to say (L4). */
const TOKEN = sql`
  token_id, uses, used, created_by, created_at, expires_at, coalesce(expires_at <= now(), false) as expired,
  revoked_at is not null as revoked`;

function stateOf({ uses, used, expired, revoked }: TokenRow): JoinTokenView['state'] {
  return joinTokenState({ uses: uses ?? undefined, used, expired, revoked });
}

function toView(row: TokenRow): JoinTokenView {
  return {
    tokenId: row.token_id,
    ...(row.uses === null ? {} : { uses: row.uses }),
    used: row.used,
    createdBy: row.created_by,
    createdAt: row.created_at,
    ...(row.expires_at === null ? {} : { expiresAt: row.expires_at }),
    state: stateOf(row),
  };
}

async function enrol(
  db: Db,
  { secretSha256, publicKey, name, agentId }: Enrolment,
): Promise<EnrolmentResult> {
  return db.transaction().execute(async (tx): Promise<EnrolmentResult> => {
    // The lock makes uses of one token take turns.
    const { rows } = await sql<TokenRow>`
      select ${TOKEN} from join_tokens where secret_sha256 = ${secretSha256} for update`.execute(tx);
    const token = rows[0];
    if (token === undefined) return { refused: 'unknown' };
    const known = await sql<{ agent_id: string; token_id: string }>`
      select agent_id, token_id from agent_keys where public_key = ${publicKey}`.execute(tx);
    const before = known.rows[0];
    const state = stateOf(token);
    if (state !== 'valid' && before?.token_id !== token.token_id) return { refused: state };
    if (before) return { agentId: before.agent_id };
    await sql`update join_tokens set used = used + 1 where token_id = ${token.token_id}`.execute(tx);
    await sql`
      insert into agent_keys (agent_id, public_key, name, token_id)
      values (${agentId}, ${publicKey}, ${name}, ${token.token_id})`.execute(tx);
    await say(tx, { type: 'agent.enrolled', agentId, data: { name, join_token: token.token_id } });
    return { agentId };
  });
}

async function revokeAgent(db: Db, agentId: string): Promise<void> {
  // PostgreSQL's text holds no NUL: no agent is called so.
  if (agentId.includes('\0')) throw noAgent(agentId);
  await db.transaction().execute(async (tx) => {
    const known = await sql`
      select 1 from agents where agent_id = ${agentId}
      union all select 1 from agent_keys where agent_id = ${agentId}`.execute(tx);
    if (known.rows.length === 0) throw noAgent(agentId);
    const { numAffectedRows } = await sql`
      insert into revoked_agents (agent_id) values (${agentId}) on conflict do nothing`.execute(tx);
    const { rows } = await sql<{ session_id: string | null }>`
      select session_id from agents where agent_id = ${agentId} for update`.execute(tx);
    await sql`update agents set session_id = null, state = 'offline' where agent_id = ${agentId}`.execute(tx);
    if (numAffectedRows !== 0n) await say(tx, { type: 'agent.revoked', agentId });
    const sessionId = rows[0]?.session_id;
    if (!sessionId) return;
    await shorten(tx, sessionId, 0);
    await notify(tx, { revoked: sessionId });
  });
}

/** Join tokens and agents' keys on PostgreSQL. */
export function postgresEnrolmentStore(db: Db): EnrolmentStore {
  return {
    async putJoinToken({ tokenId, secretSha256, uses, expiresS, createdBy }) {
      const { rows } = await sql<TokenRow>`
        insert into join_tokens (token_id, secret_sha256, uses, created_by, expires_at)
        values (${tokenId}, ${secretSha256}, ${uses ?? null}::int, ${createdBy},
          now() + ${expiresS ?? null}::int * interval '1 second')
        on conflict (token_id) do update set secret_sha256 = excluded.secret_sha256, uses = excluded.uses,
          expires_at = excluded.expires_at, revoked_at = null
        returning ${TOKEN}`.execute(db);
      const [row] = rows.map(toView);
      if (row === undefined) throw new Error('an insert returned no row');
      return row;
    },
    async listJoinTokens() {
      const { rows } = await sql<TokenRow>`
        select ${TOKEN} from join_tokens order by created_at desc, token_id desc`.execute(db);
      return rows.map(toView);
    },
    async revokeJoinToken(tokenId) {
      if (tokenId.includes('\0')) return false;
      const { rows } = await sql`
        update join_tokens set revoked_at = coalesce(revoked_at, now()) where token_id = ${tokenId} returning 1`.execute(
        db,
      );
      return rows.length > 0;
    },
    enrol: (enrolment) => enrol(db, enrolment),
    async enrolledBy(tokenIds) {
      const { rows } = await sql<{ agent_id: string; token_id: string; name: string }>`
        select agent_id, token_id, name from agent_keys where token_id = any(${tokenIds}::text[])
        order by enrolled_at, agent_id`.execute(db);
      return rows.map((row) => ({ agentId: row.agent_id, tokenId: row.token_id, name: row.name }));
    },
    async standing(agentId) {
      if (agentId.includes('\0')) return { revoked: false };
      const { rows } = await sql<{ public_key: Buffer | null; revoked: boolean }>`
        select (select public_key from agent_keys where agent_id = ${agentId}) as public_key,
          exists (select 1 from revoked_agents where agent_id = ${agentId}) as revoked`.execute(db);
      const { public_key: publicKey = null, revoked = false } = rows[0] ?? {};
      return { ...(publicKey ? { publicKey } : {}), revoked };
    },
    revokeAgent: (agentId) => revokeAgent(db, agentId),
  };
}
