const AT_ONCE = 4;
const MOST = 300;

/** Pictures of a job's finished clips, fetched as they are looked at. At most some hundred are kept. */
export class Thumbnails {
  readonly #jobId: string;
  readonly #onPicture: () => void;
  /** Null: being fetched, or there is none. In the order of their use. */
  readonly #known = new Map<number, HTMLImageElement | null>();
  #queue: readonly number[] = [];
  #loading = 0;
  #hasAny = false;

  /** `onPicture`: there is something new to draw. */
  constructor(jobId: string, onPicture: () => void) {
    this.#jobId = jobId;
    this.#onPicture = onPicture;
  }

  /** Whether any clip had one. */
  get hasAny(): boolean {
    return this.#hasAny;
  }

  get(clip: number): HTMLImageElement | undefined {
    const picture = this.#known.get(clip);
    if (!picture) return undefined;
    this.#known.delete(clip);
    this.#known.set(clip, picture);
    return picture;
  }

  /** What is looked at now; what was asked for before and is not here yet counts no more. */
  want(clips: readonly number[]): void {
    this.#queue = clips.filter((clip) => !this.#known.has(clip));
    this.#next();
  }

  urlOf(clip: number): string {
    return `/api/v1/jobs/${encodeURIComponent(this.#jobId)}/clips/${clip}/thumbnail`;
  }

  #next(): void {
    while (this.#loading < AT_ONCE) {
      const [clip, ...rest] = this.#queue;
      if (clip === undefined) return;
      this.#queue = rest;
      if (!this.#known.has(clip)) this.#load(clip);
    }
  }

  #load(clip: number): void {
    this.#loading++;
    this.#known.set(clip, null);
    const picture = new Image();
    const end = (found: boolean): void => {
      this.#loading--;
      if (found) {
        this.#known.set(clip, picture);
        this.#hasAny = true;
        this.#forget();
        this.#onPicture();
      }
      this.#next();
    };
    picture.addEventListener('load', () => end(true));
    picture.addEventListener('error', () => end(false));
    picture.src = this.urlOf(clip);
  }

  #forget(): void {
    for (const clip of this.#known.keys()) {
      if (this.#known.size <= MOST) return;
      this.#known.delete(clip);
    }
  }
}
