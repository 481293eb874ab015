import type { JSX } from 'preact';
import { PageHead } from '../../ui/page-head.tsx';

export function TokensPage(): JSX.Element {
  return <PageHead title="Join tokens" />;
}
