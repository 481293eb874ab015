import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useCallback, useEffect, useMemo } from 'preact/hooks';
import { useApp } from '../../app/context.ts';
import { EmptyState } from '../../ui/empty-state.tsx';
import { PageHead } from '../../ui/page-head.tsx';
import { EventLog } from './event-log.tsx';
import { FailureBox } from './failure-box.tsx';
import { FilmStrip } from './film-strip.tsx';
import { JobActions } from './job-actions.tsx';
import { JobFacts } from './job-facts.tsx';
import type { JobPicture, Task } from './job-picture.ts';
import { LanesView } from './lanes-view.tsx';
import { Legend } from './legend.tsx';
import { LiveJob } from './live-job.ts';
import { ResultPanel } from './result-panel.tsx';
import { Stages } from './stages.tsx';
import { TaskPanel } from './task-panel.tsx';
import { TaskTable } from './task-table.tsx';
import './job.css';
import './strip.css';

/** One job, live. */
export function JobPage({ id }: { id: string }): JSX.Element {
  const app = useApp();
  const live = useMemo(() => new LiveJob(app, id), [app, id]);
  useEffect(() => {
    live.start();
    return () => live.stop();
  }, [live]);
  const missing = live.missing.value;
  const picture = live.picture.value;
  if (missing !== undefined) {
    return (
      <EmptyState title="This job cannot be shown">
        <p>{missing}</p>
        <p>
          <a href="/">All jobs</a>
        </p>
      </EmptyState>
    );
  }
  if (!picture) {
    return (
      <>
        <PageHead title="Job" />
        <p class="quiet" aria-busy="true">
          Loading …
        </p>
      </>
    );
  }
  return <Shown live={live} picture={picture} />;
}

function Shown({ live, picture }: { live: LiveJob; picture: JobPicture }): JSX.Element {
  const { router } = useApp();
  const { job, tasks } = picture;
  const selected = router.query.value.get('task') ?? '';
  const task = selected === '' ? undefined : tasks.find((one) => one.task_id === selected);
  const open = useCallback((one: Task) => router.setQuery({ task: one.task_id }), [router]);
  const close = useCallback(() => router.setQuery({ task: '' }), [router]);
  return (
    <div class="job" data-panel={task !== undefined}>
      <div class="job-main">
        <PageHead title={job.name}>
          <JobActions job={job} live={live} />
        </PageHead>
        <JobFacts job={job} link={live.link.value} />
        <FailureBox job={job} tasks={tasks} open={open} />
        <ResultPanel job={job} />
        {picture.isWhole ? (
          <>
            <Stages job={job} tasks={tasks} open={open} />
            <Film live={live} picture={picture} open={open} />
            <TaskTable picture={live.picture} selected={selected} open={open} />
          </>
        ) : (
          <p class="quiet" aria-busy="true">
            Reading the tasks …
          </p>
        )}
        <EventLog live={live} tasks={tasks} open={open} />
      </div>
      {task && <TaskPanel key={task.task_id} live={live} task={task} close={close} />}
    </div>
  );
}

interface FilmProps {
  readonly live: LiveJob;
  readonly picture: JobPicture;
  readonly open: (task: Task) => void;
}

const VIEWS = [
  ['film', 'Film'],
  ['agents', 'Agents'],
] as const;

/** The clips on the film's axis, or by agent on the clock. */
function Film({ live, picture, open }: FilmProps): JSX.Element | null {
  const view = useSignal<'film' | 'agents'>('film');
  const { job, tasks } = picture;
  const parts = tasks.filter(({ kind }) => kind === 'encode' || kind === 'media');
  if (parts.length === 0) return null;
  return (
    <section class="card film" aria-labelledby="film-title">
      <div class="section-head">
        <h2 id="film-title">Film strip</h2>
        <Legend tasks={parts} />
        <div class="switch" role="group" aria-label="View">
          {VIEWS.map(([name, word]) => (
            <button
              key={name}
              type="button"
              aria-pressed={view.value === name}
              onClick={() => (view.value = name)}
            >
              {word}
            </button>
          ))}
        </div>
      </div>
      {view.value === 'film' ? (
        <FilmStrip picture={live.picture} jobId={job.job_id} open={open} />
      ) : (
        <LanesView picture={live.picture} open={open} />
      )}
    </section>
  );
}
