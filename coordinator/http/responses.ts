import { z } from 'zod';
import { SCOPES } from '../domain/account.ts';
import { AGENT_STATES } from '../domain/agent.ts';
import { JOB_SHAPES, JOB_STATES, RESULT_CONTAINERS } from '../domain/job.ts';
import { ALL_KINDS } from '../domain/task-kinds.ts';

/** Answers of the own API. New fields may be added to them; those that are there stay. */
const TIME = z.iso.datetime();
const COUNT = z.int().min(0);
const BYTES = z.int().min(0);

export const failureResponse = z.strictObject({
  code: z.string().describe('Stable; see the README.'),
  stage: z.enum([...ALL_KINDS, 'plan']),
  message: z.string(),
  log: z.string().describe('Last lines of the tool, at most 8 KiB.'),
  clip_index: COUNT.nullable(),
});

export const taskResponse = z.strictObject({
  task_id: z.uuid(),
  job_id: z.uuid(),
  kind: z.enum(ALL_KINDS),
  clip_index: COUNT.nullable(),
  start_frame: COUNT.nullable(),
  end_frame: COUNT.nullable().describe('Exclusive.'),
  state: z.enum(['ready', 'leased', 'succeeded', 'failed', 'cancelled']),
  epoch: COUNT,
  attempts: COUNT,
  agent_id: z.string().nullable(),
  agent: z.string().nullable().describe('Name of the agent that has or had it.'),
  frames_done: COUNT,
  frames_saved: COUNT.describe('Of a clip, kept in parts: no later attempt encodes them again.'),
  frames_total: COUNT,
  fps: z.number().min(0),
  speed: z.number().min(0).describe('Seconds of output a second; 0: not known.'),
  phase: z.string(),
  size_bytes: BYTES.nullable().describe('Of what it made; null before.'),
  ready_at: TIME,
  granted_at: TIME.nullable().describe('Of the last attempt.'),
  finished_at: TIME.nullable(),
  requires: z.array(z.string()).describe('What an agent must have proved, e.g. encoder:libx264.'),
  failure: failureResponse.nullable().describe('Of the last failed attempt.'),
});

export const jobResponse = z.strictObject({
  job_id: z.uuid(),
  name: z.string(),
  dialect: z.string(),
  owner: z.string(),
  shape: z
    .enum(JOB_SHAPES)
    .describe(
      'film: clips that are joined. media: one command on the whole source. preview: one frame to look at.',
    ),
  state: z.enum(JOB_STATES),
  priority: z.int(),
  percent: z.number().min(0).max(100),
  frames_done: COUNT,
  frames_total: COUNT,
  clips_done: COUNT,
  clips_total: COUNT,
  duration_seconds: z.number().min(0).nullable().describe('Of the film; null before the plan.'),
  eta_seconds: z.number().min(0).nullable(),
  fps: z.number().min(0).describe('Frames a second of all that runs.'),
  speed: z.number().min(0).describe('Seconds of output a second; 0: not known.'),
  upload_id: z.uuid().nullable().describe('The upload that is its film; null where it came another way.'),
  source_bytes: BYTES,
  container: z
    .enum(RESULT_CONTAINERS)
    .nullable()
    .describe('null: the command says by itself what it writes.'),
  encode: z.string(),
  script: z.string(),
  salvage: z
    .string()
    .describe('Whether finished parts of a clip outlive an agent that dies: yes, or no and why.'),
  result: z.strictObject({ size_bytes: BYTES, sha256: z.string() }).nullable(),
  failure: failureResponse.nullable(),
  created_at: TIME,
  started_at: TIME.nullable(),
  finished_at: TIME.nullable(),
});

const WAITING = z.string().describe('Why it does not run now, in words; empty when it runs or has ended.');

export const submittedResponse = jobResponse.extend({ waiting: WAITING });
export const jobDetailResponse = jobResponse.extend({
  tasks: z.array(taskResponse),
  waiting: WAITING,
  dialect_details: z
    .record(z.string(), z.string())
    .optional()
    .describe('What its dialect knows of it, for people; not in the events of a watch.'),
});
export const jobListResponse = z.strictObject({
  jobs: z.array(jobResponse),
  next_cursor: z.string().nullable().describe('For the next page; null at the end.'),
});

