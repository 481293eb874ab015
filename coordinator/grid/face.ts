import type { Readable } from 'node:stream';
import type { TaskResult } from '../../shared/gen/clipgrid/v1/task.ts';
import type { AgentView } from '../domain/agent.ts';
import type { AgentAuth, EnrolledAgent, JoinTokenView } from '../domain/enrolment.ts';
import type { Principal, Scope } from '../domain/account.ts';
import type { GridHistory, GridTotals } from '../domain/grid-totals.ts';
import type { Failure, FilmSpec, JobShape, JobSpec, JobState, SourceRef } from '../domain/job.ts';
import type {
  Artifact,
  ClipView,
  JobProgress,
  TaskBrief,
  TaskKind,
  TaskState,
  TaskView,
} from '../domain/task.ts';
import type { SignInLimits, UserChange, UserView } from '../domain/user.ts';
import type { FilmInput, PreviewInput } from './film-input.ts';
import type { Transaction } from '../store/transaction.ts';
import type { FetchesFace, WebhooksFace } from './outbound-face.ts';

/**
 * The grid's public face: all that REST, gRPC and dialects may use. Every method checks nothing about who asks unless it
 * takes an owner; an undefined `ownerId` means "of all owners" (admin). Unknown ids are `not_found`.
 */
export interface Grid {
  readonly jobs: JobsFace;
  readonly agents: AgentsFace;
  readonly events: EventsFace;
  readonly stats: StatsFace;
  readonly logs: LogsFace;
  readonly uploads: UploadsFace;
  readonly accounts: AccountsFace;
  readonly enrolment: EnrolmentFace;
  readonly users: UsersFace;
  readonly secrets: SecretsFace;
  readonly fetches: FetchesFace;
  readonly webhooks: WebhooksFace;
}

export interface SubmitInput {
  readonly ownerId: string;
  readonly dialect: string;
  /** What people call it, usually the file name. */
  readonly name: string;
  /** Higher first. 0 is the default class, 10 is `priority`. */
  readonly priority: number;
  readonly spec: JobSpec;
  /** The same key of the same owner gives the same job again; with another spec, name or priority it is `already_exists`. */
  readonly idempotencyKey?: string;
  /** W3C traceparent of the trace that it belongs to. */
  readonly traceparent?: string;
}

export interface JobView {
  readonly jobId: string;
  readonly ownerId: string;
  readonly dialect: string;
  readonly name: string;
  readonly state: JobState;
  readonly priority: number;
  readonly spec: JobSpec;
  /** 0 until the plan exists. */
  readonly framesTotal: number;
  readonly framesDone: number;
  readonly clipsTotal: number;
  readonly clipsDone: number;
  /** Length of the film; undefined until the plan exists. */
  readonly durationS?: number;
  /** Seconds until the end as predicted from the last minute; undefined while unknown. */
  readonly etaS?: number;
  /** Frames a second, and seconds of output a second, of its running clips together; 0 while none says so. */
  readonly fps: number;
  readonly speed: number;
  /** What its one running task is busy with: fetch, probe, encode, upload ...; empty where clips run, or nothing. */
  readonly phase: string;
  readonly result?: Artifact;
  readonly failure?: Failure;
  readonly createdAt: Date;
  readonly startedAt?: Date;
  readonly finishedAt?: Date;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** Opaque; undefined at the end. */
  readonly nextCursor?: string;
}

export interface JobQuery {
  readonly ownerId?: string;
  readonly dialect?: string;
  readonly states?: readonly JobState[];
  /** Part of the name, in capitals or not. */
  readonly name?: string;
  /** Undefined: all but previews. */
  readonly shape?: JobShape;
  /** The one job that was submitted with this key; keys are an owner's own, so `ownerId` must be given too. */
  readonly idempotencyKey?: string;
  /** 1 to 1000. */
  readonly limit: number;
  readonly cursor?: string;
}

