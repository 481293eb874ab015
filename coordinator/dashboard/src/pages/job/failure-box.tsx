import type { JSX } from 'preact';
import { Icon } from '../../ui/icon.tsx';
import type { Job, Task } from './job-picture.ts';
import { KIND_WORDS } from './words.ts';

interface FailureBoxProps {
  readonly job: Job;
  readonly tasks: readonly Task[];
  readonly open: (task: Task) => void;
}

const LAST_LINES = 12;

/** Why the job failed, with the tool's last lines. */
export function FailureBox({ job, tasks, open }: FailureBoxProps): JSX.Element | null {
  const { failure } = job;
  if (failure === null || job.state !== 'failed') return null;
  const task = tasks.find(
    ({ kind, clip_index: clip }) => kind === failure.stage && clip === failure.clip_index,
  );
  const stage = failure.stage === 'plan' ? 'Plan' : (KIND_WORDS[failure.stage] ?? failure.stage);
  const where = failure.clip_index === null ? stage : `${stage} ${failure.clip_index + 1}`;
  const lines = failure.log.trimEnd().split('\n').slice(-LAST_LINES).join('\n');
  return (
    <section class="failure" aria-label="Why it failed">
      <p>
        <Icon name="warning" />
        <span>
          <strong>{where}:</strong> {failure.message} <code>{failure.code}</code>
        </span>
        {task && (
          <button type="button" class="button" onClick={() => open(task)}>
            Show the task
          </button>
        )}
      </p>
      {lines !== '' && (
        <pre class="output" tabIndex={0} aria-label="Last lines of the tool">
          {lines}
        </pre>
      )}
    </section>
  );
}
