const AT_ONCE = 4;
const MOST = 300;
/** When so many are not there, the others are not asked for. */
const FEW = 3;

/** Pictures of a job's finished clips, fetched as they are looked at. At most some hundred are kept. */
export class Thumbnails {
  readonly #jobId: string;
  readonly #onPicture: () => void;
  /** Null: being fetched, or there is none. In the order of their use. */
  readonly #known = new Map<number, HTMLImageElement | null>();
  #queue: readonly number[] = [];
  #loading = 0;
  #found = 0;
  #missed = 0;

  /** `onPicture`: there is something new to draw. */
  constructor(jobId: string, onPicture: () => void) {
    this.#jobId = jobId;
    this.#onPicture = onPicture;
  }

  /** Nothing was found so far, and not for want of asking: the job has none. */
  get areNone(): boolean {
    return this.#found === 0 && this.#missed >= FEW;
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
    this.#queue = this.areNone ? [] : clips.filter((clip) => !this.#known.has(clip));
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
      if (found) this.#keep(clip, picture);
      else if (++this.#missed === FEW) this.#onPicture();
      this.#next();
    };
    picture.addEventListener('load', () => end(true));
    picture.addEventListener('error', () => end(false));
    picture.src = this.urlOf(clip);
  }

  #keep(clip: number, picture: HTMLImageElement): void {
    this.#found++;
    this.#known.set(clip, picture);
    this.#forget();
    this.#onPicture();
  }

  #forget(): void {
    for (const clip of this.#known.keys()) {
      if (this.#known.size <= MOST) return;
      this.#known.delete(clip);
    }
  }
}
