import type { JSX } from 'preact';
import { PageHead } from '../../ui/page-head.tsx';

export function JobPage({ id }: { id: string }): JSX.Element {
  return <PageHead title={`Job ${id}`} />;
}
