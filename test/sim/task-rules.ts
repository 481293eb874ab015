import {
  MAX_AGENT_FAILURES_PER_JOB,
  MAX_FAILED_AGENTS,
  MAX_FAILURES,
  MAX_LOST,
} from '../../coordinator/domain/retry-policy.ts';
import { isForgiven } from '../../coordinator/domain/sweep.ts';
import type { TaskRecord } from '../../coordinator/store/memory/records.ts';
import type { MemoryState } from '../../coordinator/store/memory/state.ts';
import { digest, type SimObjects } from './objects.ts';
import type { Judge } from './rules.ts';

export interface Step {
  readonly name: string;
  readonly before: TaskRecord | undefined;
  readonly after: TaskRecord;
  /** Nothing may expire until then (L12). */
  readonly heldUntilMs: number;
}

export function label({ kind, clipIndex, taskId, epoch }: TaskRecord): string {
  return `${kind} ${clipIndex} ${taskId.slice(0, 4)}/${epoch}`;
}

/** What one task may do in one step. */
export class TaskRules {
  readonly #judge: Judge;
  readonly #state: MemoryState;
  readonly #objects: SimObjects;
  readonly #ttlMs: number;
  /** Keys that committed tasks name. */
  readonly published = new Set<string>();

  constructor(judge: Judge, of: { state: MemoryState; objects: SimObjects; ttlMs: number }) {
    this.#judge = judge;
    this.#state = of.state;
    this.#objects = of.objects;
    this.#ttlMs = of.ttlMs;
  }

  changed(step: Step): void {
    const { name, before, after } = step;
    if (before) this.#epoch(before, step);
    if (before?.state === 'succeeded') this.#unchanged(before, after);
    if (after.state === 'succeeded' && before?.state !== 'succeeded') this.#committed(before, after);
    const granted = after.state === 'leased' && before?.lease?.leaseId !== after.lease?.leaseId;
    if (granted) this.#granted(step);
    if (name === 'renew' && before) this.#renewed(before, after);
    if (name === 'expire' && before?.state === 'leased' && after.state === 'ready') this.#expired(step);
    const waited = name !== 'giveUpWaiting' || after.state !== 'failed';
    this.#judge.check('L15', waited, () => `${label(after)} was given up, though no story is a day long`);
    if (name === 'fail' || name === 'retry') this.#failures(name, after);
  }

  #epoch(before: TaskRecord, { name, after }: Step): void {
    const { check } = this.#judge;
    const rise = after.epoch - before.epoch;
    const again = name === 'retry' || name === 'redoClip';
    check('L1', rise >= 0 && rise <= 1, () => `${name}: ${label(after)} rose by ${rise}`);
    const another = after.state === 'leased' && before.lease?.leaseId !== after.lease?.leaseId;
    check('L1', !another || rise === 1, () => `${label(after)} was granted under its old epoch`);
    const taken = after.state === 'cancelled' && before.state !== 'cancelled';
    check('L1', !taken || rise === 1, () => `${label(after)} was cancelled under its old epoch`);
    const allowed = another || taken || again || after.state === 'ready' || rise === 0;
    check('L1', allowed, () => `${name} raised the epoch of ${label(after)}`);
  }

  #unchanged(before: TaskRecord, after: TaskRecord): void {
    if (after.epoch > before.epoch) return;
    const same = after.state === 'succeeded' && after.committedBy === before.committedBy;
    const holds = same && after.content === before.content;
    this.#judge.check('L3', holds, () => `${label(after)} was committed and changed`);
  }

  #committed(before: TaskRecord | undefined, after: TaskRecord): void {
    const { check } = this.#judge;
    const fence = before?.lease?.leaseId;
    const current = fence !== undefined && after.committedBy === fence && after.epoch === before?.epoch;
    check('L2', current, () => `${label(after)} was committed by ${after.committedBy}, not by ${fence}`);
    for (const { key, sha256 } of after.output?.artifacts ?? []) {
      this.published.add(key);
      const bytes = this.#objects.bytes.get(key);
      const right = bytes !== undefined && digest('sha256', bytes) === sha256;
      check('L6', right, () => `the artifact ${key} of ${label(after)} is not what was committed`);
      const open = this.#objects.signedForWriting.has(key);
      check('L6', !open, () => `${label(after)} was committed under ${key}, which its agent may write`);
    }
  }

  #granted({ name, before, after }: Step): void {
    const { check } = this.#judge;
    const { lease } = after;
    const { nowMs, agents } = this.#state;
    const free = before === undefined || before.state === 'ready';
    check('one lease', free, () => `${label(after)} has two leases`);
    const agent = agents.get(lease?.agentId ?? '');
    const newest = agent?.sessionId === lease?.sessionId;
    check('L8', newest, () => `${name}: ${label(after)} went to an old session`);
    check('drained', agent?.drain === undefined, () => `${label(after)} was granted to a drained agent`);
    const leasedMs = (lease?.untilMs ?? 0) - nowMs;
    check('L4', leasedMs <= this.#ttlMs, () => `${label(after)} is leased for more than a ttl`);
    const tries = after.attempts - after.lost;
    check('quota', tries <= MAX_FAILURES, () => `${label(after)} is tried for the ${tries}th time`);
    check('quota', after.lost < MAX_LOST, () => `${label(after)} was lost ${after.lost} times before`);
  }

  #renewed(before: TaskRecord, after: TaskRecord): void {
    const { check } = this.#judge;
    const untilMs = before.lease?.untilMs ?? 0;
    if ((after.lease?.untilMs ?? 0) <= untilMs) return;
    const { nowMs, sweepMark } = this.#state;
    const alive = untilMs > nowMs || isForgiven(sweepMark, untilMs, nowMs);
    check('L4', before.state === 'leased' && alive, () => `${label(after)} was renewed after its end`);
    check('L2', after.epoch === before.epoch, () => `${label(after)} was renewed by another fence`);
  }

  #expired({ before, heldUntilMs }: Step): void {
    const { check } = this.#judge;
    const { nowMs } = this.#state;
    if (before === undefined) return;
    check('L4', (before.lease?.untilMs ?? 0) <= nowMs, () => `${label(before)} expired before its end`);
    check('L12', nowMs >= heldUntilMs, () => `${label(before)} expired right after an outage`);
  }

  #failures(name: string, after: TaskRecord): void {
    const { check } = this.#judge;
    const failed = after.failedAgents.length;
    const open = after.state === 'ready' || after.state === 'leased';
    check('failure policy', !open || failed < MAX_FAILED_AGENTS, () => `${label(after)} goes on`);
    if (name !== 'retry' || after.state !== 'ready') return;
    check('failure policy', failed === 0, () => `${label(after)} keeps its failed agents`);
    const { agentFailures } = this.#state.job(after.jobId).tree.job;
    const blamed = [...agentFailures.values()].some((count) => count >= MAX_AGENT_FAILURES_PER_JOB);
    check('failure policy', !blamed, () => `the job of ${label(after)} keeps its banned agents`);
  }
}
