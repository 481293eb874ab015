import { computed, useSignal, type ReadonlySignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { paths } from '../../app/router.ts';
import { bytes, count, duration, rate } from '../../ui/format.ts';
import { VirtualTable, type Column } from '../../ui/virtual-table.tsx';
import { spanText, Swatch } from './hover-card.tsx';
import { doneShare, type JobPicture, type Task, type TaskState } from './job-picture.ts';
import { STATE_WORDS, taskName } from './words.ts';

interface TaskTableProps {
  readonly picture: ReadonlySignal<JobPicture | undefined>;
  readonly selected: string;
  readonly open: (task: Task) => void;
}

const STATES = Object.keys(STATE_WORDS) as TaskState[];
const MOST_ROWS_SEEN = 10;
const ROW_PX = 36;

function tookText({ granted_at: from, finished_at: to, state }: Task): string {
  if (from === null || to === null || state === 'leased' || state === 'ready') return '';
  return duration((Date.parse(to) - Date.parse(from)) / 1000);
}

function columnsOf(secondsPerFrame: number | null): Column<Task>[] {
  return [
    { key: 'task', head: 'Task', cell: (task) => <strong>{taskName(task)}</strong> },
    { key: 'state', head: 'State', cell: (task) => <StateCell task={task} /> },
    {
      key: 'agent',
      head: 'Agent',
      cell: ({ agent, agent_id: id, state }) =>
        id !== null && state !== 'ready' ? <a href={paths.agent(id)}>{agent ?? id}</a> : '',
    },
    {
      key: 'fps',
      head: 'fps',
      numeric: true,
      cell: ({ state, fps }) => (state === 'leased' && fps > 0 ? rate(fps) : ''),
    },
    { key: 'attempts', head: 'Attempts', numeric: true, wide: true, cell: ({ attempts }) => attempts || '' },
    {
      key: 'film',
      head: 'Film',
      wide: true,
      cell: ({ start_frame: start, end_frame: end }) =>
        start !== null && end !== null ? spanText({ start, end }, secondsPerFrame) : '',
    },
    {
      key: 'frames',
      head: 'Frames',
      numeric: true,
      wide: true,
      cell: ({ frames_total: frames }) => (frames > 0 ? count(frames) : ''),
    },
    {
      key: 'size',
      head: 'Size',
      numeric: true,
      wide: true,
      cell: ({ size_bytes: size }) => (size === null ? '' : bytes(size)),
    },
    { key: 'took', head: 'Took', numeric: true, wide: true, cell: tookText },
  ];
}

/** Not by a colour alone: the word is there, and the pattern of the strip. */
function StateCell({ task }: { task: Task }): JSX.Element {
  const { state, phase, frames_total: total } = task;
  const percent = total > 0 ? `${Math.floor(100 * doneShare(task))} %` : '';
  const doing = state === 'leased' ? [percent, phase].filter((text) => text !== '').join(' ') : '';
  return (
    <span class="task-state" title={task.failure?.message ?? ''}>
      <Swatch state={state} /> {STATE_WORDS[state]}
      {doing !== '' && <span class="quiet"> {doing}</span>}
    </span>
  );
}

/** Every task of the job; those that are looked for. */
export function TaskTable({ picture, selected, open }: TaskTableProps): JSX.Element {
  const state = useSignal('');
  const search = useSignal('');
  const rows = useMemo(
    () =>
      computed(() => {
        const words = search.value.trim().toLowerCase();
        return (picture.value?.tasks ?? []).filter(
          (task) =>
            (state.value === '' || task.state === state.value) &&
            (words === '' || `${taskName(task)} ${task.agent ?? ''}`.toLowerCase().includes(words)),
        );
      }),
    [picture],
  );
  const { job, tasks = [] } = picture.value ?? {};
  const frames = tasks.reduce((most, { end_frame: end }) => Math.max(most, end ?? 0), 0);
  const seconds = job?.duration_seconds ?? null;
  const secondsPerFrame = seconds !== null && frames > 0 ? seconds / frames : null;
  const shown = Math.min(MOST_ROWS_SEEN, Math.max(3, rows.value.length));
  return (
    <section class="job-tasks" aria-labelledby="tasks-title">
      <div class="section-head">
        <h2 id="tasks-title">Tasks</h2>
        <span class="quiet">
          {rows.value.length === tasks.length
            ? count(tasks.length)
            : `${count(rows.value.length)} of ${count(tasks.length)}`}
        </span>
        <div class="filters">
          <select
            aria-label="State"
            value={state.value}
            onChange={(event) => (state.value = event.currentTarget.value)}
          >
            <option value="">all states</option>
            {STATES.map((one) => (
              <option key={one} value={one}>
                {STATE_WORDS[one]}
              </option>
            ))}
          </select>
          <input
            type="search"
            aria-label="Task or agent"
            placeholder="Task or agent"
            value={search.value}
            onInput={(event) => (search.value = event.currentTarget.value)}
          />
        </div>
      </div>
      <div class="tasks-place" style={{ height: `${36 + shown * ROW_PX}px` }}>
        <VirtualTable
          label="Tasks of the job"
          layout="task-columns"
          columns={columnsOf(secondsPerFrame)}
          rows={rows.value}
          keyOf={(task) => task.task_id}
          rowHeight={ROW_PX}
          selected={new Set([selected])}
          open={open}
        />
      </div>
    </section>
  );
}
