import type { JSX } from 'preact';
import { useApp } from '../app/context.ts';
import { Icon } from './icon.tsx';

export function ToastList(): JSX.Element {
  const { toasts } = useApp();
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.list.value.map(({ id, kind, text }) => (
        <div key={id} class="toast" data-kind={kind}>
          <span>{text}</span>
          <button type="button" class="icon-button" onClick={() => toasts.close(id)} aria-label="Close">
            <Icon name="close" />
          </button>
        </div>
      ))}
    </div>
  );
}
