import type { JSX } from 'preact';
import { PageHead } from '../../ui/page-head.tsx';

export function JobsPage(): JSX.Element {
  return <PageHead title="Jobs" />;
}
