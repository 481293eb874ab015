import type { JSX } from 'preact';
import { ToastList } from '../ui/toast-list.tsx';
import { AppContext } from './context.ts';
import type { App } from './create-app.ts';
import { CurrentPage } from './current-page.tsx';
import { Shell } from './shell.tsx';
import { SignIn } from './sign-in.tsx';

/** Everything below `#app`. */
export function Root({ app }: { app: App }): JSX.Element {
  return (
    <AppContext.Provider value={app}>
      <Inside app={app} />
      <ToastList />
    </AppContext.Provider>
  );
}

function Inside({ app }: { app: App }): JSX.Element {
  const now = app.session.state.value;
  if (now.state === 'signed out') return <SignIn />;
  if (now.state === 'signed in') {
    return (
      <Shell session={now.session}>
        <CurrentPage route={app.router.route.value} />
      </Shell>
    );
  }
  return (
    <main class="alone" aria-busy={now.state === 'loading'}>
      <p class="quiet">
        {now.state === 'away' ? `${now.why}. Trying again every few seconds.` : 'Loading …'}
      </p>
    </main>
  );
}
