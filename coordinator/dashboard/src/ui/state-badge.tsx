import type { JSX } from 'preact';

/** A state of a job, task, agent or token; its colour is in parts.css. The word is always there: colour alone says nothing. */
export function StateBadge({ state }: { state: string }): JSX.Element {
  return (
    <span class="badge" data-state={state}>
      {state}
    </span>
  );
}
