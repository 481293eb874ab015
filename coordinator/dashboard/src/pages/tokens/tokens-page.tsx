import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { JoinTokenResponse } from '../../../../http/responses.ts';
import { messageOf } from '../../api/client.ts';
import { useApp } from '../../app/context.ts';
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { PageHead } from '../../ui/page-head.tsx';
import { RelativeTime } from '../../ui/relative-time.tsx';
import { StateBadge } from '../../ui/state-badge.tsx';
import { AccessTokens } from './access-tokens.tsx';
import { NewToken, type CreatedToken } from './new-token.tsx';
import { TokenSecret } from './token-secret.tsx';
import './tokens.css';

/** What lets machines join. */
export function TokensPage(): JSX.Element {
  const { api, session } = useApp();
  const tokens = useSignal<readonly JoinTokenResponse[] | undefined>(undefined);
  const problem = useSignal('');
  const created = useSignal<CreatedToken | undefined>(undefined);
  const revoking = useSignal<JoinTokenResponse | undefined>(undefined);
  const read = async (): Promise<void> => {
    try {
      const answer = await api.getJson<{ join_tokens: JoinTokenResponse[] }>('/join-tokens');
      tokens.value = answer.join_tokens;
      problem.value = '';
    } catch (thrown) {
      problem.value = messageOf(thrown);
    }
  };
  useEffect(() => void (session.may('admin') && void read()), []);
  if (!session.may('admin')) {
    return <EmptyState title="Tokens are for administrators" icon="tokens" />;
  }
  const revoking_ = revoking.value;
  return (
    <>
      <PageHead title="Tokens" />
      <AccessTokens />
      <h2>Join tokens</h2>
      <p class="quiet">
        A join token lets a machine in, once for each use. From then on the machine holds a key of its own:
        revoking a token does not touch machines that it let in.
      </p>
      <NewToken
        created={(token) => {
          created.value = token;
          void read();
        }}
      />
      {created.value && <TokenSecret token={created.value} close={() => (created.value = undefined)} />}
      {problem.value !== '' && <p class="problem">The tokens could not be read: {problem}</p>}
      {tokens.value?.length === 0 && <EmptyState title="No join tokens yet" icon="tokens" />}
      {tokens.value && tokens.value.length > 0 && (
        <TokenTable tokens={tokens.value} revoke={(token) => (revoking.value = token)} />
      )}
      {revoking_ && (
        <ConfirmDialog
          title={`Revoke the join token of ${revoking_.created_by}?`}
          verb="Revoke"
          danger
          confirm={async () => {
            await api.delete(`/join-tokens/${encodeURIComponent(revoking_.token_id)}`);
            await read();
          }}
          close={() => (revoking.value = undefined)}
        >
          Nobody joins by it any more. Machines that it let in stay.
        </ConfirmDialog>
      )}
    </>
  );
}

interface TokenTableProps {
  readonly tokens: readonly JoinTokenResponse[];
  readonly revoke: (token: JoinTokenResponse) => void;
}

function TokenTable({ tokens, revoke }: TokenTableProps): JSX.Element {
  const { now } = useApp();
  return (
    <div class="card scroll" tabIndex={0} role="region" aria-label="Join tokens">
      <table class="plain-table">
        <thead>
          <tr>
            <th scope="col">State</th>
            <th scope="col">Used</th>
            <th scope="col">Ends</th>
            <th scope="col">Made by</th>
            <th scope="col">Made</th>
            <th scope="col">
              <span class="unseen">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {tokens.map((token) => (
            <tr key={token.token_id}>
              <td>
                <StateBadge state={token.state} />
              </td>
              <td>
                {token.used} of {token.uses ?? 'any number'}
              </td>
              <td>{token.expires_at === null ? 'never' : ends(token.expires_at, now.value)}</td>
              <td>{token.created_by}</td>
              <td>
                <RelativeTime at={token.created_at} />
              </td>
              <td class="numeric">
                {token.state === 'valid' && (
                  <button type="button" class="button danger" onClick={() => revoke(token)}>
                    Revoke
                  </button>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function ends(at: string, nowMs: number): string {
  const minutes = Math.round((Date.parse(at) - nowMs) / 60_000);
  if (minutes <= 0) return 'over';
  if (minutes < 120) return `in ${minutes} min`;
  return minutes < 48 * 60 ? `in ${Math.round(minutes / 60)} h` : `in ${Math.round(minutes / 1440)} d`;
}
