import type { ComponentChildren, JSX } from 'preact';
import type { SessionResponse } from '../../../http/responses.ts';
import { Icon, type IconName } from '../ui/icon.tsx';
import { useApp } from './context.ts';
import { StatusLine } from './status-line.tsx';
import type { Route } from './router.ts';
import type { Role } from './session.ts';

interface Place {
  readonly href: string;
  readonly label: string;
  readonly icon: IconName;
  /** Pages that belong to it. */
  readonly pages: readonly Route['page'][];
  readonly role: Role;
}

const PLACES: readonly Place[] = [
  { href: '/', label: 'Jobs', icon: 'jobs', pages: ['jobs', 'job'], role: 'read' },
  { href: '/agents', label: 'Agents', icon: 'agents', pages: ['agents', 'agent'], role: 'read' },
  { href: '/grid', label: 'Grid', icon: 'grid', pages: ['grid'], role: 'read' },
  { href: '/submit', label: 'Submit', icon: 'submit', pages: ['submit'], role: 'submit' },
  { href: '/tokens', label: 'Tokens', icon: 'tokens', pages: ['tokens'], role: 'admin' },
];

/** The frame of every page: where to go, how the grid is, who looks. */
export function Shell({
  session,
  children,
}: {
  session: SessionResponse;
  children: ComponentChildren;
}): JSX.Element {
  return (
    <div class="shell">
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <header class="side">
        <a class="brand" href="/" aria-label="clipgrid, all jobs">
          <img src="/favicon.svg" alt="" width="24" height="24" />
          <span>clipgrid</span>
        </a>
        <Places />
        <Me session={session} />
      </header>
      <div class="body">
        <StatusLine />
        <main id="main" tabIndex={-1}>
          {children}
        </main>
      </div>
    </div>
  );
}

function Places(): JSX.Element {
  const { router, session } = useApp();
  const { page } = router.route.value;
  return (
    <nav aria-label="Pages" class="places">
      {PLACES.filter(({ role }) => session.may(role)).map(({ href, label, icon, pages }) => (
        <a key={href} href={href} aria-current={pages.includes(page) ? 'page' : undefined}>
          <Icon name={icon} />
          <span>{label}</span>
        </a>
      ))}
    </nav>
  );
}

function Me({ session }: { session: SessionResponse }): JSX.Element {
  const { theme, session: mine, toasts } = useApp();
  const signOut = (): void => void mine.signOut().catch((thrown: unknown) => toasts.fail(thrown));
  const role = session.scopes.includes('admin') ? 'admin' : (session.scopes.at(-1) ?? 'nothing');
  return (
    <div class="me">
      <span class="who" title={`may: ${session.scopes.join(', ')}`}>
        {session.auth === 'none' ? 'no sign-in' : session.owner}
        <small>{role}</small>
      </span>
      <button
        type="button"
        class="icon-button"
        onClick={() => theme.next()}
        aria-label={`Theme: ${theme.theme.value}. Change it`}
        title={`Theme: ${theme.theme.value}`}
      >
        <Icon name={theme.theme.value} />
      </button>
      {session.auth === 'token' && (
        <button type="button" class="icon-button" onClick={signOut} aria-label="Sign out" title="Sign out">
          <Icon name="leave" />
        </button>
      )}
    </div>
  );
}
