/** What a status answer holds; see the contract's section 2.3. */
export interface AnimeStatus {
  readonly task_id: string;
  readonly status: Readonly<Record<string, string>>;
  readonly success: boolean;
  readonly result: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly progress: Readonly<Record<string, number>>;
  readonly known: boolean;
  readonly source: { readonly bytes: number; readonly size_bytes: number | null } | null;
  readonly master_path: string | null;
  readonly thumbnails_path: string | null;
  readonly subtitles: 'making' | 'published' | 'failed' | 'replaced' | null;
  readonly error: string | null;
}

export interface Waiting {
  readonly withinMs?: number;
  readonly everyMs?: number;
}

export interface AnimeAnswer {
  readonly status: number;
  readonly type: string | null;
  readonly text: string;
  readonly headers: Headers;
}

/** An HTTP client of the HLS ladder's API, as its callers write one. */
export class AnimeClient {
  readonly url: string;
  readonly token: string;

  constructor(url: string, token: string) {
    this.url = url;
    this.token = token;
  }

  async request(path: string, options: RequestInit = {}): Promise<AnimeAnswer> {
    const answer = await fetch(`${this.url}${path}`, { redirect: 'manual', ...options });
    const { status, headers } = answer;
    return { status, type: headers.get('content-type'), text: await answer.text(), headers };
  }

  get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<AnimeAnswer> {
    return this.request(path, { headers: { Authorization: this.token, ...headers } });
  }

  post(path: string, body?: string, headers: Readonly<Record<string, string>> = {}): Promise<AnimeAnswer> {
    const own = { Authorization: this.token, 'Content-Type': 'application/json' };
    const init = { method: 'POST', headers: { ...own, ...headers } };
    return this.request(path, body === undefined ? init : { ...init, body });
  }

  /** Resolves to the id, or throws with the answer. */
  async create(body: object): Promise<string> {
    const { status, text } = await this.post('/anime/create', JSON.stringify(body));
    if (status !== 200) throw new Error(`create: ${status} ${text}`);
    return (JSON.parse(text) as { task_id: string }).task_id;
  }

  async status(taskId: string): Promise<AnimeStatus> {
    return JSON.parse((await this.get(`/anime/status/${taskId}`)).text) as AnimeStatus;
  }

  /** Asks until the status is as wanted, every `everyMs`; throws with what it last was. */
  async until(
    taskId: string,
    wanted: (now: AnimeStatus) => boolean,
    { withinMs = 110_000, everyMs = 50 }: Waiting = {},
  ): Promise<AnimeStatus> {
    const deadline = performance.now() + withinMs;
    for (;;) {
      const now = await this.status(taskId);
      if (wanted(now)) return now;
      if (performance.now() > deadline) throw new Error(`${taskId} is still ${JSON.stringify(now)}`);
      await new Promise((resolve) => setTimeout(resolve, everyMs));
    }
  }

  /** All renditions are ready, whichever way. */
  ended(taskId: string, waiting?: Waiting): Promise<AnimeStatus> {
    const ready = new Set(['SUCCESS', 'FAILURE', 'REVOKED', 'FAILURE CREATE EPISODE']);
    const isReady = ({ status }: AnimeStatus): boolean => {
      const states = Object.values(status);
      return states.length > 0 && states.every((state) => ready.has(state));
    };
    return this.until(taskId, isReady, waiting);
  }

  /** As `ended`; throws unless it is a success. */
  async succeeded(taskId: string, waiting?: Waiting): Promise<AnimeStatus> {
    const now = await this.ended(taskId, waiting);
    if (!now.success) throw new Error(`${taskId} failed: ${JSON.stringify(now)}`);
    return now;
  }
}
