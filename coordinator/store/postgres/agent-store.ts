import { sql } from 'kysely';
import { Hardware, Load, Tool } from '../../../shared/gen/clipgrid/v1/session.ts';
import { noAgent, tookOver, type AgentState, type AgentView, type DrainOrder } from '../../domain/agent.ts';
import type { AgentStore, Registration } from '../agent-store.ts';
import type { Db } from '../transaction.ts';
import { COUNTED } from './kinds.ts';
import { RELAXED } from './relaxed.ts';
import { notify, say } from './say.ts';

interface AgentRow {
  agent_id: string;
  name: string;
  state: AgentState;
  version: string;
  hardware: unknown;
  tools: unknown[];
  capabilities: string[];
  lacks: string[];
  slots: number;
  leases: number;
  fps: number;
  load: unknown;
  drain_left_s: number | null;
  pause_reason: string | null;
  paused_at: Date | null;
  connected_at: Date;
  last_seen_at: Date;
}

function toView(row: AgentRow): AgentView {
  return {
    agentId: row.agent_id,
    name: row.name,
    state: row.state,
    version: row.version,
    hardware: Hardware.fromJSON(row.hardware),
    tools: row.tools.map((tool) => Tool.fromJSON(tool)),
    capabilities: row.capabilities,
    lacks: row.lacks,
    slots: row.slots,
    leases: row.leases,
    fps: row.fps,
    ...(row.load ? { load: Load.fromJSON(row.load) } : {}),
    ...(row.drain_left_s === null ? {} : { drainLeftS: row.drain_left_s }),
    ...(row.paused_at ? { pause: { reason: row.pause_reason ?? '', since: row.paused_at } } : {}),
    connectedAt: row.connected_at,
    lastSeenAt: row.last_seen_at,
  };
}

/** Durations leave the database, never times (L4); a deadline that is over still says 1, because 0 means none. */
const DRAIN_LEFT = sql`
  case when a.drain_requested and a.drain_until is not null then greatest(1, ceil(extract(epoch from a.drain_until - now())))::int end`;

interface DrainRow {
  drain_requested: boolean;
  drain_left_s: number | null;
}

function drainOrder({ drain_requested: requested, drain_left_s: leftS }: DrainRow): { drain?: DrainOrder } {
  if (!requested) return {};
  return { drain: leftS === null ? {} : { leftS } };
}

async function read(db: Db, agentId?: string): Promise<AgentView[]> {
  const { rows } = await sql<AgentRow>`
    select a.agent_id, a.name, a.version,
      case when exists (select from revoked_agents r where r.agent_id = a.agent_id) then 'revoked' else a.state end as state,
      a.hardware, a.tools, a.capabilities, a.lacks, a.slots, a.load,
      ${DRAIN_LEFT} as drain_left_s, a.pause_reason, a.paused_at, a.connected_at, a.last_seen_at, w.leases, w.fps
    from agents a, lateral (
      select count(*)::int as leases, coalesce(sum(t.fps) filter (where t.kind in (${COUNTED})), 0) as fps
      from tasks t where t.agent_id = a.agent_id and t.state = 'leased') w
    where ${agentId ?? null}::text is null or a.agent_id = ${agentId ?? null}
    order by a.name, a.agent_id`.execute(db);
  return rows.map(toView);
}

async function register(
  db: Db,
  { hello, sessionId, coordinatorId }: Registration,
): Promise<{ drain?: DrainOrder; restarted: boolean }> {
  return db.transaction().execute(async (tx) => {
    const before = await sql<{ session_id: string | null; incarnation: string }>`
      select session_id, incarnation from agents where agent_id = ${hello.agentId} for update`.execute(tx);
    const { rows } = await sql<DrainRow>`
      insert into agents as a (agent_id, name, incarnation, start_count, connection, session_id, coordinator_id, state,
        version, hardware, tools, capabilities, lacks, slots, pause_reason, paused_at)
      values (${hello.agentId}, ${hello.name}, ${hello.incarnation}, ${hello.start}, ${hello.connection},
        ${sessionId}::uuid, ${coordinatorId}, 'online', ${hello.version},
        ${JSON.stringify(Hardware.toJSON(hello.hardware ?? Hardware.create()))}::jsonb,
        ${JSON.stringify(hello.tools.map((tool) => Tool.toJSON(tool)))}::jsonb, ${hello.capabilities}::text[],
        ${hello.lacks}::text[], ${hello.slots}, ${hello.pause?.reason ?? null},
        case when ${hello.pause !== undefined} then now() end)
      on conflict (agent_id) do update set name = excluded.name, incarnation = excluded.incarnation,
        start_count = excluded.start_count, connection = excluded.connection,
        session_id = excluded.session_id, coordinator_id = excluded.coordinator_id, version = excluded.version,
        state = case when a.drain_requested then 'draining' else 'online' end,
        hardware = excluded.hardware, tools = excluded.tools, capabilities = excluded.capabilities,
        lacks = excluded.lacks, slots = excluded.slots, pause_reason = excluded.pause_reason,
        paused_at = case when excluded.paused_at is not null then coalesce(a.paused_at, excluded.paused_at) end, connected_at = now(), last_seen_at = now()
      where a.start_count < excluded.start_count or (a.start_count = excluded.start_count
        and (a.incarnation <> excluded.incarnation or a.connection <= excluded.connection))
      returning a.drain_requested, ${DRAIN_LEFT} as drain_left_s`.execute(tx);
    const [row] = rows;
    if (row === undefined) throw tookOver(hello.agentId);
    const old = before.rows[0];
    if (old?.session_id && old.session_id !== sessionId) {
      await notify(tx, { superseded: old.session_id, agentId: hello.agentId });
    }
    await say(tx, { type: 'agent.online', agentId: hello.agentId, data: { name: hello.name } });
    const restarted = old !== undefined && old.incarnation !== hello.incarnation;
    return { ...drainOrder(row), restarted };
  });
}

