import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { AgentResponse } from '../../../../http/responses.ts';
import { useApp } from '../../app/context.ts';
import { ActionButton } from '../../ui/button.tsx';
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';

type Question = 'drain' | 'revoke';

/** Drain, take back, revoke: for administrators. */
export function AgentActions({ agent }: { agent: AgentResponse }): JSX.Element | null {
  const { api, agents, session, toasts } = useApp();
  const asking = useSignal<Question | undefined>(undefined);
  if (!session.may('admin') || agent.state === 'revoked') return null;
  const path = `/agents/${encodeURIComponent(agent.agent_id)}`;
  const drain = async (deadlineS: number): Promise<void> => {
    agents.put(await api.postJson<AgentResponse>(`${path}/drain`, { deadline_seconds: deadlineS }));
    toasts.say(`${agent.name} drains`);
  };
  const undo = async (): Promise<void> => {
    agents.put(await api.postJson<AgentResponse>(`${path}/drain`, { undo: true }));
    toasts.say(`${agent.name} takes work again`);
  };
  const revoke = async (): Promise<void> => {
    await api.postJson<undefined>(`${path}/revoke`);
    agents.put(await api.getJson<AgentResponse>(path));
    toasts.say(`${agent.name} is revoked`);
  };
  const close = (): void => void (asking.value = undefined);
  return (
    <div class="actions">
      {agent.state === 'draining' ? (
        <ActionButton run={undo} label={`Let ${agent.name} take work again`}>
          Take back
        </ActionButton>
      ) : (
        <button
          type="button"
          class="button plain"
          disabled={agent.state === 'offline'}
          onClick={() => (asking.value = 'drain')}
          aria-label={`Drain ${agent.name}`}
        >
          Drain
        </button>
      )}
      <button
        type="button"
        class="button danger"
        onClick={() => (asking.value = 'revoke')}
        aria-label={`Revoke ${agent.name}`}
      >
        Revoke
      </button>
      {asking.value === 'drain' && <DrainDialog name={agent.name} drain={drain} close={close} />}
      {asking.value === 'revoke' && (
        <ConfirmDialog title={`Revoke ${agent.name}?`} verb="Revoke" danger confirm={revoke} close={close}>
          Its session ends at once, what it works on goes to others, and it is never let in again. To come
          back it must join anew, with an empty data folder.
        </ConfirmDialog>
      )}
    </div>
  );
}

const DEADLINES = [
  [0, 'As long as it takes'],
  [60, 'After a minute'],
  [600, 'After 10 minutes'],
  [3600, 'After an hour'],
] as const;

interface DrainDialogProps {
  readonly name: string;
  readonly drain: (deadlineS: number) => Promise<void>;
  readonly close: () => void;
}

function DrainDialog({ name, drain, close }: DrainDialogProps): JSX.Element {
  const deadline = useSignal(0);
  return (
    <ConfirmDialog title={`Drain ${name}?`} verb="Drain" confirm={() => drain(deadline.value)} close={close}>
      <p>It finishes what it holds and takes nothing new, until it is taken back.</p>
      <label class="field">
        What it still holds is taken back
        <select value={deadline} onChange={(event) => (deadline.value = Number(event.currentTarget.value))}>
          {DEADLINES.map(([seconds, words]) => (
            <option key={seconds} value={seconds}>
              {words}
            </option>
          ))}
        </select>
      </label>
    </ConfirmDialog>
  );
}
