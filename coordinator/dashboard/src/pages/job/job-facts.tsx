import type { JSX } from 'preact';
import { useApp } from '../../app/context.ts';
import { Fact } from '../../ui/fact.tsx';
import { bytes, count, duration, rate } from '../../ui/format.ts';
import { Icon } from '../../ui/icon.tsx';
import { ProgressBar } from '../../ui/progress-bar.tsx';
import { RelativeTime } from '../../ui/relative-time.tsx';
import { StateBadge } from '../../ui/state-badge.tsx';
import { isEnded, type Job } from './job-picture.ts';
import type { Link } from './live-job.ts';
import { DIALECT_WORDS, SHAPE_WORDS } from './words.ts';

interface JobFactsProps {
  readonly job: Job;
  readonly link: Link;
}

/** How the job is, at a glance. */
export function JobFacts({ job, link }: JobFactsProps): JSX.Element {
  const { percent, state } = job;
  return (
    <section class="card job-facts" aria-label="State of the job">
      <div class="job-state">
        <StateBadge state={state} />
        <strong class="job-percent">{percent} %</strong>
        <ProgressBar percent={percent} label="Progress of the job" state={state} />
        {link === 'lost' && <span class="problem">connection lost, trying again</span>}
      </div>
      {job.waiting !== '' && (
        <p class="job-waiting">
          <Icon name="warning" />
          <span>
            <strong>Waiting:</strong> {job.waiting}
          </span>
        </p>
      )}
      <Numbers job={job} />
      <Asked job={job} />
    </section>
  );
}

function Numbers({ job }: { job: Job }): JSX.Element {
  const { now } = useApp();
  const from = job.started_at ?? job.created_at;
  const untilMs = job.finished_at === null ? now.value : Date.parse(job.finished_at);
  const { duration_seconds: seconds, frames_total: frames } = job;
  return (
    <dl class="facts">
      {!isEnded(job) && <Fact name="Speed">{job.fps > 0 ? `${rate(job.fps)} fps` : '–'}</Fact>}
      {!isEnded(job) && <Fact name="Left">{job.eta_seconds === null ? '–' : duration(job.eta_seconds)}</Fact>}
      <Fact name={isEnded(job) ? 'Took' : 'Running for'}>
        {duration((untilMs - Date.parse(from)) / 1000)}
      </Fact>
      <Fact name="Clips">
        {job.clips_total > 0 ? `${count(job.clips_done)} of ${count(job.clips_total)}` : '–'}
      </Fact>
      <Fact name="Frames">
        {frames > 0 ? `${count(Math.min(job.frames_done, frames))} of ${count(frames)}` : '–'}
      </Fact>
      {seconds !== null && seconds > 0 && <Fact name="Film">{duration(seconds)}</Fact>}
      <Fact name="Source">{bytes(job.source_bytes)}</Fact>
      {job.result && (
        <Fact name="Result">
          {bytes(job.result.size_bytes)}
          {job.source_bytes > 0 && (
            <span class="quiet"> ({Math.round((100 * job.result.size_bytes) / job.source_bytes)} %)</span>
          )}
        </Fact>
      )}
      <Fact name="Submitted">
        <RelativeTime at={job.created_at} /> by {job.owner}
      </Fact>
    </dl>
  );
}

/** What was asked for, in the words of whoever asked. */
function Asked({ job }: { job: Job }): JSX.Element {
  return (
    <details class="asked">
      <summary>
        {DIALECT_WORDS[job.dialect] ?? job.dialect}: {SHAPE_WORDS[job.shape]}
        {job.encode !== '' && <code class="asked-command">{job.encode}</code>}
      </summary>
      <dl class="facts">
        <Fact name="Job">
          <code>{job.job_id}</code>
        </Fact>
        <Fact name="Dialect">{job.dialect}</Fact>
        <Fact name="Priority">{job.priority}</Fact>
        <Fact name="Container">{job.container ?? 'as the command says'}</Fact>
        {job.salvage !== '' && <Fact name="Parts outlive an agent">{job.salvage}</Fact>}
      </dl>
      {job.encode !== '' && (
        <>
          <h3>Command</h3>
          <pre>{job.encode}</pre>
        </>
      )}
      {job.script !== '' && (
        <>
          <h3>Script</h3>
          <pre class="script">{job.script}</pre>
        </>
      )}
    </details>
  );
}
