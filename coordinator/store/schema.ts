import type { ColumnType, Generated } from 'kysely';

type Json<T> = ColumnType<T, string, string>;
type JsonOrNull<T> = ColumnType<T | null, string | null | undefined, string | null>;
type Time = ColumnType<Date, Date | undefined, Date>;
type TimeOrNull = ColumnType<Date | null, Date | null | undefined, Date | null>;
/** bigint columns arrive as numbers: the pool parses them, all are below 2^53. */
type Big = number;

export interface TokensTable {
  owner_id: string;
  name: string;
  secret_sha256: Buffer;
  scopes: string[];
  created_at: Time;
  revoked_at: TimeOrNull;
}

export interface UploadsTable {
  upload_id: string;
  owner_id: string;
  name: string;
  bucket: string;
  object_key: string;
  size_bytes: Big | null;
  state: Generated<'open' | 'complete'>;
  multipart_id: string | null;
  created_at: Time;
  touched_at: Time;
}

export interface JobsTable {
  job_id: string;
  owner_id: string;
  dialect: string;
  name: string;
  state: string;
  priority: number;
  spec: Json<unknown>;
  spec_hash: string;
  idempotency_key: string | null;
  open_tasks: Generated<number>;
  frames_total: Generated<number>;
  clips_total: Generated<number>;
  frames_done: Generated<number>;
  clips_done: Generated<number>;
  plan: JsonOrNull<unknown>;
  result: JsonOrNull<unknown>;
  failure: JsonOrNull<unknown>;
  created_at: Time;
  started_at: TimeOrNull;
  finished_at: TimeOrNull;
  collected_at: TimeOrNull;
  index_of: string | null;
  traceparent: Generated<string>;
  index_kept: Generated<boolean>;
}

export interface TasksTable {
  task_id: string;
  job_id: string;
  kind: string;
  clip_index: number;
  state: string;
  epoch: Generated<number>;
  priority: number;
  job_order: Time;
  cost: number;
  spec: Buffer;
  requires: string[];
  lease_id: string | null;
  agent_id: string | null;
  session_id: string | null;
  lease_expires_at: TimeOrNull;
  ready_at: Time;
  granted_at: TimeOrNull;
  finished_at: TimeOrNull;
  attempts: Generated<number>;
  lost: Generated<number>;
  failed_agents: Generated<string[]>;
  start_frame: number | null;
  end_frame: number | null;
  share_key: string | null;
  frames_total: Generated<number>;
  frames_done: Generated<number>;
  fps: Generated<number>;
  speed: Generated<number>;
  phase: Generated<string>;
  log_tail: Generated<string>;
  parts: ColumnType<unknown, string | undefined, string>;
  output: JsonOrNull<unknown>;
  failure: JsonOrNull<unknown>;
}

export interface AgentsTable {
  agent_id: string;
  name: string;
  incarnation: string;
  start_count: Generated<Big>;
  connection: Generated<Big>;
  session_id: string | null;
  coordinator_id: string | null;
  state: string;
  drain_requested: Generated<boolean>;
  drain_until: TimeOrNull;
  pause_reason: string | null;
  paused_at: TimeOrNull;
  version: string;
  hardware: Json<unknown>;
  tools: Json<unknown>;
  capabilities: string[];
  lacks: string[];
  slots: number;
  load: JsonOrNull<unknown>;
  connected_at: Time;
  last_seen_at: Time;
}

export interface EventsTable {
  sequence: Generated<Big>;
  at: Time;
  type: string;
  job_id: string | null;
  task_id: string | null;
  agent_id: string | null;
  owner_id: string | null;
  data: Json<unknown>;
}

/** The grid's tables. A dialect adds its own by `db.withTables<...>()`. */
export interface Database {
  tokens: TokensTable;
  uploads: UploadsTable;
  jobs: JobsTable;
  tasks: TasksTable;
  agents: AgentsTable;
  events: EventsTable;
}
