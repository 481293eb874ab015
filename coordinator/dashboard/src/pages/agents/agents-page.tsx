import type { JSX } from 'preact';
import { PageHead } from '../../ui/page-head.tsx';

export function AgentsPage(): JSX.Element {
  return <PageHead title="Agents" />;
}
