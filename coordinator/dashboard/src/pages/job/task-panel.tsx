import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { useApp } from '../../app/context.ts';
import { paths } from '../../app/router.ts';
import { Fact } from '../../ui/fact.tsx';
import { ActionButton } from '../../ui/button.tsx';
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';
import { bytes, count, rate } from '../../ui/format.ts';
import { Icon } from '../../ui/icon.tsx';
import { ProgressBar } from '../../ui/progress-bar.tsx';
import { attemptsOf, attemptTime, type LogEvent } from './event-words.ts';
import { Picture, Swatch } from './hover-card.tsx';
import { isEnded, doneShare, type Task } from './job-picture.ts';
import type { LiveJob } from './live-job.ts';
import { TaskOutput } from './task-output.ts';
import { STATE_WORDS, taskName } from './words.ts';

interface TaskPanelProps {
  readonly live: LiveJob;
  readonly task: Task;
  readonly close: () => void;
}

/** One task beside the page: what it does, what its tool says, its attempts. Escape closes it. */
export function TaskPanel({ live, task, close }: TaskPanelProps): JSX.Element {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    heading.current?.focus();
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape' || event.defaultPrevented) return;
    if (event.target instanceof Element && event.target.closest('dialog')) return;
    event.preventDefault();
    close();
  };
  const { clip_index: clip, state } = task;
  const thumbnail = `/api/v1/jobs/${encodeURIComponent(live.id)}/clips/${clip}/thumbnail`;
  return (
    <aside class="card task-panel" aria-labelledby="task-title" onKeyDown={onKeyDown}>
      <div class="section-head">
        <h2 id="task-title" ref={heading} tabIndex={-1}>
          {taskName(task)}
        </h2>
        <button type="button" class="icon-button" aria-label="Close the task" onClick={close}>
          <Icon name="close" />
        </button>
      </div>
      <p class="task-state">
        <Swatch state={state} /> <strong>{STATE_WORDS[state]}</strong>
        {task.phase !== '' && <span class="quiet"> {task.phase}</span>}
      </p>
      {state === 'leased' && task.frames_total > 0 && (
        <ProgressBar percent={100 * doneShare(task)} label="Progress of the task" state="encoding" />
      )}
      {clip !== null && state === 'succeeded' && (
        <Picture url={thumbnail} alt={`A picture of ${taskName(task)}`} />
      )}
      <TaskFacts task={task} />
      {task.failure && <Failure failure={task.failure} isPast={state !== 'failed'} />}
      <TaskActions live={live} task={task} />
      <Output key={`${task.task_id} ${task.epoch}`} task={task} />
      <Attempts live={live} task={task} />
    </aside>
  );
}

function TaskFacts({ task }: { task: Task }): JSX.Element {
  const { agent_id: agentId, frames_total: frames, start_frame: start, end_frame: end } = task;
  return (
    <dl class="facts">
      {agentId !== null && task.state !== 'ready' && (
        <Fact name="Agent">
          <a href={paths.agent(agentId)}>{task.agent ?? agentId}</a>
        </Fact>
      )}
      {task.state === 'leased' && task.fps > 0 && <Fact name="Speed">{rate(task.fps)} fps</Fact>}
      {frames > 0 && (
        <Fact name="Frames">
          {count(task.state === 'succeeded' ? frames : task.frames_done)} of {count(frames)}
        </Fact>
      )}
      {start !== null && end !== null && (
        <Fact name="In the source">
          {count(start)} to {count(end - 1)}
        </Fact>
      )}
      {task.frames_saved > 0 && <Fact name="Kept of it">{count(task.frames_saved)} frames</Fact>}
      {task.size_bytes !== null && <Fact name="Size">{bytes(task.size_bytes)}</Fact>}
      <Fact name="Attempts">{task.attempts}</Fact>
      {task.requires.length > 0 && (
        <Fact name="Needs">
          <code>{task.requires.join(' ')}</code>
        </Fact>
      )}
    </dl>
  );
}

