import { effect, signal, type ReadonlySignal } from '@preact/signals';
import { Api } from '../api/client.ts';
import { EventFeed, type GridSample } from '../api/events.ts';
import { AgentsList } from '../data/agents-list.ts';
import { Router } from './router.ts';
import { Session } from './session.ts';
import { ThemeSwitch } from './theme.ts';
import { timers } from './timers.ts';
import { Toasts } from './toasts.ts';

/** What all parts of the page share; reached by `useApp()`. */
export interface App {
  readonly api: Api;
  readonly events: EventFeed;
  readonly router: Router;
  readonly session: Session;
  readonly theme: ThemeSwitch;
  readonly toasts: Toasts;
  /** Milliseconds since 1970, once a second: what shows ages reads it. */
  readonly now: ReadonlySignal<number>;
  /** The latest totals of the grid; undefined before the first. */
  readonly grid: ReadonlySignal<GridSample | undefined>;
  /** All agents, once a page has asked for them. */
  readonly agents: AgentsList;
}

const TICK_MS = 1_000;

/** The one place where the page is wired. The stream of events runs as long as somebody is signed in. */
export function createApp(window: Window): App {
  const api: Api = new Api(() => session.ended());
  const session = new Session(api);
  // Whether the session has ended is what any request is told.
  const events = new EventFeed(window.document, () => void api.getJson('/session').catch(() => undefined));
  const now = signal(timers.now());
  timers.every(TICK_MS, () => {
    now.value = timers.now();
  });
  const grid = signal<GridSample | undefined>(undefined);
  const seen = (sample: GridSample): void => {
    grid.value = sample;
  };
  events.on('hello', seen);
  events.on('grid', seen);
  effect(() => {
    if (session.state.value.state === 'signed in') events.start();
    else events.stop();
  });
  return {
    api,
    events,
    router: new Router(window),
    session,
    theme: new ThemeSwitch(window),
    toasts: new Toasts(),
    now,
    grid,
    agents: new AgentsList({ api, events }),
  };
}
