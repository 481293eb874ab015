import { createHash } from 'node:crypto';
import { isThere, type AgentView } from '../../../domain/agent.ts';
import type { TaskView } from '../../../domain/task.ts';
import type { Context } from '../context.ts';
import type { JobRow } from '../jobs/job-store.ts';
import { OWNER } from '../jobs/notices.ts';
import { ok, type Answer, type Route } from '../routes.ts';

const ID_CHARS = 24;
const JOB_NAME = 'encode';

/** 24 hex digits that stand for something of ours, as the reference's ids look. */
function hexId(...parts: readonly (string | number)[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, ID_CHARS);
}

function unix(at: Date | undefined): number {
  return at === undefined ? 0 : Math.floor(at.getTime() / 1000);
}

function poolView(agent: AgentView) {
  return {
    worker_pool_id: hexId(agent.agentId),
    started_at: unix(agent.connectedAt),
    heartbeat_at: unix(agent.lastSeenAt),
    job_names: [JOB_NAME],
    concurrency: agent.slots,
    host: agent.name,
    // Agents are often on other machines, and their process is their own matter.
    pid: 0,
    worker_ids: Array.from({ length: agent.slots }, (_, slot) => hexId(agent.agentId, slot)),
  };
}

interface Lease {
  readonly agent: AgentView;
  readonly slot: number;
  readonly task: TaskView;
}

function busyView({ agent, slot, task }: Lease, job: JobRow) {
  const { destination, guid, preset, source } = job;
  return {
    worker_id: hexId(agent.agentId, slot),
    is_busy: true,
    job_name: JOB_NAME,
    job_id: hexId(task.taskId, task.epoch),
    started_at: unix(task.grantedAt),
    args_json: JSON.stringify({ destination, guid, preset, source }),
    checkin: '',
    checkin_at: 0,
  };
}

/** Contract 2.7. Leases of other clients' jobs are nobody's business here. */
export function workerRoutes({ parts, jobs }: Context): Route[] {
  const live = async (): Promise<AgentView[]> => (await parts.grid.agents.list()).filter(isThere);

  async function stats(): Promise<Answer> {
    return ok({ status: 200, stats: { jobs: await jobs.countByStatus() } });
  }
  async function queue(): Promise<Answer> {
    const waiting = await jobs.queue();
    if (waiting === undefined) return ok([]);
    return ok([{ job_name: JOB_NAME, count: waiting.count, latency: waiting.latencyS }]);
  }
  async function busy(): Promise<Answer> {
    const [agents, tasks] = await Promise.all([live(), parts.grid.agents.tasksFor(OWNER)]);
    const byAgent = Map.groupBy(tasks, ({ agentId }) => agentId);
    const leases: Lease[] = agents.flatMap((agent) =>
      (byAgent.get(agent.agentId) ?? []).map((task, slot) => ({ agent, slot, task })),
    );
    const rows = await jobs.byGridJobs(leases.map(({ task }) => task.jobId));
    const byJob = new Map(rows.map((row) => [row.grid_job_id, row]));
    return ok(
      leases.flatMap((lease) => {
        const row = byJob.get(lease.task.jobId);
        return row === undefined ? [] : [busyView(lease, row)];
      }),
    );
  }
  return [
    { method: 'GET', path: '/stats', who: 'guest', handle: stats },
    { method: 'GET', path: '/worker/queue', who: 'guest', handle: queue },
    {
      method: 'GET',
      path: '/worker/pools',
      who: 'guest',
      handle: async () => ok((await live()).map(poolView)),
    },
    { method: 'GET', path: '/worker/busy', who: 'guest', handle: busy },
  ];
}
