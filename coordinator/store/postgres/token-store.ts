import { sql } from 'kysely';
import { SCOPES, type Scope } from '../../domain/account.ts';
import type { TokenStore } from '../token-store.ts';
import type { Db } from '../transaction.ts';

function toScopes(texts: readonly string[]): Scope[] {
  return SCOPES.filter((scope) => texts.includes(scope));
}

/** Tokens on PostgreSQL, by the hash of their secret. */
export function postgresTokenStore(db: Db): TokenStore {
  return {
    async find(secretSha256) {
      const row = await db
        .selectFrom('tokens')
        .select(['owner_id', 'name', 'scopes'])
        .where('secret_sha256', '=', secretSha256)
        .where('revoked_at', 'is', null)
        .executeTakeFirst();
      if (row === undefined) return undefined;
      return { ownerId: row.owner_id, tokenName: row.name, scopes: toScopes(row.scopes) };
    },
    async put(token) {
      await sql`
        insert into tokens (owner_id, name, secret_sha256, scopes)
        values (${token.ownerId}, ${token.name}, ${token.secretSha256}, ${[...token.scopes]}::text[])
        on conflict (owner_id, name) do update set secret_sha256 = excluded.secret_sha256, scopes = excluded.scopes,
          revoked_at = null`.execute(db);
    },
    async create(token) {
      const { rows } = await sql`
        insert into tokens (owner_id, name, secret_sha256, scopes)
        values (${token.ownerId}, ${token.name}, ${token.secretSha256}, ${[...token.scopes]}::text[])
        on conflict (owner_id, name) do update set secret_sha256 = excluded.secret_sha256, scopes = excluded.scopes,
          revoked_at = null, created_at = now()
        where tokens.revoked_at is not null
        returning 1`.execute(db);
      return rows.length > 0;
    },
    async list() {
      const rows = await db
        .selectFrom('tokens')
        .selectAll()
        .where('revoked_at', 'is', null)
        .orderBy('owner_id')
        .orderBy('name')
        .execute();
      return rows.map((row) => ({
        ownerId: row.owner_id,
        name: row.name,
        scopes: toScopes(row.scopes),
        createdAt: row.created_at,
      }));
    },
    async revoke(ownerId, name) {
      const { rows } = await sql`
        update tokens set revoked_at = now()
        where owner_id = ${ownerId} and name = ${name} and revoked_at is null returning 1`.execute(db);
      return rows.length > 0;
    },
  };
}
