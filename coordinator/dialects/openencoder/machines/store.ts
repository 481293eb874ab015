import { sql } from 'kysely';
import type { Db, Transaction } from '../../../store/transaction.ts';
import { whyNotStart, type CostLimits, type Running } from './cost-guard.ts';
import type { MachineRow, NewMachine } from './machine-row.ts';
import type { ProviderMachine } from './provider.ts';

interface Row {
  id: number;
  provider: string;
  scope: string;
  provider_id: string | null;
  region: string;
  region_name: string;
  size: string;
  price_hourly: number;
  price_monthly: number;
  asked_for: boolean;
  join_token_id: string | null;
  agent_id: string | null;
  created_at: Date;
  busy_at: Date;
  end_requested_at: Date | null;
  drain_until: Date | null;
  end_reason: string | null;
}

const COLUMNS = sql`
  id, provider, scope, provider_id, region, region_name, size, price_hourly, price_monthly, asked_for, join_token_id,
  agent_id, created_at, busy_at, end_requested_at, drain_until, end_reason`;
/** Any fixed number: coordinators that start machines take turns. */
const LOCK = 7_267_153_010;

function toRow(row: Row): MachineRow {
  const { provider_id, join_token_id, agent_id, end_requested_at, drain_until, end_reason } = row;
  return {
    id: row.id,
    provider: row.provider,
    scope: row.scope,
    ...(provider_id === null ? {} : { providerId: provider_id }),
    region: row.region,
    regionName: row.region_name,
    size: row.size,
    priceHourly: row.price_hourly,
    priceMonthly: row.price_monthly,
    askedFor: row.asked_for,
    ...(join_token_id === null ? {} : { tokenId: join_token_id }),
    ...(agent_id === null ? {} : { agentId: agent_id }),
    createdAtMs: row.created_at.getTime(),
    busyAtMs: row.busy_at.getTime(),
    ...(end_requested_at === null ? {} : { endRequestedAtMs: end_requested_at.getTime() }),
    ...(drain_until === null ? {} : { drainUntilMs: drain_until.getTime() }),
    ...(end_reason === null ? {} : { endReason: end_reason }),
  };
}

export interface Intention {
  readonly machine: NewMachine;
  readonly count: number;
  readonly limits: CostLimits;
  readonly nowMs: number;
}

export interface EndRequest {
  readonly reason: string;
  readonly nowMs: number;
  readonly drainUntilMs: number;
}

/** The machines of this installation, for all of its coordinators. */
export class MachineStore {
  readonly #db: Db;

  constructor(db: Db) {
    this.#db = db;
  }

