import type { JSX } from 'preact';
import { PageHead } from '../../ui/page-head.tsx';

export function GridPage(): JSX.Element {
  return <PageHead title="Grid" />;
}