export interface TaskQuery {
  readonly jobId: string;
  /** 1 to 1000. */
  readonly limit: number;
  readonly cursor?: string;
}

export interface JobsFace {
  /** Durable when it resolves. A media job's command that is not allowed is `invalid_argument`. With `tx` it is part of the caller's transaction. */
  submit(input: SubmitInput, tx?: Transaction): Promise<JobView>;
  /** The same from a request of the own API. Its upload must be complete (`failed_precondition`) and the owner's; of previews few may be open. */
  submitFilm(input: FilmInput): Promise<JobView>;
  submitPreview(input: PreviewInput): Promise<JobView>;
  get(jobId: string, ownerId?: string, tx?: Transaction): Promise<JobView>;
  list(query: JobQuery): Promise<Page<JobView>>;
  /** Those that are there and no previews, in no particular order; at most 1000. */
  some(jobIds: readonly string[]): Promise<readonly JobView[]>;
  /** By id, those that are there, previews too; at most 1000. Cheap; a job and its tasks are of one moment. */
  progress(jobIds: readonly string[]): Promise<ReadonlyMap<string, JobProgress>>;
  /** Jobs of which a task is at an agent; the text is another one after every change of the job's progress. Cheap. */
  running(): Promise<ReadonlyMap<string, string>>;
  /** Ascending: index or probe, encode by clip, audio, media, merge. Thousands of them are much cheaper in brief. */
  tasks(jobId: string): Promise<readonly TaskView[]>;
  briefTasks(jobId: string): Promise<readonly TaskBrief[]>;
  /** The files that a command wrote, in the order of their names; none before they are committed. They stay until the job is removed. */
  files(jobId: string): Promise<readonly Artifact[]>;
  /** The same with a signed URL each, for a plain browser that saves it under its name. */
  signedFiles(jobId: string, expiresS: number): Promise<readonly SignedFile[]>;
  /** A small JPEG of a clip's first frame; undefined before its segment is committed, and where none could be made. */
  thumbnail(jobId: string, clipIndex: number): Promise<Artifact | undefined>;
  /** The bytes of a file or an artifact that another method told of; `not_found` once they are collected. */
  read(artifact: Artifact): Promise<Readable>;
  /** What the committed task of a kind, of which a job has one, found out (a probe, a merge); undefined: it is not committed. */
  outcome(jobId: string, kind: TaskKind): Promise<TaskResult | undefined>;
  /** Its encode tasks by index, without what only the grid needs: cheap for thousands of them. */
  clips(jobId: string): Promise<readonly ClipView[]>;
  /** Opaque; another one after every change of what `get` and `tasks` tell of it. Cheap next to those. */
  stamp(jobId: string): Promise<string>;
  /** A page of them in the same order; a job may have 10,000. */
  listTasks(query: TaskQuery): Promise<Page<TaskView>>;
  /** `ownerId`: of that owner's jobs only. */
  task(taskId: string, ownerId?: string): Promise<TaskView>;
  /** Ends a job that has not ended; a job that has is `failed_precondition`. Leases are revoked. */
  cancel(jobId: string, ownerId?: string, tx?: Transaction): Promise<JobView>;
  /** Failed or cancelled: goes on from what was committed; failed tasks get fresh attempts. */
  retry(jobId: string, ownerId?: string): Promise<JobView>;
  /** Removes the job in any state, its leases and its objects (not the source). */
  remove(jobId: string, ownerId?: string, tx?: Transaction): Promise<void>;
  /** One clip again, in any state of the job once the plan exists; the result is rebuilt by itself (epoch + 1). */
  redoClip(clip: ClipRedo, tx?: Transaction): Promise<void>;
  /** The merge again; joins one that waits or runs. Unfinished clips: `failed_precondition`. */
  redoMerge(jobId: string, tx?: Transaction): Promise<void>;
  /** One clip cut as a file of its own (artifact `clip`), by an agent, on first demand. Resolves when it is there. */
  clipFile(jobId: string, clipIndex: number, signal: AbortSignal): Promise<Artifact>;
  /** Cancels one task: its job fails with that reason. */
  cancelTask(taskId: string): Promise<TaskView>;
  /** A failed or running task again. */
  retryTask(taskId: string): Promise<TaskView>;
  /** Why it does not run now, in words; empty when it runs or has ended. */
  explainJob(jobId: string): Promise<string>;
  explainTask(taskId: string): Promise<string>;
  /** The result's bytes; `failed_precondition` before the job succeeded. `range` end is inclusive. */
  readResult(jobId: string, range?: { readonly start: number; readonly end: number }): Promise<Readable>;
  /** A signed URL to the result for a plain browser: to save it under its name, or `inline` for a player. */
  resultUrl(jobId: string, expiresS: number, disposition?: 'attachment' | 'inline'): Promise<string>;
}

