import { GridError } from '../../shared/errors.ts';
import type { JobSpec } from '../../coordinator/domain/job.ts';
import type { ClipView, OpenWork, TaskView } from '../../coordinator/domain/task.ts';
import type { GridEvent } from '../../coordinator/grid/face.ts';
import type { RespecClip } from '../../coordinator/store/job-store.ts';
import type { GrantedTask } from '../../coordinator/store/lease-store.ts';
import type { MemoryFixture } from './memory-fixture.ts';

const GRACE_MS = 300_000;
const FAILURE = { code: 'encoder_failed', stage: 'encode', message: 'boom', log: 'tail' } as const;
const respec: RespecClip = (spec) => ({ spec, requires: ['program:ffmpeg'] });

/** Identifiers that count, so that two worlds give the same ones to the same things. */
export function countingIds(): () => string {
  let count = 0;
  return () => `00000000-0000-7000-8000-${(++count).toString(16).padStart(12, '0')}`;
}

/** What happens to a grid, on whichever stores: agents that come and go, work, and people who interfere. */
export class StoreWorld {
  readonly grid: Omit<MemoryFixture, 'state'>;
  readonly granted: GrantedTask[] = [];
  readonly jobs: string[] = [];
  readonly #agents = new Map<string, { sessionId: string; incarnation: number }>();

  constructor(grid: Omit<MemoryFixture, 'state'>) {
    this.grid = grid;
  }

  async submit(spec?: JobSpec): Promise<void> {
    if (this.jobs.length < 3) this.jobs.push(await this.grid.submit(spec));
  }

  /** A film on the index of another of its jobs. */
  async submitNamed(which: number): Promise<void> {
    const indexOf = this.jobs[which];
    if (indexOf !== undefined && this.jobs.length < 3) this.jobs.push(await this.grid.submitNamed(indexOf));
  }

  async connect(agentId: string, restarted: boolean, keeps: boolean) {
    const old = this.#agents.get(agentId);
    const incarnation = (old?.incarnation ?? 0) + (restarted || !old ? 1 : 0);
    const sessionId = this.grid.uuid();
    this.#agents.set(agentId, { sessionId, incarnation });
    const hello = this.grid.hello(agentId, { incarnation: String(incarnation) });
    const registered = await this.grid.agents.register({ hello, sessionId, coordinatorId: 'c' });
    const mine = this.granted.filter((task) => task.agentId === agentId).map((task) => task.fence);
    const held = keeps ? mine : [];
    const ttlMs = this.grid.ttlMs;
    const input = { agentId, sessionId, held, ttlMs, restarted: registered.restarted };
    const kept = await this.grid.leases.adopt(input);
    return kept.map((fence) => `${fence.taskId} ${fence.epoch}`).toSorted();
  }

  async grant(agentId: string, slots: number) {
    const sessionId = this.#agents.get(agentId)?.sessionId ?? '';
    const known = [...this.#agents.keys()].map((one) => ({ agentId: one }));
    const tasks = await this.grid.grant(agentId, sessionId, slots, known);
    // In no particular order: an UPDATE returns its rows as it finds them.
    tasks.sort((a, b) => a.fence.leaseId.localeCompare(b.fence.leaseId));
    this.granted.push(...tasks);
    return tasks.map(({ fence, kind, jobId }) => ({ fence, kind, jobId }));
  }

  /** The last leases are the interesting ones: 0 is the newest. */
  #lease(back: number): GrantedTask | undefined {
    return this.granted.at(-1 - back);
  }

  async renew(back: number) {
    const task = this.#lease(back);
    if (!task) return undefined;
    const sessionId = this.#agents.get(task.agentId)?.sessionId ?? '';
    const said = { framesDone: 3, fps: 25, speed: 1.5, phase: 'filter', logTail: '' };
    return this.grid.leases.renew([{ fence: task.fence, sessionId, ...said }], this.grid.ttlMs);
  }

  async commit(back: number, content: string) {
    const task = this.#lease(back);
    if (!task) return undefined;
    return this.grid.complete(task, { sha256: content.repeat(64) });
  }

  /** A part behind those that its task has, or so many frames off. */
  async savePart(back: number, off: number) {
    const task = this.#lease(back);
    if (task?.kind !== 'encode') return undefined;
    const known = await this.grid.jobs.task(task.fence.taskId).catch(() => undefined);
    const from = Math.max(0, (known?.framesSaved ?? 0) + off);
    return this.grid.leases.savePart(task.fence, this.grid.part(task, [from, from + 2]));
  }

  async fail(back: number, inputAtFault: boolean) {
    const task = this.#lease(back);
    if (!task) return undefined;
    const { fence, agentId } = task;
    return this.grid.leases.fail({ fence, agentId, failure: FAILURE, inputAtFault });
  }

  async release(back: number) {
    const task = this.#lease(back);
    return task && this.grid.leases.release(task.fence, task.agentId);
  }