export const taskListResponse = z.strictObject({
  tasks: z.array(taskResponse),
  next_cursor: z.string().nullable().describe('For the next page; null at the end.'),
});

export const historyEventResponse = z.strictObject({
  sequence: COUNT,
  at: TIME,
  type: z.string().describe('job.created, job.state, task.granted, task.failed, ...'),
  task_id: z.uuid().nullable(),
  agent_id: z.string().nullable(),
  agent: z.string().nullable().describe('Name of that agent.'),
  data: z.record(z.string(), z.unknown()).describe('What else is to be said, by type.'),
});
export const jobHistoryResponse = z.strictObject({
  events: z.array(historyEventResponse),
  next_cursor: z.string().nullable().describe('For the next page; null at the end.'),
});

const TOTALS = {
  at: TIME,
  fps: z.number().min(0).describe('Frames a second of all that runs.'),
  speed: z.number().min(0).describe('Seconds of output a second of all that runs.'),
  tasks_ready: COUNT,
  tasks_running: COUNT,
  agents_online: COUNT,
};
export const gridResponse = z.strictObject({
  ...TOTALS,
  agents_draining: COUNT,
  jobs: z.record(z.enum(JOB_STATES), COUNT).describe('How many are in each state.'),
});
export const gridHistoryResponse = z.strictObject({
  interval_s: z.int().min(1),
  samples: z
    .array(z.strictObject(TOTALS))
    .describe('Oldest first; one an interval, but none where no coordinator ran.'),
});

const URL_PATH = z
  .string()
  .describe('GET it at this coordinator, with the same credentials: a PNG of at most 1920 pixels.');

export const previewResponse = z.strictObject({
  preview_id: z.uuid(),
  state: z.enum(['queued', 'running', 'succeeded', 'failed']),
  at_seconds: z.number().min(0).describe('As asked for.'),
  shown_seconds: z.number().min(0).nullable().describe('When the frame that is shown begins.'),
  before_url: URL_PATH.nullable(),
  after_url: URL_PATH.nullable(),
  width: COUNT.nullable().describe('Of the frames that the script returns.'),
  height: COUNT.nullable(),
  source_width: COUNT.nullable(),
  source_height: COUNT.nullable(),
  failure: failureResponse.nullable(),
  waiting: z.string().describe('Why it does not run now, in words; empty when it runs or has ended.'),
  created_at: TIME,
});

export const fileListResponse = z.strictObject({
  files: z.array(
    z.strictObject({
      name: z.string(),
      size_bytes: BYTES,
      sha256: z.string(),
      url: z.url().describe('GET it here; good for some hours.'),
    }),
  ),
});

export const uploadResponse = z.strictObject({
  upload_id: z.uuid(),
  name: z.string(),
  state: z.enum(['open', 'complete']),
  size_bytes: BYTES.nullable(),
  created_at: TIME,
});

export const createdUploadResponse = uploadResponse.extend({
  url: z.url().describe('PUT the whole file here, once.'),
  headers: z.record(z.string(), z.string()).describe('Headers to send with that PUT.'),
});
export const uploadListResponse = z.strictObject({ uploads: z.array(uploadResponse) });

export const signedPartsResponse = z.strictObject({
  part_bytes: BYTES.describe('Size of each part but the last.'),
  urls: z.array(z.url()).describe('In the order of the request.'),
});
export const partListResponse = z.strictObject({
  part_bytes: BYTES,
  parts: z.array(z.strictObject({ part: z.int().min(1), etag: z.string(), size_bytes: BYTES })),
});

