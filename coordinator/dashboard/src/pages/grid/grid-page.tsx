import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useMemo } from 'preact/hooks';
import { messageOf } from '../../api/client.ts';
import type { GridSample } from '../../api/events.ts';
import { useApp } from '../../app/context.ts';
import { count, rate } from '../../ui/format.ts';
import { PageHead } from '../../ui/page-head.tsx';
import { Plot, type PlotSeries } from '../../ui/plot.tsx';
import { StateBadge } from '../../ui/state-badge.tsx';
import { columnsOf, type GridHistory } from './grid-history.ts';
import './grid.css';

const SPANS = [
  [15, '15 minutes'],
  [60, '1 hour'],
  [360, '6 hours'],
  [1440, '24 hours'],
] as const;

const THROUGHPUT: readonly PlotSeries[] = [{ label: 'Frames a second', colour: '--plot-1', format: rate }];
const QUEUE: readonly PlotSeries[] = [
  { label: 'Waiting tasks', colour: '--plot-3', format: count },
  { label: 'Running tasks', colour: '--plot-2', format: count },
];
const AGENTS: readonly PlotSeries[] = [{ label: 'Agents online', colour: '--plot-4', format: count }];

/** The grid as a whole: now, and in the last hours. */
export function GridPage(): JSX.Element {
  const { grid } = useApp();
  const minutes = useSignal<number>(60);
  return (
    <>
      <PageHead title="Grid">
        <label>
          <span class="unseen">Time shown</span>
          <select value={minutes} onChange={(event) => (minutes.value = Number(event.currentTarget.value))}>
            {SPANS.map(([span, words]) => (
              <option key={span} value={span}>
                {words}
              </option>
            ))}
          </select>
        </label>
      </PageHead>
      {grid.value && <Now sample={grid.value} />}
      <div class="plots">
        <Past minutes={minutes.value} />
        {grid.value && <JobStates sample={grid.value} />}
      </div>
    </>
  );
}

function Now({ sample }: { sample: GridSample }): JSX.Element {
  const tiles: readonly (readonly [name: string, value: string, more: string])[] = [
    ['Throughput', `${rate(sample.fps)} fps`, `${rate(sample.speed)} s of film a second`],
    ['Running', count(sample.tasks_running), 'tasks at agents'],
    ['Waiting', count(sample.tasks_ready), 'tasks that could run now'],
    ['Agents', count(sample.agents_online), `online; ${count(sample.agents_draining)} draining`],
  ];
  return (
    <dl class="tiles">
      {tiles.map(([name, value, more]) => (
        <div key={name} class="card">
          <dt>{name}</dt>
          <dd>{value}</dd>
          <dd class="quiet">{more}</dd>
        </div>
      ))}
    </dl>
  );
}

function Past({ minutes }: { minutes: number }): JSX.Element {
  const { api, events } = useApp();
  const history = useSignal<GridHistory | undefined>(undefined);
  const problem = useSignal('');
  useEffect(() => {
    const abort = new AbortController();
    const read = async (): Promise<void> => {
      try {
        const query = { minutes };
        history.value = await api.getJson('/grid/history', { query, signal: abort.signal });
        problem.value = '';
      } catch (thrown) {
        if (!abort.signal.aborted) problem.value = messageOf(thrown);
      }
    };
    void read();
    const leave = [
      events.on('hello', () => void read()),
      events.on('grid', (sample) => {
        const known = history.peek();
        if (known) history.value = { ...known, samples: [...known.samples, sample] };
      }),
    ];
    return () => {
      abort.abort();
      for (const one of leave) one();
    };
  }, [minutes]);
  const known = history.value;
  const columns = useMemo(() => (known ? columnsOf(known, minutes) : undefined), [known, minutes]);
  if (problem.value !== '') return <p class="problem">The past could not be read: {problem}</p>;
  if (!columns) return <p class="quiet">Loading …</p>;
  if (columns.at.length < 2)
    return <p class="quiet">The plots begin with the second sample, in some seconds.</p>;
  return (
    <>
      <PlotCard title="Throughput" series={THROUGHPUT} data={[columns.at, columns.of('fps')]} />
      <PlotCard
        title="Queue"
        series={QUEUE}
        data={[columns.at, columns.of('tasks_ready'), columns.of('tasks_running')]}
      />
      <PlotCard title="Agents" series={AGENTS} data={[columns.at, columns.of('agents_online')]} />
    </>
  );
}

interface PlotCardProps {
  readonly title: string;
  readonly series: readonly PlotSeries[];
  readonly data: readonly (readonly (number | null)[])[];
}

function PlotCard({ title, series, data }: PlotCardProps): JSX.Element {
  const newest = series.map(({ label, format }, i) => {
    const value = data[i + 1]?.at(-1);
    return `${label}: ${value === undefined || value === null ? 'unknown' : format(value)}`;
  });
  return (
    <section class="card part" aria-label={title}>
      <h2>{title}</h2>
      <Plot label={`${title} over time. Now ${newest.join(', ')}`} series={series} data={data} height={190} />
    </section>
  );
}

function JobStates({ sample }: { sample: GridSample }): JSX.Element {
  const states = Object.entries(sample.jobs);
  const most = Math.max(1, ...states.map(([, number]) => number));
  return (
    <section class="card part" aria-labelledby="job-states">
      <h2 id="job-states">Jobs by state</h2>
      <ul class="job-states">
        {states.map(([state, number]) => (
          <li key={state}>
            <a href={`/?state=${state}`}>
              <StateBadge state={state} />
              <span class="bar">
                <span style={{ width: `${(100 * number) / most}%` }} />
              </span>
              <span>{count(number)}</span>
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}
