import { useEffect } from 'preact/hooks';
import type { ComponentChildren, JSX } from 'preact';

interface PageHeadProps {
  readonly title: string;
  /** Buttons and the like, at the right. */
  readonly children?: ComponentChildren;
}

/** The heading of a page; the window is called after it. */
export function PageHead({ title, children }: PageHeadProps): JSX.Element {
  useEffect(() => {
    document.title = `${title} · clipgrid`;
  }, [title]);
  return (
    <div class="page-head">
      <h1>{title}</h1>
      <div class="actions">{children}</div>
    </div>
  );
}
