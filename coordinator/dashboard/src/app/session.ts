import { computed, signal, type ReadonlySignal } from '@preact/signals';
import type { SessionResponse } from '../../../http/responses.ts';
import { ApiError, messageOf, type Api } from '../api/client.ts';
import { timers } from './timers.ts';

export type Role = SessionResponse['scopes'][number];

export type SessionState =
  | { readonly state: 'loading' }
  | { readonly state: 'signed out' }
  /** Whether anybody is signed in cannot be asked now. */
  | { readonly state: 'away'; readonly why: string }
  | { readonly state: 'signed in'; readonly session: SessionResponse };

const AGAIN_MS = 3_000;

/** Who looks at the page, and what they may do. */
export class Session {
  readonly #api: Api;
  readonly #state = signal<SessionState>({ state: 'loading' });
  readonly state: ReadonlySignal<SessionState> = this.#state;
  readonly #roles = computed(() => {
    const now = this.#state.value;
    return now.state === 'signed in' ? now.session.scopes : [];
  });

  constructor(api: Api) {
    this.#api = api;
  }

  /** Whether the page may offer what needs this role; the coordinator asks again. */
  may(role: Role): boolean {
    return this.#roles.value.includes(role);
  }

  async load(): Promise<void> {
    try {
      const session = await this.#api.getJson<SessionResponse>('/session');
      this.#state.value = { state: 'signed in', session };
    } catch (thrown) {
      if (thrown instanceof ApiError && thrown.status === 401) return this.ended();
      this.#state.value = { state: 'away', why: messageOf(thrown) };
      timers.after(AGAIN_MS, () => void this.load());
    }
  }

  /** Throws `ApiError`, e.g. of a wrong token. */
  async signIn(token: string): Promise<void> {
    const session = await this.#api.postJson<SessionResponse>('/session', { token });
    this.#state.value = { state: 'signed in', session };
  }

  async signOut(): Promise<void> {
    await this.#api.delete('/session');
    this.ended();
  }

  /** The coordinator no longer knows the session. */
  ended(): void {
    this.#state.value = { state: 'signed out' };
  }
}