  /** The id of this installation; `fresh` becomes it when there is none yet. */
  async installation(fresh: string): Promise<string> {
    await sql`insert into openencoder_installation (installation_id) values (${fresh}) on conflict do nothing`.execute(
      this.#db,
    );
    const { rows } = await sql<{ id: string }>`
      select installation_id as id from openencoder_installation`.execute(this.#db);
    return rows[0]?.id ?? fresh;
  }

  /** Machines that are about to be started, written down, if the limits allow; else why not. One coordinator at a time. */
  async intend(intention: Intention): Promise<{ ids: number[] } | { refused: string }> {
    const { machine, count, limits, nowMs } = intention;
    return this.#db.transaction().execute(async (tx) => {
      await sql`select pg_advisory_xact_lock(${LOCK})`.execute(tx);
      const more = { machines: count, priceHourly: count * machine.priceHourly };
      const refused = whyNotStart(await running(tx), more, limits);
      if (refused !== undefined) return { refused };
      const now = new Date(nowMs);
      const { rows } = await sql<{ id: number }>`
        insert into openencoder_machines (provider, scope, region, region_name, size, price_hourly, price_monthly,
          asked_for, created_at, busy_at)
        select ${machine.provider}::text, ${machine.scope}::text, ${machine.region}::text, ${machine.regionName}::text,
          ${machine.size}::text, ${machine.priceHourly}::float8, ${machine.priceMonthly}::float8, true,
          ${now}::timestamptz, ${now}::timestamptz
        from generate_series(1, ${count}::int) returning id`.execute(tx);
      return { ids: rows.map((row) => row.id) };
    });
  }

  async setTokens(tokens: readonly { readonly id: number; readonly tokenId: string }[]): Promise<void> {
    await sql`
      update openencoder_machines m set join_token_id = t.token_id
      from unnest(${tokens.map(({ id }) => id)}::int[], ${tokens.map(({ tokenId }) => tokenId)}::text[]) as t(id, token_id)
      where m.id = t.id`.execute(this.#db);
  }

  /**
   * The provider started these: each machine of the order gets one, in their order. Some may have been claimed by a keeper
   * in the meantime. Resolves to the ids of machines for which none is left.
   */
  async confirm(ids: readonly number[], providerIds: readonly string[]): Promise<number[]> {
    return this.#db.transaction().execute(async (tx) => {
      const { rows } = await sql<{ id: number; provider_id: string | null }>`
        select id, provider_id from openencoder_machines where id = any(${ids}::int[]) order by id for update`.execute(
        tx,
      );
      const taken = new Set(rows.map((row) => row.provider_id));
      const free = providerIds.filter((providerId) => !taken.has(providerId));
      const without: number[] = [];
      for (const { id, provider_id } of rows) {
        if (provider_id !== null) continue;
        const next = free.shift();
        if (next === undefined) without.push(id);
        else await sql`update openencoder_machines set provider_id = ${next} where id = ${id}`.execute(tx);
      }
      return without;
    });
  }

  /** A keeper found an unconfirmed machine in the provider's list. */
  async claim(id: number, { providerId }: ProviderMachine): Promise<void> {
    await sql`
      update openencoder_machines m set provider_id = ${providerId}
      where id = ${id} and provider_id is null and ended_at is null and not exists (
        select 1 from openencoder_machines o
        where o.scope = m.scope and o.provider_id = ${providerId} and o.ended_at is null)`.execute(this.#db);
  }

  /** A machine with our tag that nobody here asked for: shown, priced and ended like the others, by people. */
  async adopt(provider: string, scope: string, machine: ProviderMachine): Promise<void> {
    const at = new Date(machine.createdAtMs);
    await sql`
      insert into openencoder_machines (provider, scope, provider_id, region, region_name, size, price_hourly,
        price_monthly, asked_for, created_at, busy_at)
      values (${provider}, ${scope}, ${machine.providerId}, ${machine.region}, ${machine.regionName}, ${machine.size},
        ${machine.priceHourly}, ${machine.priceMonthly}, false, ${at}, ${at})
      on conflict do nothing`.execute(this.#db);
  }

  /** By their ids; those of one scope, or all. Ended ones are not among them. */
  async live(scope?: string): Promise<MachineRow[]> {
    const { rows } = await sql<Row>`
      select ${COLUMNS} from openencoder_machines
      where ended_at is null and (${scope ?? null}::text is null or scope = ${scope ?? null}) order by id`.execute(
      this.#db,
    );
    return rows.map(toRow);
  }

  async setAgents(found: readonly { readonly id: number; readonly agentId: string }[]): Promise<void> {
    await sql`
      update openencoder_machines m set agent_id = f.agent_id
      from unnest(${found.map(({ id }) => id)}::int[], ${found.map(({ agentId }) => agentId)}::text[]) as f(id, agent_id)
      where m.id = f.id`.execute(this.#db);
  }

  async setBusy(ids: readonly number[], nowMs: number): Promise<void> {
    await sql`
      update openencoder_machines set busy_at = greatest(busy_at, ${new Date(nowMs)}::timestamptz)
      where id = any(${ids}::int[])`.execute(this.#db);
  }

  /** Machines that are to end. The first request counts. Resolves to those for which this was it. */
  async requestEnd(
    ids: readonly number[],
    { reason, nowMs, drainUntilMs }: EndRequest,
  ): Promise<MachineRow[]> {
    const { rows } = await sql<Row>`
      update openencoder_machines set end_requested_at = ${new Date(nowMs)}::timestamptz, end_reason = ${reason},
        drain_until = ${new Date(drainUntilMs)}::timestamptz
      where id = any(${ids}::int[]) and end_requested_at is null and ended_at is null
      returning ${COLUMNS}`.execute(this.#db);
    return rows.map(toRow);
  }

  /** It is gone. Resolves to false when it was already. */
  async ended(id: number, reason: string, nowMs: number): Promise<boolean> {
    const { rows } = await sql`
      update openencoder_machines set ended_at = ${new Date(nowMs)}::timestamptz,
        end_reason = coalesce(end_reason, ${reason})
      where id = ${id} and ended_at is null returning 1`.execute(this.#db);
    return rows.length > 0;
  }

  /** Forgets machines that ended before. */
  async prune(beforeMs: number): Promise<void> {
    await sql`
      delete from openencoder_machines where ended_at < ${new Date(beforeMs)}::timestamptz`.execute(this.#db);
  }
}

async function running(tx: Transaction): Promise<Running> {
  const { rows } = await sql<Running>`
    select count(*)::int as machines, coalesce(sum(price_hourly), 0)::float8 as "priceHourly"
    from openencoder_machines where ended_at is null`.execute(tx);
  return rows[0] ?? { machines: 0, priceHourly: 0 };
}
