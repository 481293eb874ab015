import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { TokenResponse } from '../../../../http/responses.ts';
import { messageOf } from '../../api/client.ts';
import { useApp } from '../../app/context.ts';
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';
import { RelativeTime } from '../../ui/relative-time.tsx';
import { NewAccessToken, type CreatedAccessToken } from './new-access-token.tsx';

const pathOf = ({ owner, name }: TokenResponse): string =>
  `/tokens/${encodeURIComponent(owner)}/${encodeURIComponent(name)}`;

/** What lets people and programs in. */
export function AccessTokens(): JSX.Element {
  const { api } = useApp();
  const tokens = useSignal<readonly TokenResponse[]>([]);
  const problem = useSignal('');
  const created = useSignal<CreatedAccessToken | undefined>(undefined);
  const revoking = useSignal<TokenResponse | undefined>(undefined);
  const read = async (): Promise<void> => {
    try {
      tokens.value = (await api.getJson<{ tokens: TokenResponse[] }>('/tokens')).tokens;
      problem.value = '';
    } catch (thrown) {
      problem.value = messageOf(thrown);
    }
  };
  useEffect(() => void read(), []);
  const [made, ending] = [created.value, revoking.value];
  return (
    <section class="stack" aria-labelledby="access">
      <h2 id="access">Access tokens</h2>
      <p class="quiet">
        For people and programs: <b>read</b> looks on, <b>submit</b> sends films too, <b>admin</b> does
        everything with everybody’s. Jobs belong to the token’s owner.
      </p>
      <NewAccessToken
        created={(token) => {
          created.value = token;
          void read();
        }}
      />
      {made && (
        <section class="card part secret" aria-labelledby="access-secret">
          <h3 id="access-secret">The token of {made.name}, shown this once</h3>
          <pre tabIndex={0}>{made.token}</pre>
          <button type="button" class="button" onClick={() => (created.value = undefined)}>
            Done
          </button>
        </section>
      )}
      {problem.value !== '' && <p class="problem">The tokens could not be read: {problem}</p>}
      <AccessTable tokens={tokens.value} revoke={(token) => (revoking.value = token)} />
      {ending && (
        <ConfirmDialog
          title={`Revoke the token ${ending.name} of ${ending.owner}?`}
          verb="Revoke"
          danger
          confirm={async () => {
            await api.delete(pathOf(ending));
            await read();
          }}
          close={() => (revoking.value = undefined)}
        >
          Whoever uses it is out at once. Jobs that were sent with it stay.
        </ConfirmDialog>
      )}
    </section>
  );
}

interface AccessTableProps {
  readonly tokens: readonly TokenResponse[];
  readonly revoke: (token: TokenResponse) => void;
}

function AccessTable({ tokens, revoke }: AccessTableProps): JSX.Element {
  return (
    <div class="card scroll" tabIndex={0} role="region" aria-label="Access tokens">
      <table class="plain-table">
        <thead>
          <tr>
            <th scope="col">Owner</th>
            <th scope="col">Name</th>
            <th scope="col">May</th>
            <th scope="col">Made</th>
            <th scope="col">
              <span class="unseen">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {tokens.map((token) => (
            <tr key={pathOf(token)}>
              <td>{token.owner}</td>
              <td>{token.name}</td>
              <td>{token.scopes.join(', ')}</td>
              <td>
                <RelativeTime at={token.created_at} />
              </td>
              <td class="numeric">
                <button type="button" class="button danger" onClick={() => revoke(token)}>
                  Revoke
                </button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
