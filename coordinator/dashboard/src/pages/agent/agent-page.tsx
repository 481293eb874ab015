import type { JSX } from 'preact';
import { PageHead } from '../../ui/page-head.tsx';

export function AgentPage({ id }: { id: string }): JSX.Element {
  return <PageHead title={`Agent ${id}`} />;
}
