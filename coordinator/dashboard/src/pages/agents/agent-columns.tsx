import type { JSX } from 'preact';
import type { AgentResponse } from '../../../../http/responses.ts';
import { useApp } from '../../app/context.ts';
import { paths } from '../../app/router.ts';
import { gpuLoad } from '../../data/agents-list.ts';
import { memory, percent, rate } from '../../ui/format.ts';
import { RelativeTime } from '../../ui/relative-time.tsx';
import { Sparkline } from '../../ui/sparkline.tsx';
import { StateBadge } from '../../ui/state-badge.tsx';
import type { Column } from '../../ui/virtual-table.tsx';
import { AgentActions } from './agent-actions.tsx';

/** `Ryzen 9, 16 cores, 64 GiB; RTX 4090`. */
export function hardwareWords(agent: AgentResponse): string {
  const { cpu_model: cpu, cpu_cores: cores, memory_bytes: bytes, gpus } = agent;
  const machine = [cpu, cores > 0 ? `${cores} cores` : '', bytes > 0 ? memory(bytes) : ''];
  return [machine.filter((word) => word !== '').join(', '), ...gpus.map((gpu) => gpu.model)].join(' + ');
}

/** Why it takes nothing though it is there. */
export function AgentState({ agent }: { agent: AgentResponse }): JSX.Element {
  if (agent.paused && agent.state === 'online') {
    return (
      <span title={agent.paused.reason}>
        <StateBadge state="paused" />
      </span>
    );
  }
  return <StateBadge state={agent.state} />;
}

function Name({ agent }: { agent: AgentResponse }): JSX.Element {
  const words = hardwareWords(agent);
  return (
    <>
      <a href={paths.agent(agent.agent_id)} tabIndex={-1}>
        {agent.name}
      </a>
      <small class="quiet" title={words}>
        {agent.paused && agent.state === 'online' ? `paused: ${agent.paused.reason}` : words}
      </small>
    </>
  );
}

interface LoadProps {
  readonly agent: AgentResponse;
  readonly of: 'cpu' | 'gpu' | 'fps';
}

/** The last values and the newest one. */
export function Load({ agent, of }: LoadProps): JSX.Element {
  const { agents } = useApp();
  const values = agents.series(agent.agent_id)[of];
  const there = agent.state === 'online' || agent.state === 'draining';
  if (!there || (of === 'gpu' && agent.gpus.length === 0)) return <span class="quiet">–</span>;
  const now = { cpu: agent.load?.cpu ?? 0, gpu: gpuLoad(agent), fps: agent.fps }[of];
  const words = of === 'fps' ? `${rate(now)} fps` : percent(now);
  return (
    <span class="load">
      <Sparkline
        values={values}
        label={`${of} of ${agent.name}: ${words}`}
        {...(of === 'fps' ? {} : { max: 1 })}
      />
      <span>{of === 'fps' ? rate(now) : words}</span>
    </span>
  );
}

/** What the list tells of an agent. */
export const AGENT_COLUMNS: readonly Column<AgentResponse>[] = [
  { key: 'name', head: 'Agent', cell: (agent) => <Name agent={agent} /> },
  { key: 'state', head: 'State', cell: (agent) => <AgentState agent={agent} /> },
  {
    key: 'leases',
    head: 'Leases',
    numeric: true,
    cell: ({ leases, slots }) => (
      <>
        {leases} <span class="quiet">of {slots}</span>
      </>
    ),
  },
  { key: 'cpu', head: 'CPU', wide: true, cell: (agent) => <Load agent={agent} of="cpu" /> },
  { key: 'gpu', head: 'GPU', wide: true, cell: (agent) => <Load agent={agent} of="gpu" /> },
  { key: 'fps', head: 'fps', wide: true, cell: (agent) => <Load agent={agent} of="fps" /> },
  {
    key: 'seen',
    head: 'Heard',
    numeric: true,
    wide: true,
    cell: (agent) => <RelativeTime at={agent.last_seen_at} />,
  },
];

/** For administrators only. */
export const AGENT_ACTIONS: Column<AgentResponse> = {
  key: 'actions',
  head: <span class="unseen">Actions</span>,
  wide: true,
  cell: (agent) => <AgentActions agent={agent} />,
};
