import type { JSX } from 'preact';
import { count } from '../../ui/format.ts';
import { Swatch } from './hover-card.tsx';
import { countStates, type Task, type TaskState } from './job-picture.ts';
import { STATE_WORDS } from './words.ts';

const SHOWN: readonly TaskState[] = ['succeeded', 'leased', 'ready', 'failed', 'cancelled'];
/** These are told only when there are any. */
const RARE: ReadonlySet<TaskState> = new Set(['failed', 'cancelled']);

/** What colours and patterns mean, with how many clips are so. */
export function Legend({ tasks }: { tasks: readonly Task[] }): JSX.Element {
  const counts = countStates(tasks);
  return (
    <ul class="legend" aria-label="Clips by state">
      {SHOWN.filter((state) => counts[state] > 0 || !RARE.has(state)).map((state) => (
        <li key={state}>
          <Swatch state={state} /> {count(counts[state])} {STATE_WORDS[state]}
        </li>
      ))}
    </ul>
  );
}
