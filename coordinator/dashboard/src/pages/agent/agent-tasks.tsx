import type { JSX } from 'preact';
import type { AgentResponse, TaskResponse } from '../../../../http/responses.ts';
import { paths } from '../../app/router.ts';
import { count, rate } from '../../ui/format.ts';
import { ProgressBar } from '../../ui/progress-bar.tsx';

interface AgentTasksProps {
  readonly tasks: readonly TaskResponse[];
  readonly agent: AgentResponse;
}

function whatOf(task: TaskResponse): string {
  return task.clip_index === null ? task.kind : `${task.kind}, clip ${task.clip_index}`;
}

/** What it works on now, as far as the reader may see it. */
export function AgentTasks({ tasks, agent }: AgentTasksProps): JSX.Element {
  const hidden = agent.leases - tasks.length;
  return (
    <section class="card part" aria-labelledby="agent-tasks">
      <h2 id="agent-tasks">At work</h2>
      {tasks.length === 0 && <p class="quiet">{agent.leases === 0 ? 'Nothing now.' : 'Tasks of others.'}</p>}
      {tasks.length > 0 && (
        <ul class="agent-tasks">
          {tasks.map((task) => (
            <li key={task.task_id}>
              <a href={paths.job(task.job_id)}>{whatOf(task)}</a>
              <ProgressBar
                percent={
                  task.frames_total > 0 ? Math.min(100, (100 * task.frames_done) / task.frames_total) : 0
                }
                label={`Progress of ${whatOf(task)}`}
              />
              <span class="quiet">
                {task.frames_total > 0
                  ? `${count(task.frames_done)} of ${count(task.frames_total)} frames`
                  : ''}
              </span>
              <span class="quiet">{task.fps > 0 ? `${rate(task.fps)} fps` : task.phase}</span>
            </li>
          ))}
        </ul>
      )}
      {tasks.length > 0 && hidden > 0 && <p class="quiet">And {hidden} of others.</p>}
    </section>
  );
}
