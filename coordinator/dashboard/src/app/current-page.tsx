import type { JSX } from 'preact';
import { AgentPage } from '../pages/agent/agent-page.tsx';
import { AgentsPage } from '../pages/agents/agents-page.tsx';
import { JobPage } from '../pages/job/job-page.tsx';
import { JobsPage } from '../pages/jobs/jobs-page.tsx';
import { TokensPage } from '../pages/tokens/tokens-page.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { Later } from '../ui/later.tsx';
import type { Route } from './router.ts';

// Plots and the editor of scripts are larger than all the rest of the page.
const gridPage = async () => (await import('../pages/grid/grid-page.tsx')).GridPage;
const submitPage = async () => (await import('../pages/submit/submit-page.tsx')).SubmitPage;

/** The page that the path names. */
export function CurrentPage({ route }: { route: Route }): JSX.Element {
  switch (route.page) {
    case 'jobs':
      return <JobsPage />;
    case 'job':
      return <JobPage key={route.id} id={route.id} />;
    case 'agents':
      return <AgentsPage />;
    case 'agent':
      return <AgentPage key={route.id} id={route.id} />;
    case 'grid':
      return <Later key="grid" load={gridPage} />;
    case 'submit':
      return <Later key="submit" load={submitPage} />;
    case 'tokens':
      return <TokensPage />;
    case 'unknown':
      return (
        <EmptyState title="There is no such page">
          Nothing is at {route.path}. <a href="/">All jobs</a>
        </EmptyState>
      );
  }
}
