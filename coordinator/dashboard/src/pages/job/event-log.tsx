import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useMemo } from 'preact/hooks';
import { useApp } from '../../app/context.ts';
import { paths } from '../../app/router.ts';
import { ActionButton } from '../../ui/button.tsx';
import { count, dateTime } from '../../ui/format.ts';
import { eventWords, isShown, type LogEvent, type LogFilter } from './event-words.ts';
import type { Task } from './job-picture.ts';
import type { LiveJob } from './live-job.ts';
import { taskName } from './words.ts';

interface EventLogProps {
  readonly live: LiveJob;
  readonly tasks: readonly Task[];
  readonly open: (task: Task) => void;
}

const PAGE = 100;
const SHOWS = [
  ['all', 'everything'],
  ['problems', 'problems'],
  ['job', 'the job itself'],
] as const;

/** What happened, newest first. */
export function EventLog({ live, tasks, open }: EventLogProps): JSX.Element {
  const { api } = useApp();
  const filter = useSignal<LogFilter>({ show: 'all', search: '' });
  const shown = useSignal(PAGE);
  const cursor = useSignal<string | null | undefined>(undefined);
  const load = async (): Promise<void> => {
    const path = `/jobs/${encodeURIComponent(live.id)}/history`;
    const query = { limit: PAGE, cursor: cursor.peek() ?? undefined };
    const page = await api.getJson<{ events: LogEvent[]; next_cursor: string | null }>(path, { query });
    live.addHistory(page.events);
    cursor.value = page.next_cursor;
  };
  useEffect(() => {
    load().catch(() => {
      // The log then begins with what the stream tells.
      cursor.value = null;
    });
  }, [live]);
  const names = useMemo(() => namesOf(tasks), [tasks]);
  const nameOf = (event: LogEvent): string =>
    `${names.tasks.get(event.task_id ?? '') ?? ''} ${event.agent ?? names.agents.get(event.agent_id ?? '') ?? ''}`;
  const all = live.log.value.filter((event) => isShown(event, filter.value, nameOf(event)));
  const isMore = all.length > shown.value || typeof cursor.value === 'string';
  const more = async (): Promise<void> => {
    if (all.length <= shown.peek() + PAGE && typeof cursor.peek() === 'string') await load();
    shown.value += PAGE;
  };
  return (
    <section class="event-log" aria-labelledby="log-title">
      <div class="section-head">
        <h2 id="log-title">Events</h2>
        <span class="quiet">{count(all.length)}</span>
        <Filters filter={filter.value} set={(next) => (filter.value = next)} />
      </div>
      <ol class="card events" tabIndex={0} aria-label="Events, newest first">
        {all.slice(0, shown.value).map((event) => (
          <EventLine key={event.sequence} event={event} names={names} open={open} />
        ))}
        {all.length === 0 && <li class="quiet">Nothing yet.</li>}
      </ol>
      {isMore && <ActionButton run={more}>Older events</ActionButton>}
    </section>
  );
}

function Filters({ filter, set }: { filter: LogFilter; set: (filter: LogFilter) => void }): JSX.Element {
  return (
    <div class="filters">
      <select
        aria-label="Kind of event"
        value={filter.show}
        onChange={(event) => {
          const show = SHOWS.find(([name]) => name === event.currentTarget.value)?.[0] ?? 'all';
          set({ ...filter, show });
        }}
      >
        {SHOWS.map(([name, word]) => (
          <option key={name} value={name}>
            {word}
          </option>
        ))}
      </select>
      <input
        type="search"
        aria-label="Search events"
        placeholder="Search"
        value={filter.search}
        onInput={(event) => set({ ...filter, search: event.currentTarget.value })}
      />
    </div>
  );
}

interface Names {
  readonly byId: ReadonlyMap<string, Task>;
  readonly tasks: ReadonlyMap<string, string>;
  readonly agents: ReadonlyMap<string, string>;
}

function namesOf(tasks: readonly Task[]): Names {
  return {
    byId: new Map(tasks.map((task) => [task.task_id, task])),
    tasks: new Map(tasks.map((task) => [task.task_id, taskName(task)])),
    agents: new Map(
      tasks.flatMap(({ agent_id: id, agent }) => (id !== null && agent !== null ? [[id, agent]] : [])),
    ),
  };
}

function EventLine({
  event,
  names,
  open,
}: {
  event: LogEvent;
  names: Names;
  open: (task: Task) => void;
}): JSX.Element {
  const { tone, text } = eventWords(event);
  const task = names.byId.get(event.task_id ?? '');
  const agent = event.agent ?? names.agents.get(event.agent_id ?? '') ?? event.agent_id;
  return (
    <li data-tone={tone}>
      <time dateTime={event.at} title={dateTime(event.at)}>
        {new Date(event.at).toLocaleTimeString()}
      </time>
      <span class="event-about">
        {task ? (
          <button type="button" class="link" onClick={() => open(task)}>
            {taskName(task)}
          </button>
        ) : (
          'Job'
        )}
      </span>
      <span class="event-text">
        {text}
        {event.agent_id !== null && (
          <>
            {' '}
            on <a href={paths.agent(event.agent_id)}>{agent}</a>
          </>
        )}
      </span>
    </li>
  );
}