async function setDraining(
  db: Db,
  agentId: string,
  { draining, deadlineS }: { draining: boolean; deadlineS: number },
): Promise<void> {
  if (agentId.includes('\0')) throw noAgent(agentId);
  await db.transaction().execute(async (tx) => {
    const { rows } = await sql<{ session_id: string | null }>`
      update agents set drain_requested = ${draining},
        drain_until = case when ${deadlineS}::int > 0 then now() + ${deadlineS}::int * interval '1 second' end,
        state = case when state = 'offline' then state when ${draining} then 'draining' else 'online' end
      where agent_id = ${agentId} returning session_id`.execute(tx);
    if (rows.length === 0) throw noAgent(agentId);
    await say(tx, {
      type: draining ? 'agent.draining' : 'agent.online',
      agentId,
      ...(deadlineS > 0 ? { data: { deadline_seconds: deadlineS } } : {}),
    });
    await notify(tx, { drain: draining, deadlineS, sessionId: rows[0]?.session_id ?? null });
  });
}

/** Agents on PostgreSQL: the row says which session is the agent's (L8). */
export function postgresAgentStore(db: Db): AgentStore {
  return {
    register: (registration) => register(db, registration),
    async disconnect(agentId, sessionId) {
      await db.transaction().execute(async (tx) => {
        const { rows } = await sql`
          update agents set state = 'offline', session_id = null, last_seen_at = now(), pause_reason = null, paused_at = null
          where agent_id = ${agentId} and session_id = ${sessionId}::uuid returning 1`.execute(tx);
        if (rows.length > 0) await say(tx, { type: 'agent.offline', agentId });
      });
    },
    async seen(beats) {
      if (beats.length === 0) return new Map();
      const loads = beats.map((beat) => (beat.load ? JSON.stringify(Load.toJSON(beat.load)) : null));
      const { rows } = await sql<DrainRow & { session_id: string }>`
        update agents a set last_seen_at = now(), load = coalesce(b.load, a.load), pause_reason = b.pause_reason,
          paused_at = case when b.pause_reason is not null then coalesce(a.paused_at, now()) end,
          state = case when a.drain_requested or a.state = 'draining' then 'draining' else 'online' end
        from ${RELAXED}, unnest(${beats.map((beat) => beat.agentId)}::text[], ${beats.map((beat) => beat.sessionId)}::uuid[],
          ${loads}::jsonb[], ${beats.map((beat) => beat.pause?.reason ?? null)}::text[]) as b(agent_id, session_id, load, pause_reason)
        where a.agent_id = b.agent_id and a.session_id = b.session_id
        returning a.session_id, a.drain_requested, ${DRAIN_LEFT} as drain_left_s`.execute(db);
      return new Map(rows.map((row) => [row.session_id, drainOrder(row)]));
    },
    drain: (agentId, deadlineS) => setDraining(db, agentId, { draining: true, deadlineS }),
    undrain: (agentId) => setDraining(db, agentId, { draining: false, deadlineS: 0 }),
    async leaving(agentId, sessionId) {
      await sql`
        update agents set state = 'draining'
        where agent_id = ${agentId} and session_id = ${sessionId}::uuid`.execute(db);
    },
    list: () => read(db),
    async get(agentId) {
      // PostgreSQL's text holds no NUL: no agent is called so.
      if (agentId.includes('\0')) throw noAgent(agentId);
      const view = (await read(db, agentId))[0];
      if (view === undefined) throw noAgent(agentId);
      return view;
    },
    async sweepSilent(afterMs) {
      const { rows } = await sql`
        update agents set state = 'offline'
        where state <> 'offline' and last_seen_at < now() - ${afterMs} * interval '1 millisecond' returning 1`.execute(
        db,
      );
      return rows.length;
    },
  };
}
