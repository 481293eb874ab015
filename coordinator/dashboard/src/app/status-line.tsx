import type { JSX } from 'preact';
import { count, rate } from '../ui/format.ts';
import { useApp } from './context.ts';

const WORDS = { connecting: 'Connecting', live: 'Live', lost: 'Connection lost, trying again' } as const;

/** How the grid is, on every page. */
export function StatusLine(): JSX.Element {
  const { events, grid } = useApp();
  const connection = events.connection.value;
  const now = grid.value;
  return (
    <div class="status-line">
      <span class="connection" data-state={connection} role="status">
        {WORDS[connection]}
      </span>
      {now && (
        <dl>
          <Fact name="Throughput" value={`${rate(now.fps)} fps`} />
          <Fact name="Running" value={count(now.tasks_running)} />
          <Fact name="Waiting" value={count(now.tasks_ready)} />
          <Fact name="Agents" value={count(now.agents_online)} />
        </dl>
      )}
    </div>
  );
}

function Fact({ name, value }: { name: string; value: string }): JSX.Element {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
