import type { ComponentChildren, JSX } from 'preact';
import { Icon, type IconName } from './icon.tsx';

interface EmptyStateProps {
  readonly title: string;
  readonly icon?: IconName;
  readonly children?: ComponentChildren;
}

/** What stands where nothing is: why, and what to do. */
export function EmptyState({ title, icon = 'film', children }: EmptyStateProps): JSX.Element {
  return (
    <div class="empty">
      <Icon name={icon} />
      <h2>{title}</h2>
      <div>{children}</div>
    </div>
  );
}
