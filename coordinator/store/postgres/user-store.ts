import { sql, type RawBuilder } from 'kysely';
import { GridError } from '../../../shared/errors.ts';
import type { Db, Transaction } from '../transaction.ts';
import type { NewUserRow, StoredUser, UserRowChange, UserStore } from '../user-store.ts';

interface UserRow {
  realm: string;
  id: number;
  name: string;
  password_hash: string;
  role: string;
  active: boolean;
  must_reset: boolean;
  version: number;
  changed_at: Date;
  created_at: Date;
  read_at: Date;
}

const COLUMNS = sql`realm, id, name, password_hash, role, active, must_reset, version, changed_at, created_at, now() as read_at`;
const UNIQUE_VIOLATION = '23505';

function toUser(row: UserRow): StoredUser {
  return {
    realm: row.realm,
    id: row.id,
    name: row.name,
    passwordHash: row.password_hash,
    role: row.role,
    active: row.active,
    mustReset: row.must_reset,
    version: row.version,
    changedAt: row.changed_at,
    createdAt: row.created_at,
    readAt: row.read_at,
  };
}

/** The one row of a statement; a name that is taken is `already_exists`. */
async function one(
  db: Db | Transaction,
  statement: RawBuilder<UserRow>,
  name?: string,
): Promise<StoredUser | undefined> {
  try {
    const { rows } = await statement.execute(db);
    return rows.map(toUser)[0];
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === UNIQUE_VIOLATION)) throw error;
    throw new GridError('already_exists', `the name ${JSON.stringify(name)} is taken: choose another`, {
      details: { field: 'name', value: name },
      cause: error,
    });
  }
}

/** The row of the realm makes its new users take turns, so that no number is given twice, or lost to a taken name. */
function insert(user: NewUserRow, number: RawBuilder<unknown>): RawBuilder<UserRow> {
  return sql<UserRow>`
    with next as (${number})
    insert into users (realm, id, name, password_hash, role, active, must_reset)
    select ${user.realm}, last_id, ${user.name}, ${user.passwordHash}, ${user.role}, ${user.active}, ${user.mustReset}
    from next returning ${COLUMNS}`;
}

function update({ realm, id }: { realm: string; id: number }, change: UserRowChange): RawBuilder<UserRow> {
  const { name = null, passwordHash = null, role = null, active = null, mustReset = null } = change;
  return sql<UserRow>`
    with before as (select * from users where realm = ${realm} and id = ${id} for update),
    wanted as (
      select coalesce(${name}::text, name) as name, coalesce(${passwordHash}::text, password_hash) as password_hash,
        coalesce(${role}::text, role) as role, coalesce(${active}::boolean, active) as active,
        coalesce(${mustReset}::boolean, must_reset) as must_reset,
        (coalesce(${name}::text, name), coalesce(${passwordHash}::text, password_hash), coalesce(${role}::text, role),
          coalesce(${active}::boolean, active), coalesce(${mustReset}::boolean, must_reset))
          is distinct from (name, password_hash, role, active, must_reset) as differs
      from before)
    update users u set name = wanted.name, password_hash = wanted.password_hash, role = wanted.role, active = wanted.active,
      must_reset = wanted.must_reset, version = u.version + differs::int,
      changed_at = case when differs then clock_timestamp() else u.changed_at end
    from wanted where u.realm = ${realm} and u.id = ${id}
    returning u.realm, u.id, u.name, u.password_hash, u.role, u.active, u.must_reset, u.version, u.changed_at,
      u.created_at, clock_timestamp() as read_at`;
}

/** Users and failed sign-ins on PostgreSQL. */
export function postgresUserStore(db: Db): UserStore {
  return {
    async create(user, tx) {
      const number = sql`
        insert into user_realms (realm, last_id) values (${user.realm}, 1)
        on conflict (realm) do update set last_id = user_realms.last_id + 1 returning last_id`;
      const made = await one(tx ?? db, insert(user, number), user.name);
      if (made === undefined) throw new Error('an insert returned no row');
      return made;
    },
    createFirst(user) {
      const number = sql`
        insert into user_realms (realm, last_id) values (${user.realm}, 1) on conflict do nothing returning last_id`;
      return one(db, insert(user, number), user.name);
    },
    byId: (realm, id, tx) =>
      one(tx ?? db, sql<UserRow>`select ${COLUMNS} from users where realm = ${realm} and id = ${id}`),
    byName: (realm, name, tx) =>
      one(tx ?? db, sql<UserRow>`select ${COLUMNS} from users where realm = ${realm} and name = ${name}`),
    async list(realm, { offset, limit }) {
      const { rows } = await sql<UserRow>`
        select ${COLUMNS} from users where realm = ${realm} order by id desc limit ${limit} offset ${offset}`.execute(
        db,
      );
      return rows.map(toUser);
    },
    async count(realm) {
      const { rows } = await sql<{ n: number }>`
        select count(*) as n from users where realm = ${realm}`.execute(db);
      return rows[0]?.n ?? 0;
    },
    update: (user, change, tx) => one(tx ?? db, update(user, change), change.name),
    async waitS(limits) {
      const { rows } = await sql<{ wait: number | null }>`
        select max(ceil(extract(epoch from ends_at - now())))::int as wait
        from sign_in_failures
        join unnest(${limits.map((one) => one.subject)}::bytea[], ${limits.map((one) => one.most)}::int[])
          as l (subject, most) using (subject)
        where ends_at > now() and failures >= most`.execute(db);
      return rows[0]?.wait ?? 0;
    },
    async countFailure(subjects, windowS) {
      // In one order, so that no two statements wait for each other.
      const sorted = subjects.toSorted(Buffer.compare);
      await sql`
        insert into sign_in_failures as f (subject, failures, ends_at)
        select subject, 1, now() + ${windowS}::int * interval '1 second' from unnest(${sorted}::bytea[]) as s (subject)
        on conflict (subject) do update set
          failures = case when f.ends_at <= now() then 1 else f.failures + 1 end,
          ends_at = case when f.ends_at <= now() then excluded.ends_at else f.ends_at end`.execute(db);
    },
    async pruneFailures() {
      await sql`delete from sign_in_failures where ends_at <= now()`.execute(db);
    },
  };
}