  async shorten(agentId: string): Promise<void> {
    const agent = this.#agents.get(agentId);
    if (agent) await this.grid.leases.shorten(agent.sessionId, GRACE_MS);
  }

  async sweep(afterOutage: boolean) {
    await this.grid.sweptAgo(afterOutage ? 3600_000 : 0);
    return this.grid.expire();
  }

  async onJob(
    which: number,
    action: 'cancel' | 'retry' | 'redoMerge' | 'collect' | 'remove',
  ): Promise<unknown> {
    const jobId = this.jobs[which];
    if (jobId === undefined) return undefined;
    const { jobs, rules } = this.grid;
    switch (action) {
      case 'cancel':
        return jobs.cancel(jobId);
      case 'retry':
        return jobs.retry(jobId, rules);
      case 'redoMerge':
        return jobs.redoMerge(jobId, rules);
      case 'remove':
        return jobs.remove(jobId);
      case 'collect': {
        const { state } = await jobs.get(jobId);
        if (state === 'succeeded' || state === 'cancelled') await this.grid.markCollected(jobId);
      }
    }
  }

  async redoClip(which: number, clipIndex: number, change: boolean): Promise<void> {
    const jobId = this.jobs[which];
    if (jobId === undefined) return;
    const changed = change ? { change: { priority: 10 } } : {};
    await this.grid.jobs.redoClip({ jobId, clipIndex, respec, rules: this.grid.rules, ...changed });
  }

  async exportClip(which: number, clipIndex: number) {
    const jobId = this.jobs[which];
    if (jobId === undefined) return undefined;
    const about = { kind: 'clip', clipIndex, requires: [], framesTotal: 0, cost: 1 } as const;
    const make = (spec: GrantedTask['spec']) => ({ ...about, spec, taskId: this.grid.uuid() });
    return (await this.grid.jobs.exportClip(jobId, clipIndex, make)).taskId;
  }

  async onTask(back: number, action: 'cancelTask' | 'retryTask'): Promise<void> {
    const task = this.#lease(back);
    if (task) await this.grid.jobs[action](task.fence.taskId);
  }
}

/** What came of it, errors by their code. */
export async function outcomeOf(action: () => Promise<unknown>): Promise<unknown> {
  try {
    return await action();
  } catch (thrown) {
    if (thrown instanceof GridError) return `${thrown.code}: ${thrown.message}`;
    throw thrown;
  }
}

/** Everything that anybody can see of a world's jobs. */
export async function visibleState({ grid, jobs }: StoreWorld): Promise<unknown> {
  return Promise.all(
    jobs.map(async (jobId) => {
      const job = await outcomeOf(() => grid.jobs.get(jobId));
      const events = await grid.allEvents(jobId);
      const tasks = await grid.jobs.tasks(jobId);
      return {
        job: typeof job === 'string' ? job : strip(job as Awaited<ReturnType<typeof grid.jobs.get>>),
        tasks: tasks.map(stripTask),
        progress: (await grid.jobs.progress([jobId])).get(jobId),
        files: await outcomeOf(() => grid.jobs.files(jobId)),
        probed: await outcomeOf(() => grid.jobs.outcome(jobId, 'probe')),
        clips: (await grid.jobs.clips(jobId)).map(stripClip),
        work: stripWork(await grid.jobs.openWork(jobId)),
        events: settled(events),
      };
    }),
  );
}

/** Events of one statement come in no particular order: those of one type that follow each other are sorted. */
function settled(events: readonly GridEvent[]): unknown[] {
  const runs: { type: string; taskId: string; agentId: string | undefined; state: unknown }[][] = [];
  for (const { type, taskId = '', agentId, data } of events) {
    if (runs.at(-1)?.[0]?.type !== type) runs.push([]);
    runs.at(-1)?.push({ type, taskId, agentId, state: data['state'] });
  }
  return runs.flatMap((run) => run.toSorted((a, b) => a.taskId.localeCompare(b.taskId)));
}

/** Without what tells a moment, and the agent of a lease that is over. */
function stripTask(view: TaskView) {
  const { readyAt: _, grantedAt: __, finishedAt: ___, agentId, agentName: ____, ...task } = view;
  const failure = task.failure && { ...task.failure, message: '', log: '' };
  return { ...task, agentId: task.state === 'leased' ? agentId : undefined, failure };
}

function stripClip(view: ClipView) {
  const { agentName: _, failure, ...clip } = view;
  return { ...clip, failure: failure && { ...failure, message: '', log: '' } };
}

function stripWork({ firstReady, ...work }: OpenWork) {
  return { ...work, firstReady: firstReady && stripTask(firstReady) };
}

function strip(job: Awaited<ReturnType<MemoryFixture['jobs']['get']>>) {
  const { createdAt: _, startedAt, finishedAt, failure, ...rest } = job;
  const seen = { started: startedAt !== undefined, finished: finishedAt !== undefined };
  return { ...rest, ...seen, failure: failure && { ...failure, message: '', log: '' } };
}
