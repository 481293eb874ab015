import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { messageOf } from '../../api/client.ts';
import { useApp } from '../../app/context.ts';

export interface CreatedAccessToken {
  readonly name: string;
  readonly token: string;
}

const SCOPES = ['read', 'submit', 'admin'] as const;

/** The form that makes one. */
export function NewAccessToken({ created }: { created: (token: CreatedAccessToken) => void }): JSX.Element {
  const { api } = useApp();
  const name = useSignal('');
  const scope = useSignal<string>('submit');
  const problem = useSignal('');
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    try {
      const body = { name: name.value, scopes: [scope.value] };
      created(await api.postJson<CreatedAccessToken>('/tokens', body));
      [name.value, problem.value] = ['', ''];
    } catch (thrown) {
      problem.value = messageOf(thrown);
    }
  };
  return (
    <form class="card new-token" onSubmit={(event) => void submit(event)}>
      <label>
        For whom
        <input
          required
          maxLength={64}
          placeholder="ann"
          value={name}
          onInput={(event) => (name.value = event.currentTarget.value)}
        />
      </label>
      <label>
        May
        <select value={scope} onChange={(event) => (scope.value = event.currentTarget.value)}>
          {SCOPES.map((one) => (
            <option key={one} value={one}>
              {one}
            </option>
          ))}
        </select>
      </label>
      <button type="submit" class="button primary">
        Make an access token
      </button>
      <p class="problem" role="alert">
        {problem}
      </p>
    </form>
  );
}
