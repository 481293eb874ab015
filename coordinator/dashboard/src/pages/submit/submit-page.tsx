import type { JSX } from 'preact';
import { PageHead } from '../../ui/page-head.tsx';

export function SubmitPage(): JSX.Element {
  return <PageHead title="Submit" />;
}
