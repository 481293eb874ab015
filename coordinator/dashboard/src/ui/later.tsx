import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { EmptyState } from './empty-state.tsx';

type Part = () => JSX.Element;

interface LaterProps {
  /** Fetches the script of what is shown. Another one needs another `key`. */
  readonly load: () => Promise<Part>;
}

/**
 * A part of the page whose script is fetched when it is first shown. One that cannot be fetched is told of: the coordinator may
 * have been replaced by another version, which has no file of that name.
 */
export function Later({ load }: LaterProps): JSX.Element {
  const loaded = useSignal<{ readonly Part: Part } | 'missing' | undefined>(undefined);
  useEffect(() => {
    load().then(
      (Part) => (loaded.value = { Part }),
      () => (loaded.value = 'missing'),
    );
  }, []);
  const now = loaded.value;
  if (now === undefined) {
    return (
      <p class="quiet" aria-busy="true">
        Loading …
      </p>
    );
  }
  if (now === 'missing') return <Missing />;
  return <now.Part />;
}

function Missing(): JSX.Element {
  return (
    <div role="alert">
      <EmptyState title="This part of the page could not be loaded" icon="warning">
        <p>Reload the page: the coordinator may have a newer one, or it could not be reached.</p>
        <button type="button" class="button" onClick={() => window.location.reload()}>
          Reload the page
        </button>
      </EmptyState>
    </div>
  );
}
