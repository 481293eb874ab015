import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useApp } from '../../app/context.ts';
import { Icon } from '../../ui/icon.tsx';
import type { CreatedToken } from './new-token.tsx';

/** The one line that a machine joins by, in the folder of clipgrid there. */
export function joinCommand(secret: string, at: { host: string; port: number; tls: boolean }): string {
  const host = at.host.includes(':') && !at.host.startsWith('[') ? `[${at.host}]` : at.host;
  const tls = at.tls ? ' --ca ca.pem' : '';
  return `CLIPGRID_JOIN_TOKEN=${secret} npx clipgrid agent --coordinator ${host}:${at.port}${tls}`;
}

/** Shown once: the coordinator keeps only a hash of it. */
export function TokenSecret({ token, close }: { token: CreatedToken; close: () => void }): JSX.Element {
  const { session } = useApp();
  const copied = useSignal(false);
  const now = session.state.value;
  const { hostname: host, protocol } = window.location;
  const port = now.state === 'signed in' ? now.session.agents_port : 7070;
  const tls = protocol === 'https:';
  const command = joinCommand(token.join_token, { host, port, tls });
  const copy = async (): Promise<void> => {
    // Over plain HTTP browsers have no clipboard: the line can still be selected.
    await navigator.clipboard?.writeText(command);
    copied.value = navigator.clipboard !== undefined;
  };
  return (
    <section class="card part secret" aria-labelledby="secret">
      <h2 id="secret">Run this on the machine that joins</h2>
      <pre tabIndex={0}>{command}</pre>
      <p class="quiet">
        It does its own set-up and only ever calls out. The secret is shown this once.
        {tls &&
          ' ca.pem is the certificate of the CA that this coordinator has its own from; “system” for a public one.'}
      </p>
      <div class="actions">
        <button type="button" class="button" onClick={() => void copy()}>
          <Icon name="copy" />
          {copied.value ? 'Copied' : 'Copy'}
        </button>
        <button type="button" class="button" onClick={close}>
          Done
        </button>
      </div>
    </section>
  );
}
