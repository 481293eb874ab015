import { signal, type ReadonlySignal } from '@preact/signals';

export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

const KEY = 'clipgrid.theme';

function isTheme(text: string | null): text is Theme {
  return THEMES.some((theme) => theme === text);
}

/** Light, dark, or as the system has it; kept in this browser. */
export class ThemeSwitch {
  readonly #window: Window;
  readonly #theme = signal<Theme>('system');
  readonly #dark = signal(false);
  readonly theme: ReadonlySignal<Theme> = this.#theme;
  /** Whether dark is what is seen now. */
  readonly dark: ReadonlySignal<boolean> = this.#dark;

  constructor(window: Window) {
    this.#window = window;
    const stored = this.#stored();
    if (isTheme(stored)) this.#theme.value = stored;
    const system = window.matchMedia('(prefers-color-scheme: dark)');
    system.addEventListener('change', () => this.#apply());
    this.#apply();
  }

  set(theme: Theme): void {
    this.#theme.value = theme;
    try {
      this.#window.localStorage.setItem(KEY, theme);
    } catch {
      // Forbidden here: it holds until the page is left.
    }
    this.#apply();
  }

  /** The next of light, dark and system. */
  next(): void {
    const at = THEMES.indexOf(this.#theme.peek());
    this.set(THEMES[(at + 1) % THEMES.length] ?? 'system');
  }

  #stored(): string | null {
    try {
      return this.#window.localStorage.getItem(KEY);
    } catch {
      return null;
    }
  }

  #apply(): void {
    const theme = this.#theme.peek();
    const root = this.#window.document.documentElement;
    if (theme === 'system') delete root.dataset['theme'];
    else root.dataset['theme'] = theme;
    const system = this.#window.matchMedia('(prefers-color-scheme: dark)').matches;
    this.#dark.value = theme === 'system' ? system : theme === 'dark';
  }
}
