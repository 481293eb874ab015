import type { JSX } from 'preact';
import type { JobResponse } from '../../../../http/responses.ts';
import { paths } from '../../app/router.ts';
import { bytes, count, duration, rate } from '../../ui/format.ts';
import { ProgressBar } from '../../ui/progress-bar.tsx';
import { RelativeTime } from '../../ui/relative-time.tsx';
import { StateBadge } from '../../ui/state-badge.tsx';
import type { Column } from '../../ui/virtual-table.tsx';

/** How far it is cut, or what came of it. */
function partsOf(job: JobResponse): string {
  const result = job.result ? [bytes(job.result.size_bytes)] : [];
  if (job.clips_total > 0) {
    const done = job.clips_done === job.clips_total ? '' : `${count(job.clips_done)} of `;
    const clips = job.clips_total === 1 ? 'clip' : 'clips';
    return [`${done}${count(job.clips_total)} ${clips}`, ...result].join(' · ');
  }
  if (job.shape !== 'film')
    return job.shape === 'media' ? ['one command', ...result].join(' · ') : 'an index';
  return ENDED.has(job.state) ? ['never cut', ...result].join(' · ') : 'not cut yet';
}

const ENDED = new Set(['succeeded', 'failed', 'cancelled']);

function Name({ job }: { job: JobResponse }): JSX.Element {
  return (
    <>
      <a href={paths.job(job.job_id)} tabIndex={-1} title={job.name}>
        {job.name}
      </a>
      {job.failure ? (
        <small class="problem" title={job.failure.message}>
          {job.failure.message}
        </small>
      ) : (
        <small class="quiet">{partsOf(job)}</small>
      )}
    </>
  );
}

function Progress({ job }: { job: JobResponse }): JSX.Element {
  return (
    <div class="progress-cell">
      <ProgressBar percent={job.percent} state={job.state} label={`Progress of ${job.name}`} />
      <span>{job.percent >= 100 ? '100' : job.percent.toFixed(1)} %</span>
    </div>
  );
}

const dash = <span class="quiet">–</span>;

/** What the list tells of a job. */
export const JOB_COLUMNS: readonly Column<JobResponse>[] = [
  { key: 'name', head: 'Job', cell: (job) => <Name job={job} /> },
  { key: 'state', head: 'State', cell: (job) => <StateBadge state={job.state} /> },
  { key: 'progress', head: 'Progress', cell: (job) => <Progress job={job} /> },
  {
    key: 'fps',
    head: 'fps',
    numeric: true,
    wide: true,
    cell: (job) => (job.fps > 0 ? rate(job.fps) : dash),
  },
  {
    key: 'eta',
    head: 'Left',
    numeric: true,
    wide: true,
    cell: (job) => (job.eta_seconds === null ? dash : duration(job.eta_seconds)),
  },
  { key: 'owner', head: 'Owner', wide: true, cell: (job) => job.owner },
  { key: 'dialect', head: 'Dialect', wide: true, cell: (job) => job.dialect },
  {
    key: 'created',
    head: 'Created',
    numeric: true,
    wide: true,
    cell: (job) => <RelativeTime at={job.created_at} />,
  },
];
