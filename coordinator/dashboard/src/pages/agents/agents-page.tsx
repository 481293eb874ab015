import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { AgentResponse } from '../../../../http/responses.ts';
import { useApp } from '../../app/context.ts';
import { paths } from '../../app/router.ts';
import { EmptyState } from '../../ui/empty-state.tsx';
import { count, rate } from '../../ui/format.ts';
import { Icon } from '../../ui/icon.tsx';
import { PageHead } from '../../ui/page-head.tsx';
import { VirtualTable } from '../../ui/virtual-table.tsx';
import { AGENT_ACTIONS, AGENT_COLUMNS, hardwareWords } from './agent-columns.tsx';
import './agents.css';

/** Every machine of the grid, live. */
export function AgentsPage(): JSX.Element {
  const { agents, router, session } = useApp();
  const text = useSignal('');
  useEffect(() => agents.begin(), []);
  const all = agents.rows.value;
  const shown = all.filter((agent) => contains(agent, text.value.trim().toLowerCase()));
  const columns = session.may('admin') ? [...AGENT_COLUMNS, AGENT_ACTIONS] : AGENT_COLUMNS;
  return (
    <>
      <PageHead title="Agents">
        {session.may('admin') && (
          <a class="button" href="/tokens">
            Add a machine
          </a>
        )}
      </PageHead>
      <div class="filters">
        <label class="search">
          <Icon name="search" />
          <span class="unseen">Name, state, hardware or capability contains</span>
          <input
            type="search"
            placeholder="Name, state, hardware"
            value={text}
            onInput={(event) => (text.value = event.currentTarget.value)}
          />
        </label>
        <Sums agents={shown} />
      </div>
      {shown.length === 0 ? (
        <NoAgents none={all.length === 0} />
      ) : (
        <VirtualTable
          label="Agents"
          layout={session.may('admin') ? 'agents-table with-actions' : 'agents-table'}
          columns={columns}
          rows={shown}
          rowHeight={52}
          keyOf={(agent) => agent.agent_id}
          open={(agent) => router.go(paths.agent(agent.agent_id))}
        />
      )}
    </>
  );
}

function contains(agent: AgentResponse, text: string): boolean {
  if (text === '') return true;
  const { name, state, capabilities } = agent;
  const paused = agent.paused ? 'paused' : '';
  return [name, state, paused, hardwareWords(agent), ...capabilities].some((word) =>
    word.toLowerCase().includes(text),
  );
}

function Sums({ agents }: { agents: readonly AgentResponse[] }): JSX.Element {
  const there = agents.filter(({ state }) => state === 'online' || state === 'draining');
  const sum = (of: (agent: AgentResponse) => number): number =>
    there.reduce((total, one) => total + of(one), 0);
  return (
    <p class="quiet">
      {count(there.length)} of {count(agents.length)} there · {count(sum((one) => one.leases))} of{' '}
      {count(sum((one) => one.slots))} slots at work · {rate(sum((one) => one.fps))} fps
    </p>
  );
}

function NoAgents({ none }: { none: boolean }): JSX.Element {
  const { agents, session } = useApp();
  const now = agents.state.value;
  if (now.state === 'loading') return <p class="quiet">Loading …</p>;
  if (now.state === 'failed') {
    return (
      <EmptyState title="The agents could not be read" icon="warning">
        <p>{now.why}</p>
        <button type="button" class="button" onClick={() => void agents.load()}>
          Try again
        </button>
      </EmptyState>
    );
  }
  if (!none) return <EmptyState title="No agent is like that" icon="search" />;
  return (
    <EmptyState title="No agents yet" icon="agents">
      {session.may('admin') ? (
        <>
          <a href="/tokens">Make a join token</a>; the page then shows the one line to run on the machine.
        </>
      ) : (
        'An administrator adds machines with a join token.'
      )}
    </EmptyState>
  );
}
