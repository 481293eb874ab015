import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { messageOf } from '../api/client.ts';
import { useApp } from './context.ts';

/** Asks for a token. */
export function SignIn(): JSX.Element {
  const { session } = useApp();
  const token = useSignal('');
  const problem = useSignal('');
  const busy = useSignal(false);
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    busy.value = true;
    problem.value = '';
    await session.signIn(token.value.trim()).catch((thrown: unknown) => {
      problem.value = messageOf(thrown);
    });
    busy.value = false;
  };
  return (
    <main class="alone">
      <form class="card sign-in" onSubmit={(event) => void submit(event)}>
        <img src="/favicon.svg" alt="" width="40" height="40" />
        <h1>Sign in to clipgrid</h1>
        <label for="token">Token</label>
        <input
          id="token"
          type="password"
          autocomplete="current-password"
          autofocus
          required
          spellcheck={false}
          value={token}
          onInput={(event) => (token.value = event.currentTarget.value)}
          aria-invalid={problem.value !== ''}
          aria-describedby="token-help token-problem"
        />
        <p id="token-help" class="quiet">
          Whoever runs the grid has one. The administrator's is the coordinator's{' '}
          <code>CLIPGRID_ADMIN_TOKEN</code>.
        </p>
        <p id="token-problem" class="problem" role="alert">
          {problem}
        </p>
        <button type="submit" class="button primary" disabled={busy.value}>
          {busy.value ? 'Signing in …' : 'Sign in'}
        </button>
      </form>
    </main>
  );
}
