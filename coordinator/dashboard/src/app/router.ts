import { computed, signal, type ReadonlySignal } from '@preact/signals';

/** A page and what its path names. */
export type Route =
  | { readonly page: 'jobs' | 'agents' | 'grid' | 'submit' | 'tokens' }
  | { readonly page: 'job' | 'agent'; readonly id: string }
  | { readonly page: 'unknown'; readonly path: string };

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** The page that a path means; the coordinator answers the same paths with the page. */
export function routeOf(path: string): Route {
  if (path === '/') return { page: 'jobs' };
  const [, first = '', named = '', ...more] = path.split('/');
  const id = decoded(named);
  if (more.length > 0 || id === undefined) return { page: 'unknown', path };
  if (first === 'jobs' && id !== '') return { page: 'job', id };
  if (first === 'agents' && id !== '') return { page: 'agent', id };
  if (id !== '') return { page: 'unknown', path };
  if (first === 'agents' || first === 'grid' || first === 'submit' || first === 'tokens')
    return { page: first };
  return { page: 'unknown', path };
}

export const paths = {
  job: (id: string): string => `/jobs/${encodeURIComponent(id)}`,
  agent: (id: string): string => `/agents/${encodeURIComponent(id)}`,
} as const;

/** Paths by the history API: links are plain `<a href>` and work with every click that browsers know. */
export class Router {
  readonly #url = signal(new URL('http://page/'));
  readonly #window: Window;
  readonly route: ReadonlySignal<Route> = computed(() => routeOf(this.#url.value.pathname));
  /** The query of the address, where pages keep their filters. */
  readonly query: ReadonlySignal<URLSearchParams> = computed(() => this.#url.value.searchParams);

  constructor(window: Window) {
    this.#window = window;
    this.#read();
    window.addEventListener('popstate', () => this.#read());
    window.document.addEventListener('click', (event) => this.#click(event));
  }

  /** To another page; the focus goes to its heading, as it would with a real load. */
  go(path: string): void {
    this.#window.history.pushState(null, '', path);
    this.#read();
    this.#window.scrollTo(0, 0);
    this.#window.document.getElementById('main')?.focus({ preventScroll: true });
  }

  /** Other filters of the same page; empty ones are left out. */
  setQuery(values: Readonly<Record<string, string>>): void {
    const query = new URLSearchParams(this.#url.peek().searchParams);
    for (const [name, value] of Object.entries(values)) {
      if (value === '') query.delete(name);
      else query.set(name, value);
    }
    const text = query.toString();
    this.#window.history.replaceState(null, '', this.#url.peek().pathname + (text === '' ? '' : `?${text}`));
    this.#read();
  }

  #read(): void {
    this.#url.value = new URL(this.#window.location.href);
  }

  #click(event: MouseEvent): void {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    if (!link || link.target !== '' || link.hasAttribute('download')) return;
    const url = new URL(link.href, this.#window.location.href);
    if (url.origin !== this.#window.location.origin || url.hash !== '') return;
    if (routeOf(url.pathname).page === 'unknown') return;
    event.preventDefault();
    this.go(url.pathname + url.search);
  }
}
