import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { JoinTokenResponse } from '../../../../http/responses.ts';
import { messageOf } from '../../api/client.ts';
import { useApp } from '../../app/context.ts';

export type CreatedToken = JoinTokenResponse & { readonly join_token: string };

const LIVES = [
  [3_600, 'an hour'],
  [86_400, 'a day'],
  [7 * 86_400, 'a week'],
  [30 * 86_400, '30 days'],
] as const;

/** The form that makes one. */
export function NewToken({ created }: { created: (token: CreatedToken) => void }): JSX.Element {
  const { api } = useApp();
  const uses = useSignal('1');
  const life = useSignal(86_400);
  const problem = useSignal('');
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    try {
      const body = { uses: Number(uses.value), expires_seconds: life.value };
      created(await api.postJson<CreatedToken>('/join-tokens', body));
      problem.value = '';
    } catch (thrown) {
      problem.value = messageOf(thrown);
    }
  };
  return (
    <form class="card new-token" onSubmit={(event) => void submit(event)}>
      <label>
        For how many machines
        <input
          type="number"
          min="1"
          max="100000"
          required
          value={uses}
          onInput={(event) => (uses.value = event.currentTarget.value)}
        />
      </label>
      <label>
        Good for
        <select value={life} onChange={(event) => (life.value = Number(event.currentTarget.value))}>
          {LIVES.map(([seconds, words]) => (
            <option key={seconds} value={seconds}>
              {words}
            </option>
          ))}
        </select>
      </label>
      <button type="submit" class="button primary">
        Make a join token
      </button>
      <p class="problem" role="alert">
        {problem}
      </p>
    </form>
  );
}
