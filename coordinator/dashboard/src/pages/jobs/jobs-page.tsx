import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useMemo } from 'preact/hooks';
import type { JobResponse } from '../../../../http/responses.ts';
import { useApp } from '../../app/context.ts';
import { paths } from '../../app/router.ts';
import { JobsList, type JobFilter } from '../../data/jobs-list.ts';
import { EmptyState } from '../../ui/empty-state.tsx';
import { PageHead } from '../../ui/page-head.tsx';
import { VirtualTable, type Column } from '../../ui/virtual-table.tsx';
import { JOB_COLUMNS } from './job-columns.tsx';
import { filterOf, JobFilters } from './job-filters.tsx';
import { JobToolbar } from './job-toolbar.tsx';
import './jobs.css';

/** All jobs that the reader may see, live. */
export function JobsPage(): JSX.Element {
  const { api, events, router, session } = useApp();
  const filter = filterOf(router.query.value);
  const selected = useSignal<ReadonlySet<string>>(new Set());
  const list = useMemo(() => new JobsList({ api, events, filter }), [JSON.stringify(filter)]);
  useEffect(() => () => list.close(), [list]);
  const rows = list.rows.value;
  const chosen = rows.filter((job) => selected.value.has(job.job_id));
  const toggle = ({ job_id: id }: JobResponse): void => {
    const next = new Set(selected.peek());
    if (!next.delete(id)) next.add(id);
    selected.value = next;
  };
  const acts = session.may('submit');
  return (
    <>
      <PageHead title="Jobs">
        {acts && (
          <a class="button primary" href="/submit">
            New job
          </a>
        )}
      </PageHead>
      <JobFilters filter={filter} />
      {acts && <JobToolbar chosen={chosen} clear={() => (selected.value = new Set())} />}
      {rows.length === 0 ? (
        <NoJobs list={list} filter={filter} />
      ) : (
        <VirtualTable
          label="Jobs"
          layout={acts ? 'jobs-table with-choice' : 'jobs-table'}
          columns={acts ? [choice({ selected: selected.value, toggle }), ...JOB_COLUMNS] : JOB_COLUMNS}
          rows={rows}
          keyOf={(job) => job.job_id}
          open={(job) => router.go(paths.job(job.job_id))}
          {...(list.hasMore ? { total: rows.length + 1, more: () => void list.more() } : {})}
          {...(acts ? { selected: selected.value, toggle } : {})}
        />
      )}
    </>
  );
}

interface Choice {
  readonly selected: ReadonlySet<string>;
  readonly toggle: (job: JobResponse) => void;
}

function choice({ selected, toggle }: Choice): Column<JobResponse> {
  return {
    key: 'choice',
    head: <span class="unseen">Selected</span>,
    cell: (job) => (
      <input
        type="checkbox"
        tabIndex={-1}
        aria-label={`Select ${job.name}`}
        checked={selected.has(job.job_id)}
        onChange={() => toggle(job)}
      />
    ),
  };
}

function NoJobs({ list, filter }: { list: JobsList; filter: JobFilter }): JSX.Element {
  const { router, session } = useApp();
  const now = list.state.value;
  if (now.state === 'loading') return <p class="quiet">Loading …</p>;
  if (now.state === 'failed') {
    return (
      <EmptyState title="The jobs could not be read" icon="warning">
        <p>{now.why}</p>
        <button type="button" class="button" onClick={() => void list.load()}>
          Try again
        </button>
      </EmptyState>
    );
  }
  if (filter.states.length > 0 || filter.dialect !== '' || filter.name !== '') {
    return (
      <EmptyState title="No job is like that" icon="search">
        <button
          type="button"
          class="button"
          onClick={() => router.setQuery({ state: '', dialect: '', name: '' })}
        >
          Show all jobs
        </button>
      </EmptyState>
    );
  }
  return (
    <EmptyState title="No jobs yet">
      {session.may('submit') ? (
        <>
          <a href="/submit">Upload a film</a>, or submit one from a terminal:{' '}
          <code>clipgrid submit film.mkv --encode "ffmpeg -i - -c:v libx265 -crf 18"</code>
        </>
      ) : (
        'Your token may look, not submit. Jobs appear here as soon as somebody submits one.'
      )}
    </EmptyState>
  );
}
