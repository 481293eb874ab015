import { useSignal } from '@preact/signals';
import type { ComponentChildren, JSX } from 'preact';
import { useApp } from '../app/context.ts';

interface ActionButtonProps {
  /** What is done; a failure is told in a toast. */
  readonly run: () => void | Promise<void>;
  readonly kind?: 'primary' | 'danger' | 'plain';
  readonly label?: string;
  readonly disabled?: boolean;
  readonly children: ComponentChildren;
}

/** A button that cannot be pressed twice while its work is under way. */
export function ActionButton({
  run,
  kind = 'plain',
  label,
  disabled,
  children,
}: ActionButtonProps): JSX.Element {
  const { toasts } = useApp();
  const busy = useSignal(false);
  const press = async (): Promise<void> => {
    busy.value = true;
    try {
      await run();
    } catch (thrown) {
      toasts.fail(thrown);
    }
    busy.value = false;
  };
  return (
    <button
      type="button"
      class={`button ${kind}`}
      aria-label={label}
      disabled={disabled === true || busy.value}
      onClick={() => void press()}
    >
      {children}
    </button>
  );
}
