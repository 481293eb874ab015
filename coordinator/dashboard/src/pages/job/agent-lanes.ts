import type { Task } from './job-picture.ts';

/** A task's last attempt on the clock of the day, in milliseconds since 1970. */
export interface LaneItem {
  readonly task: Task;
  readonly from: number;
  readonly to: number;
  /** Tasks that one agent has at the same moment lie one below the other. */
  readonly row: number;
}

/** What one agent did for the job. */
export interface Lane {
  readonly agentId: string;
  readonly agent: string;
  readonly items: readonly LaneItem[];
  readonly rows: number;
}

/** Who did what when, by agent name. What still runs goes up to `nowMs`. */
export function agentLanes(tasks: readonly Task[], nowMs: number): Lane[] {
  const byAgent = new Map<string, Task[]>();
  for (const task of tasks) {
    if (task.agent_id === null || task.granted_at === null || task.state === 'ready') continue;
    const mine = byAgent.get(task.agent_id) ?? [];
    mine.push(task);
    byAgent.set(task.agent_id, mine);
  }
  return [...byAgent]
    .map(([agentId, mine]) => laneOf(agentId, mine, nowMs))
    .toSorted((a, b) => a.agent.localeCompare(b.agent, 'en', { numeric: true }));
}

function laneOf(agentId: string, tasks: readonly Task[], nowMs: number): Lane {
  const spans = tasks
    .map((task) => ({ task, from: Date.parse(task.granted_at ?? ''), to: endOf(task, nowMs) }))
    .toSorted((a, b) => a.from - b.from);
  const rowEnds: number[] = [];
  const items = spans.map((span) => {
    const free = rowEnds.findIndex((end) => end <= span.from);
    const row = free < 0 ? rowEnds.length : free;
    rowEnds[row] = span.to;
    return { ...span, row };
  });
  return { agentId, agent: tasks[0]?.agent ?? agentId, items, rows: rowEnds.length };
}

function endOf({ state, finished_at: finished, granted_at: granted }: Task, nowMs: number): number {
  const from = Date.parse(granted ?? '');
  const to = state === 'leased' || finished === null ? nowMs : Date.parse(finished);
  return Math.max(from, to);
}

/** From the first grant to the last end. */
export function lanesSpan(lanes: readonly Lane[]): { readonly from: number; readonly to: number } {
  let [from, to] = [Infinity, -Infinity];
  for (const { items } of lanes)
    for (const item of items) [from, to] = [Math.min(from, item.from), Math.max(to, item.to)];
  return from <= to ? { from, to: Math.max(to, from + 1000) } : { from: 0, to: 1000 };
}
