import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { ActionButton } from './button.tsx';

interface ConfirmDialogProps {
  readonly title: string;
  /** The verb on the button, e.g. `Cancel 3 jobs`. */
  readonly verb: string;
  readonly danger?: boolean;
  readonly confirm: () => void | Promise<void>;
  /** It was closed, whichever way. */
  readonly close: () => void;
  readonly children: ComponentChildren;
}

/** Asks before something that is hard to take back. Escape and the first button mean no. */
export function ConfirmDialog(props: ConfirmDialogProps): JSX.Element {
  const { title, verb, danger, confirm, close, children } = props;
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => dialog.current?.showModal(), []);
  const yes = async (): Promise<void> => {
    await confirm();
    dialog.current?.close();
    // What was asked about may be gone, and this dialog with it.
    close();
  };
  return (
    <dialog ref={dialog} class="card" aria-labelledby={id} onClose={close}>
      <h2 id={id}>{title}</h2>
      <div class="dialog-text">{children}</div>
      <div class="actions">
        <button type="button" class="button plain" autofocus onClick={() => dialog.current?.close()}>
          Keep it so
        </button>
        <ActionButton kind={danger ? 'danger' : 'primary'} run={yes}>
          {verb}
        </ActionButton>
      </div>
    </dialog>
  );
}
