import type { Capacity, KnownAgent, Placement, Candidate } from '../domain/placement.ts';
import type { Failure } from '../domain/job.ts';
import type { ClipOutput, Fence, NewTask, TaskKind, TaskOutput, TaskPart } from '../domain/task.ts';
import type { JobSpec } from '../domain/job.ts';
import type { Plan, PlanSummary } from '../domain/planner.ts';
import type { TaskSpec } from '../../shared/gen/clipgrid/v1/task.ts';

export interface GrantRequest {
  readonly capacities: readonly Capacity[];
  /** All agents that are online, of every coordinator; asked only where a failed attempt makes it matter. */
  known(): Promise<readonly KnownAgent[]>;
  readonly ttlMs: number;
  newLeaseId(): string;
  place(
    candidates: readonly Candidate[],
    capacities: readonly Capacity[],
    known: readonly KnownAgent[],
  ): readonly Placement[];
}

/** The agents that a placement of these candidates must know of. */
export async function knownTo(
  request: GrantRequest,
  candidates: readonly Candidate[],
): Promise<readonly KnownAgent[]> {
  const failed = candidates.some((one) => one.failedAgents.length + one.bannedAgents.length > 0);
  return failed ? request.known() : [];
}

export interface GrantedTask {
  readonly fence: Fence;
  readonly sessionId: string;
  readonly agentId: string;
  readonly jobId: string;
  readonly kind: TaskKind;
  /** -1: not of one clip. */
  readonly clipIndex: number;
  /** Inputs without URLs. */
  readonly spec: TaskSpec;
  /** Frames of the clip that parts of earlier attempts hold: this one goes on behind them. */
  readonly savedFrames: number;
  /** Milliseconds that the task was ready before this grant. */
  readonly waitedMs: number;
  /** W3C traceparent of the job's submission; empty: it is not traced. */
  readonly traceparent: string;
}

export interface Renewal {
  readonly fence: Fence;
  readonly sessionId: string;
  readonly framesDone: number;
  readonly fps: number;
  /** Default 0: not known. */
  readonly speed?: number;
  readonly phase: string;
  readonly logTail: string;
}

export interface Completion {
  readonly fence: Fence;
  readonly agentId: string;
  readonly output: TaskOutput;
  readonly logTail: string;
  /** For a task that looked at the source: what comes next, or why nothing can. */
  readonly plan?: Plan;
  readonly planFailure?: Failure;
}

export interface CommitOutcome {
  readonly committed: boolean;
  /** True: it was committed before, with the same lease and the same bytes (L3). */
  readonly repeated: boolean;
  readonly jobId?: string;
}

export interface TaskFailure {
  readonly fence: Fence;
  readonly agentId: string;
  readonly failure: Failure;
  readonly inputAtFault: boolean;
}

/** Frames of its clip that a completion leaves to the parts that were committed. */
export function resumedFrames({ result }: TaskOutput): number {
  return result.kind?.$case === 'encode' ? result.kind.value.resumedFrames : 0;
}

/** What advancing a job needs of the domain, called inside the transaction (L10). */
export interface StageRules {
  merge(input: {
    spec: JobSpec;
    plan: PlanSummary;
    encodes: readonly ClipOutput[];
    audio?: TaskOutput;
  }): NewTask;
  newTaskId(): string;
}

export interface LeaseContext {
  readonly jobId: string;
  /** Whose lease it is. */
  readonly agentId: string;
  readonly kind: TaskKind;
  readonly clipIndex: number;
  readonly spec: TaskSpec;
  readonly jobSpec: JobSpec;
  /** W3C traceparent of the job's submission; empty: it is not traced. */
  readonly traceparent: string;
}

export interface ExpireOptions {
  readonly ttlMs: number;
  /** A pause between two sweeps longer than this was an outage (L12). */
  readonly outageMs: number;
  readonly limit: number;
  /**
   * Milliseconds since the caller began its last sweep that succeeded, on a clock that does not jump; by default for ever.
   * What passed beyond that on the database's clock was a jump.
   */
  sinceMs?(): number;
}

export interface WaitLimit {
  /** How long a task may wait while nobody is there who can do it. */
  readonly maxWaitMs: number;
  readonly limit: number;
}

/** Everything about leases. Each method is one transaction; every check of a fence is in an UPDATE's WHERE (L2). */
export interface LeaseStore {
  /** L1: epoch + 1 for each granted task; nobody else can get a task that is being granted (SKIP LOCKED). */
  grant(request: GrantRequest): Promise<GrantedTask[]>;
  /** Fences that still hold; all others are lost. */
  renew(renewals: readonly Renewal[], ttlMs: number): Promise<Fence[]>;
  /**
   * A returning agent's leases move to its new session (L8), expired ones too while nobody else has the task; those that
   * it no longer holds are given back. `failed_precondition` when that session is not the agent's any more.
   */
  adopt(input: {
    agentId: string;
    sessionId: string;
    held: readonly Fence[];
    ttlMs: number;
    /** The agent's process is another one than before: what it no longer holds was lost with the old one. */
    restarted: boolean;
  }): Promise<Fence[]>;
  /** The session's stream broke: its leases end after the grace period unless it returns. */
  shorten(sessionId: string, graceMs: number): Promise<void>;
  /** The task of a fence, while that fence is the current one. */
  context(fence: Fence): Promise<LeaseContext | undefined>;
  commit(completions: readonly Completion[], rules: StageRules): Promise<CommitOutcome[]>;
  /**
   * Adds a part to an unfinished clip. True: it is kept, now or before by the same lease (L3). False: the fence is not the
   * current one (L2), or the part does not go on where the last one ended.
   */
  savePart(fence: Fence, part: TaskPart): Promise<boolean>;
  /** True: the fence held and the failure counts. */
  fail(failure: TaskFailure): Promise<boolean>;
  release(fence: Fence, agentId: string): Promise<boolean>;
  /** L4, L12. Returns how many leases ended. */
  expire(options: ExpireOptions): Promise<number>;
  /** L13: takes back what an agent holds so long after the deadline of its drain. Returns how many leases ended. */
  revokeDrained(options: { readonly graceMs: number; readonly limit: number }): Promise<number>;
  /** L15: ends tasks that nobody could do for so long, with their jobs. Returns how many. */
  giveUpWaiting(limit: WaitLimit): Promise<number>;
  /** Tasks of the default class that waited this long compete as `priority`. */
  raiseWaiting(afterMs: number, priority: number): Promise<void>;
}
