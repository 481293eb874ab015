import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { AgentResponse, TaskResponse } from '../../../../http/responses.ts';
import { ApiError, messageOf } from '../../api/client.ts';
import { useApp } from '../../app/context.ts';
import { timers } from '../../app/timers.ts';
import { AgentActions } from '../agents/agent-actions.tsx';
import { AgentState, Load } from '../agents/agent-columns.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { duration } from '../../ui/format.ts';
import { PageHead } from '../../ui/page-head.tsx';
import { RelativeTime } from '../../ui/relative-time.tsx';
import { AgentFacts } from './agent-facts.tsx';
import { AgentTasks } from './agent-tasks.tsx';
import '../agents/agents.css';
import './agent.css';

type AgentDetail = AgentResponse & { readonly tasks: readonly TaskResponse[] };

/** What it works on changes with every heartbeat. */
const AGAIN_MS = 3_000;

/** One machine: what it does, what it is, what it can and what it lacks. */
export function AgentPage({ id }: { id: string }): JSX.Element {
  const { api, agents } = useApp();
  const detail = useSignal<AgentDetail | undefined>(undefined);
  const problem = useSignal<unknown>(undefined);
  useEffect(() => {
    agents.begin();
    const read = async (): Promise<void> => {
      try {
        detail.value = await api.getJson<AgentDetail>(`/agents/${encodeURIComponent(id)}`);
        problem.value = undefined;
      } catch (thrown) {
        problem.value = thrown;
      }
    };
    void read();
    const timer = timers.every(AGAIN_MS, () => {
      if (document.visibilityState === 'visible') void read();
    });
    return () => timer.cancel();
  }, [id]);
  const live = agents.rows.value.find((one) => one.agent_id === id);
  const known = detail.value;
  if (known === undefined) return <NotThere id={id} problem={problem.value} />;
  const agent = { ...known, ...live };
  return (
    <>
      <PageHead title={agent.name}>
        <AgentActions agent={agent} />
      </PageHead>
      <div class="agent-line">
        <AgentState agent={agent} />
        <span class="quiet">{lineOf(agent)}</span>
        <span class="quiet">
          heard <RelativeTime at={agent.last_seen_at} />
        </span>
      </div>
      <dl class="loads card">
        {(['cpu', 'gpu', 'fps'] as const).map((of) => (
          <div key={of}>
            <dt>{of === 'fps' ? 'fps' : of.toUpperCase()}</dt>
            <dd>
              <Load agent={agent} of={of} />
            </dd>
          </div>
        ))}
        <div>
          <dt>Leases</dt>
          <dd>
            {agent.leases} of {agent.slots} slots
          </dd>
        </div>
      </dl>
      <AgentTasks tasks={known.tasks} agent={agent} />
      <AgentFacts agent={agent} />
    </>
  );
}

function lineOf(agent: AgentResponse): string {
  if (agent.state === 'draining') {
    const left = agent.drain_seconds_left;
    const until = left === null ? '' : `; what it still holds is taken back in ${duration(left)}`;
    return `finishes what it holds and takes nothing new${until}`;
  }
  if (agent.paused) return `its owner needs it: ${agent.paused.reason}`;
  return `version ${agent.version}`;
}

function NotThere({ id, problem }: { id: string; problem: unknown }): JSX.Element {
  if (problem === undefined) return <p class="quiet">Loading …</p>;
  const unknown = problem instanceof ApiError && problem.status === 404;
  return (
    <EmptyState title={unknown ? `There is no agent ${id}` : 'The agent could not be read'} icon="warning">
      {!unknown && <p>{messageOf(problem)}</p>}
      <a href="/agents">All agents</a>
    </EmptyState>
  );
}