function Failure({
  failure,
  isPast,
}: {
  failure: NonNullable<Task['failure']>;
  isPast: boolean;
}): JSX.Element {
  return (
    <p class={isPast ? 'quiet' : 'problem'}>
      {isPast ? 'An earlier attempt failed: ' : ''}
      {failure.message} <code>{failure.code}</code>
    </p>
  );
}

function TaskActions({ live, task }: { live: LiveJob; task: Task }): JSX.Element | null {
  const { api, session, toasts } = useApp();
  const asking = useSignal(false);
  const job = live.picture.value?.job;
  if (!session.may('admin') || !job || isEnded(job)) return null;
  const path = `/tasks/${encodeURIComponent(task.task_id)}`;
  const isOpen = task.state === 'leased' || task.state === 'ready';
  const retry = async (): Promise<void> => {
    await api.postJson(`${path}/retry`);
    toasts.say(`${taskName(task)} starts again`);
  };
  const cancel = async (): Promise<void> => {
    await api.postJson(`${path}/cancel`);
    toasts.say(`${taskName(task)} was cancelled`);
  };
  if (!isOpen) return null;
  return (
    <div class="actions">
      {task.state === 'leased' && <ActionButton run={retry}>Start again</ActionButton>}
      <ActionButton kind="danger" run={() => void (asking.value = true)}>
        Cancel the task
      </ActionButton>
      {asking.value && (
        <ConfirmDialog
          title={`Cancel ${taskName(task)}?`}
          verb="Cancel the task"
          danger
          confirm={cancel}
          close={() => void (asking.value = false)}
        >
          A film without one of its parts is none: the whole job fails by that.
        </ConfirmDialog>
      )}
    </div>
  );
}

/** Follows the end, unless the reader scrolled up. */
function Output({ task }: { task: Task }): JSX.Element {
  const { api } = useApp();
  const output = useMemo(() => new TaskOutput(api, task.task_id), [api, task.task_id]);
  useEffect(() => () => output.close(), [output]);
  const place = useRef<HTMLPreElement>(null);
  const follows = useRef(true);
  const text = output.text.value;
  useEffect(() => {
    const element = place.current;
    if (element && follows.current) element.scrollTop = element.scrollHeight;
  }, [text]);
  const onScroll = ({ currentTarget: at }: { currentTarget: HTMLPreElement }): void => {
    follows.current = at.scrollTop + at.clientHeight >= at.scrollHeight - 8;
  };
  return (
    <>
      <h3>Output of the tool</h3>
      {text === '' ? (
        <p class="quiet">{output.note.value}</p>
      ) : (
        <pre ref={place} class="output" tabIndex={0} aria-label="Output of the tool" onScroll={onScroll}>
          {text}
        </pre>
      )}
    </>
  );
}

function Attempts({ live, task }: { live: LiveJob; task: Task }): JSX.Element | null {
  const { api, now } = useApp();
  const past = useSignal<readonly LogEvent[]>([]);
  useEffect(() => {
    const left = new AbortController();
    const query = { task_id: task.task_id, limit: 100 };
    api
      .getJson<{ events: LogEvent[] }>(`/jobs/${encodeURIComponent(live.id)}/history`, {
        query,
        signal: left.signal,
      })
      .then((answer) => {
        past.value = answer.events;
      })
      // What the stream told is there all the same.
      .catch(() => undefined);
    return () => left.abort();
  }, [task.task_id, task.epoch, task.state]);
  const known = new Map(
    [...live.log.value, ...past.value]
      .filter(({ task_id: id }) => id === task.task_id)
      .map((event) => [event.sequence, event]),
  );
  const attempts = attemptsOf([...known.values()]);
  if (attempts.length === 0) return null;
  return (
    <>
      <h3>Attempts</h3>
      <ol class="attempts" reversed>
        {attempts.map((attempt) => (
          <li key={attempt.from} data-tone={attempt.tone}>
            {attempt.agentId === null ? (
              attempt.agent
            ) : (
              <a href={paths.agent(attempt.agentId)}>
                {attempt.agentId === task.agent_id ? (task.agent ?? attempt.agent) : attempt.agent}
              </a>
            )}
            <span>{attempt.text}</span>
            <span class="quiet">{attemptTime(attempt, now.value)}</span>
          </li>
        ))}
      </ol>
    </>
  );
}