/** A file that a command named, and where its bytes can be fetched. */
export interface SignedFile {
  readonly name: string;
  readonly artifact: Artifact;
  readonly url: string;
}

/** One clip of one job, and what is to be different this time. */
export interface ClipRedo {
  readonly jobId: string;
  readonly clipIndex: number;
  readonly change?: ClipChange;
}

/** Replaces script, command or timeout of one clip only. */
export interface ClipChange {
  readonly script?: FilmSpec['script'];
  readonly command?: FilmSpec['command'];
  readonly timeoutS?: number;
  readonly priority?: number;
}

export interface AgentsFace {
  list(): Promise<readonly AgentView[]>;
  get(agentId: string): Promise<AgentView>;
  /** What all of them work on of an owner's jobs, by agent. */
  tasksFor(ownerId: string): Promise<readonly TaskView[]>;
  /** What it works on; `ownerId`: of that owner's jobs only. */
  tasks(agentId: string, ownerId?: string): Promise<readonly TaskView[]>;
  /** L13. `deadlineS` 0: as long as it takes. */
  drain(agentId: string, deadlineS: number): Promise<AgentView>;
  undrain(agentId: string): Promise<AgentView>;
}

export interface GridEvent {
  /** Its name, unlike any other's. Not quite the order: transactions that overlap may settle the other way round. */
  readonly sequence: number;
  readonly at: Date;
  /** job.created, job.planned, job.state, job.removed, task.granted, task.succeeded, task.failed, task.expired, agent.online, ... */
  readonly type: string;
  readonly jobId?: string;
  readonly taskId?: string;
  readonly agentId?: string;
  /** Of the job that it is about. */
  readonly ownerId?: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface EventFilter {
  readonly jobId?: string;
  readonly ownerId?: string;
  /** Behind the event of that number, wherever the numbers of the next ones lie; 0: from the first one that is kept. */
  readonly afterSequence: number;
}

export interface HistoryEvent extends GridEvent {
  readonly agentName?: string;
}

export interface HistoryQuery {
  readonly jobId: string;
  /** Only what happened to that task. */
  readonly taskId?: string;
  /** 1 to 1000. */
  readonly limit: number;
  readonly cursor?: string;
}

export interface EventsFace {
  /** The sequence number of the event that was settled last: `after` it come those from now on. */
  head(): Promise<number>;
  /** The next ones, in the order of settling, each once, none missed; at most `limit`. */
  after(filter: EventFilter, limit: number): Promise<readonly GridEvent[]>;
  /** What happened to a job in the last seven days, newest first. */
  history(query: HistoryQuery): Promise<Page<HistoryEvent>>;
  /** Those after `afterSequence`, then live ones until `signal` aborts. As `after` tells them, the same from any coordinator. */
  watch(filter: EventFilter, signal: AbortSignal): AsyncIterable<GridEvent>;
}

/** The whole grid in figures. */
export interface StatsFace {
  totals(): Promise<GridTotals>;
  /** The last `minutes`, 1 to SAMPLES_KEPT_MINUTES. */
  history(minutes: number): Promise<GridHistory>;
}

export interface UploadView {
  readonly uploadId: string;
  readonly ownerId: string;
  readonly name: string;
  readonly sizeBytes?: number;
  readonly state: 'open' | 'complete';
  readonly bucket: string;
  readonly key: string;
  readonly createdAt: Date;
}

export interface SignedUpload {
  readonly upload: UploadView;
  /** One PUT of the whole file. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** `etag` is the MD5 of the part's bytes, in hex, on the folder and on S3 without its own key management. */
export interface UploadedPartView {
  readonly part: number;
  readonly etag: string;
  readonly sizeBytes: number;
}

export interface UploadsFace {
  create(input: { ownerId: string; name: string; sizeBytes?: number }): Promise<SignedUpload>;
  get(uploadId: string, ownerId?: string): Promise<UploadView>;
  list(ownerId: string): Promise<readonly UploadView[]>;
  /** Multipart: signed URLs of the given parts (from 1); starts it when needed. `partBytes` is what each but the last must have. */
  signParts(
    uploadId: string,
    ownerId: string,
    parts: readonly number[],
  ): Promise<{ partBytes: number; urls: readonly string[] }>;
  /** Parts that have arrived, by number: how a client resumes. None unless it is an open multipart upload. */
  listParts(
    uploadId: string,
    ownerId: string,
  ): Promise<{ partBytes: number; parts: readonly UploadedPartView[] }>;
  /** Checks that the bytes are there (and the size, when it was announced); joins the parts of a multipart upload. */
  complete(uploadId: string, ownerId: string): Promise<UploadView>;
  remove(uploadId: string, ownerId: string): Promise<void>;
  /** The film that a request names by its upload. `failed_precondition` while its bytes are not all there. */
  source(uploadId: string, ownerId: string): Promise<{ readonly name: string; readonly source: SourceRef }>;
}

export interface AccountsFace {
  /** Undefined: unknown or revoked token. Constant-time in the secret. */
  authenticate(secret: string): Promise<Principal | undefined>;
  /** The secret is told once and stored as a hash. `already_exists` for a valid token of that owner and name. */
  createToken(input: {
    ownerId: string;
    name: string;
    scopes: readonly Scope[];
  }): Promise<{ secret: string }>;
  /** For secrets that an operator configures; idempotent. */
  ensureToken(input: {
    ownerId: string;
    name: string;
    scopes: readonly Scope[];
    secret: string;
  }): Promise<void>;
  listTokens(): Promise<
    readonly { ownerId: string; name: string; scopes: readonly Scope[]; createdAt: Date }[]
  >;
  /** From then on nobody gets in by it; `not_found` for one that is not valid. */
  revokeToken(ownerId: string, name: string): Promise<void>;
}

/** A request to be let in as the agent that a Hello names. */
export interface AgentClaim {
  readonly agentId: string;
  /** Empty: the agent has no key. */
  readonly proof: Uint8Array;
  /** Of the stream's Challenge. */
  readonly nonce: Uint8Array;
}

export interface EnrolmentFace {
  /** The secret is told once and stored as a hash. */
  createJoinToken(input: {
    uses: number;
    expiresS: number;
    createdBy: string;
  }): Promise<JoinTokenView & { readonly secret: string }>;
  /** The one that an operator configures, for any number of machines and for ever; undefined: it is revoked. */
  ensureJoinToken(secret: string | undefined): Promise<void>;
  /** Newest first; those that let nobody in any more, too. */
  listJoinTokens(): Promise<readonly JoinTokenView[]>;
  /** Agents that it let in stay. */
  revokeJoinToken(tokenId: string): Promise<void>;
  /** Makes a machine an agent, by its Ed25519 public key. Resolves to the agent's id. */
  enrol(input: { joinToken: string; publicKey: Uint8Array; name: string }): Promise<string>;
  /** Whom these join tokens let in, in the order of joining; revoked agents, too. */
  enrolledBy(tokenIds: readonly string[]): Promise<readonly EnrolledAgent[]>;
  /** Throws unless the agent may come in: one that has a key must prove it in every mode. */
  admit(claim: AgentClaim, mode: AgentAuth): Promise<void>;
  /** For ever: its session ends at once, at whichever coordinator, and it is not let in again. */
  revokeAgent(agentId: string): Promise<void>;
}

/** One try to sign in. */
export interface SignIn {
  readonly realm: string;
  readonly name: string;
  readonly password: string;
  /** Where it comes from, as the server saw it. */
  readonly address: string;
  readonly limits: SignInLimits;
}

export interface NewUser {
  readonly realm: string;
  /** 1 to 128 characters. */
  readonly name: string;
  /** 1 to 1024 bytes. */
  readonly password: string;
  readonly role: string;
  /** Default true. */
  readonly active?: boolean;
  /** Default false. */
  readonly mustReset?: boolean;
}

/** People who sign in by name and password. Names and numbers are a realm's own; the words of roles too. */
export interface UsersFace {
  /** `already_exists` for a name that is taken. */
  create(user: NewUser, tx?: Transaction): Promise<UserView>;
  /**
   * The password is that user's: whether they are `active` or `mustReset` is the caller's to judge. `unauthenticated` for
   * an unknown name and for a wrong password, after the same work; `resource_exhausted` with `details.retryAfterS` when
   * too many failed.
   */
  authenticate(input: SignIn): Promise<UserView>;
  get(realm: string, id: number, tx?: Transaction): Promise<UserView>;
  find(realm: string, name: string, tx?: Transaction): Promise<UserView | undefined>;
  /** By descending id; `total` of all. */
  list(
    realm: string,
    page: { readonly offset: number; readonly limit: number },
  ): Promise<{ total: number; items: readonly UserView[] }>;
  /** Only what is different raises `version`; a new password does always. `already_exists` for a name that is taken. */
  update(
    user: { readonly realm: string; readonly id: number },
    change: UserChange,
    tx?: Transaction,
  ): Promise<UserView>;
  /** The first user of a realm, of id 1, unless there is one already: then that one, as it is. */
  ensureAdmin(user: {
    realm: string;
    name: string;
    password: string;
    role: string;
    mustReset: boolean;
  }): Promise<{ user: UserView; created: boolean }>;
}

/** What the tools of a task printed, its last 65,536 characters. */
export interface TaskLog {
  readonly text: string;
  /** The grant (epoch) that printed it; 0: nothing was printed yet. */
  readonly attempt: number;
  /** Those that are kept, oldest first. */
  readonly attempts: readonly number[];
  readonly state: TaskState;
}

/** `still`: nothing happened for a while. `end` comes once, last. */
export type LogChange =
  | { readonly type: 'replace' | 'append'; readonly text: string }
  | { readonly type: 'end'; readonly state: TaskState }
  | { readonly type: 'still' };

/** The output of tools: while they run, and until the job is removed. It holds no addresses that open anything. */
export interface LogsFace {
  /** Of the last attempt that printed something, or the one that is named; `not_found` where that one is not kept. */
  read(
    taskId: string,
    options?: { readonly ownerId?: string | undefined; readonly attempt?: number },
  ): Promise<TaskLog>;
  /** First `replace`, then what is added, on whichever coordinator the agent is, until the task has ended. */
  follow(
    taskId: string,
    options: { readonly ownerId?: string | undefined; readonly signal: AbortSignal },
  ): AsyncIterable<LogChange>;
}

/** Secrets that must be told again later, so that a hash will not do: encrypted with the operator's key. */
export interface SecretsFace {
  /** `purpose` says what it is for, e.g. `openencoder/settings/S3_SECRET_KEY`: it opens for nothing else. */
  seal(text: string, purpose: string): string;
  /** `failed_precondition` when its key is not known here; `internal` when it was changed or is for something else. */
  open(sealed: string, purpose: string): string;
}
