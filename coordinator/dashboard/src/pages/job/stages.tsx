import type { JSX } from 'preact';
import { count } from '../../ui/format.ts';
import { Swatch } from './hover-card.tsx';
import { countStates, doneShare, type Job, type Task, type TaskState } from './job-picture.ts';
import { KIND_WORDS, STATE_WORDS } from './words.ts';

interface StagesProps {
  readonly job: Job;
  readonly tasks: readonly Task[];
  readonly open: (task: Task) => void;
}

/** What one task is doing, in two words. */
function doing(task: Task): string {
  if (task.state !== 'leased') return STATE_WORDS[task.state];
  const percent = task.frames_total > 0 ? `${Math.floor(100 * doneShare(task))} %` : '';
  return [percent, task.phase || STATE_WORDS.leased].filter((text) => text !== '').join(' ');
}

/** How far the clips are as one: running before waiting, and failed before all. */
function stateOfClips(clips: readonly Task[]): TaskState {
  const counts = countStates(clips);
  const order: readonly TaskState[] = ['failed', 'leased', 'ready', 'cancelled'];
  return order.find((state) => counts[state] > 0) ?? 'succeeded';
}

/** The way of the job: index, clips, audio, merge. Each tells how far it is, and opens its task. */
export function Stages({ job, tasks, open }: StagesProps): JSX.Element {
  const clips = tasks.filter(({ kind }) => kind === 'encode');
  const before = tasks.filter(({ kind }) => kind === 'index' || kind === 'probe');
  const beside = tasks.filter(({ kind }) => kind === 'audio' || kind === 'media');
  const after = tasks.filter(({ kind }) => kind === 'merge' || kind === 'package');
  const one = (task: Task): JSX.Element => (
    <li key={task.task_id}>
      <button type="button" class="stage" onClick={() => open(task)}>
        <span class="stage-name">
          <Swatch state={task.state} /> {KIND_WORDS[task.kind]}
        </span>
        <span class="quiet">{[doing(task), task.agent ?? ''].filter((text) => text !== '').join(' · ')}</span>
      </button>
    </li>
  );
  return (
    <ol class="stages" aria-label="Stages">
      {before.map(one)}
      {clips.length > 0 && (
        <li>
          <div class="stage">
            <span class="stage-name">
              <Swatch state={stateOfClips(clips)} /> Clips
            </span>
            <span class="quiet">
              {count(job.clips_done)} of {count(job.clips_total)} done
            </span>
          </div>
        </li>
      )}
      {beside.map(one)}
      {after.map(one)}
    </ol>
  );
}