export const agentResponse = z.strictObject({
  agent_id: z.string(),
  name: z.string(),
  state: z.enum(AGENT_STATES),
  version: z.string(),
  slots: COUNT,
  leases: COUNT,
  fps: z.number().min(0).describe('Frames a second of all that it works on.'),
  drain_seconds_left: COUNT.nullable().describe('While it drains with a deadline.'),
  cpu_model: z.string(),
  cpu_cores: COUNT,
  memory_bytes: BYTES,
  gpus: z.array(z.strictObject({ vendor: z.string(), model: z.string(), memory_bytes: BYTES })),
  disks: z.array(z.strictObject({ path: z.string(), size_bytes: BYTES, free_bytes: BYTES })),
  os: z.string(),
  tools: z.array(z.strictObject({ name: z.string(), version: z.string() })),
  capabilities: z.array(z.string()),
  lacks: z.array(z.string()),
  load: z
    .strictObject({
      cpu: z.number(),
      memory_free_bytes: BYTES,
      disk_free_bytes: BYTES,
      gpus: z.array(z.strictObject({ utilization: z.number(), memory_used_bytes: BYTES })),
    })
    .nullable()
    .describe('Of the last heartbeat; cpu and utilization are shares of 1.'),
  paused: z
    .strictObject({ reason: z.string(), since: TIME })
    .nullable()
    .describe('Its owner needs the machine: it takes nothing new, and what it holds stands still.'),
  connected_at: TIME,
  last_seen_at: TIME,
});
export const agentDetailResponse = agentResponse.extend({ tasks: z.array(taskResponse) });
export const agentListResponse = z.strictObject({ agents: z.array(agentResponse) });

const joinToken = {
  token_id: z.string(),
  state: z.enum(['valid', 'used up', 'expired', 'revoked']),
  uses: z.int().nullable().describe('How many machines it lets in; null: any number.'),
  used: z.int(),
  created_by: z.string(),
  created_at: z.iso.datetime(),
  expires_at: z.iso.datetime().nullable(),
};

export const joinTokenResponse = z.strictObject(joinToken);
export const createdJoinTokenResponse = z.strictObject({
  ...joinToken,
  join_token: z.string().describe('The secret; it is told this once.'),
});
export const joinTokenListResponse = z.strictObject({ join_tokens: z.array(joinTokenResponse) });

const token = {
  name: z.string(),
  owner: z.string(),
  scopes: z.array(z.enum(SCOPES)),
  created_at: z.iso.datetime(),
};

export const tokenResponse = z.strictObject(token);
export const createdTokenResponse = z.strictObject({
  name: token.name,
  owner: token.owner,
  scopes: token.scopes,
  token: z.string().describe('The secret; it is told this once.'),
});
export const tokenListResponse = z.strictObject({ tokens: z.array(tokenResponse) });

export const sessionResponse = z.strictObject({
  owner: z.string(),
  scopes: z.array(z.enum(['read', 'submit', 'admin'])).describe('With those that they imply.'),
  auth: z.enum(['none', 'token']).describe('none: everybody is an administrator.'),
  agents_port: COUNT.describe('Where agents connect, on this host.'),
});

export const healthResponse = z.strictObject({ status: z.string(), version: z.string() });

export const statusResponse = z.strictObject({ status: z.string() });

export const problemResponse = z.strictObject({
  type: z.string().describe('urn:clipgrid:error:<code>'),
  title: z.string(),
  status: z.int(),
  detail: z.string().describe('What is wrong, with what value, and what to do about it.'),
  code: z.string(),
  errors: z
    .array(z.strictObject({ field: z.string(), value: z.unknown().optional(), message: z.string() }))
    .optional(),
  incident: z.string().optional().describe('Names the line in the log; for errors that are not yours.'),
});

export type JobResponse = z.output<typeof jobResponse>;
export type PreviewResponse = z.output<typeof previewResponse>;
export type TaskResponse = z.output<typeof taskResponse>;
export type FailureResponse = z.output<typeof failureResponse>;
export type GridResponse = z.output<typeof gridResponse>;
export type GridHistoryResponse = z.output<typeof gridHistoryResponse>;
export type HistoryEventResponse = z.output<typeof historyEventResponse>;
export type JobDetailResponse = z.output<typeof jobDetailResponse>;
export type UploadResponse = z.output<typeof uploadResponse>;
export type AgentResponse = z.output<typeof agentResponse>;
export type TokenResponse = z.output<typeof tokenResponse>;
export type JoinTokenResponse = z.output<typeof joinTokenResponse>;
export type SessionResponse = z.output<typeof sessionResponse>;
