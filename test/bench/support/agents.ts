import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { AgentNews, AgentOrders, Report } from '../agents/protocol.ts';
import { end } from './process.ts';

/** Simulated agents in processes of their own. */
export interface SimulatedAgents {
  /** What they saw since the last report, of all processes. */
  report(): Promise<Report>;
  /** Resolves when the merge of a job was committed; rejects when agents are gone. */
  merged(jobId: string): Promise<void>;
  /** Of their processes. */
  readonly pids: readonly number[];
  stop(): Promise<void>;
}

const MAIN = join(import.meta.dirname, '../agents/main.ts');

const gone = (): Error => new Error('a process of simulated agents ended');

function next<Kind extends AgentNews['kind']>(
  child: ChildProcess,
  kind: Kind,
): Promise<Extract<AgentNews, { kind: Kind }>> {
  return new Promise((resolve, reject) => {
    const onExit = (): void => reject(gone());
    const onMessage = (news: AgentNews): void => {
      if (news.kind !== kind) return;
      child.off('message', onMessage);
      child.off('exit', onExit);
      resolve(news as Extract<AgentNews, { kind: Kind }>);
    };
    child.on('message', onMessage);
    child.once('exit', onExit);
  });
}

/** Starts `processes` of them and resolves when every agent is welcome. */
export async function startAgents(
  orders: Omit<AgentOrders, 'first'>,
  processes = 1,
): Promise<SimulatedAgents> {
  const mergedJobs = new Map<string, PromiseWithResolvers<void>>();
  const mergeOf = (jobId: string): PromiseWithResolvers<void> => {
    const waiting = mergedJobs.get(jobId) ?? Promise.withResolvers<void>();
    mergedJobs.set(jobId, waiting);
    return waiting;
  };
  const share = Math.ceil(orders.count / processes);
  const children = Array.from({ length: processes }, (_, i) => {
    const mine = { ...orders, first: i * share, count: Math.min(share, orders.count - i * share) };
    const child = fork(MAIN, [JSON.stringify(mine)], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    child.on('message', (news: AgentNews) => {
      if (news.kind === 'merged') mergeOf(news.jobId).resolve();
    });
    return child;
  });
  const lost = Promise.race(children.map((child) => once(child, 'exit'))).then(() => Promise.reject(gone()));
  lost.catch(() => undefined);
  await Promise.all(children.map((child) => next(child, 'ready'))).catch(async (error: unknown) => {
    await Promise.all(children.map(end));
    throw error;
  });
  return {
    async report() {
      const reports = children.map(async (child) => {
        const answer = next(child, 'report');
        child.send({ kind: 'report' });
        return (await answer).report;
      });
      const all = await Promise.all(reports);
      return {
        grants: all.flatMap((one) => one.grants),
        commits: all.flatMap((one) => one.commits),
        refused: all.flatMap((one) => one.refused),
      };
    },
    pids: children.map((child) => child.pid ?? 0),
    merged: (jobId) => Promise.race([mergeOf(jobId).promise, lost]),
    async stop() {
      await Promise.all(children.map(end));
    },
  };
}
