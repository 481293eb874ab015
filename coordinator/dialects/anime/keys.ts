/** A rendition key taken apart: `1080p_uspp` is height 1080 with the deblocking filter. */
export interface RenditionKey {
  readonly text: string;
  /** Lines of the picture. */
  readonly lines: number;
  readonly isFiltered: boolean;
}

/** What a source looks like on a screen: square pixels, upright. */
export interface SourcePicture {
  readonly width: number;
  readonly height: number;
  /** Clockwise, as decoded frames are to be turned. */
  readonly turn: 0 | 90 | 180 | 270;
}

/** One rendition to be made. Both sizes are even. */
export interface RenditionPlan {
  readonly key: RenditionKey;
  readonly width: number;
  readonly height: number;
}

const MIN_LINES = 16;
const MAX_LINES = 4320;
/** Side of a picture that x264 and players still take. */
const MAX_SIDE = 16_384;
export const MAX_LADDER = 16;

/** No zeros in front: `0720p` would have the files of `720p`. */
const KEY = /^([1-9][0-9]{0,4})p(_uspp)?$/;

/** Why a text is no rendition key, in words; undefined when it is one. */
export function keyProblem(text: string): string | undefined {
  const lines = Number(KEY.exec(text)?.[1] ?? 0);
  if (lines >= MIN_LINES && lines <= MAX_LINES) return undefined;
  return `${JSON.stringify(text)} is no rendition: give a height of ${MIN_LINES} to ${MAX_LINES} such as 720p or 720p_uspp`;
}

/** Takes a key apart that `keyProblem` has nothing against. */
export function parseKey(text: string): RenditionKey {
  const [, digits = '0', filter] = KEY.exec(text) ?? [];
  return { text, lines: Number(digits), isFiltered: filter !== undefined };
}

const even = (length: number): number => Math.max(2, 2 * Math.round(length / 2));

function planOf(key: RenditionKey, lines: number, { width, height }: SourcePicture): RenditionPlan {
  const wide = even((lines * width) / height);
  if (wide <= MAX_SIDE) return { key, width: wide, height: even(lines) };
  return { key, width: MAX_SIDE, height: even((MAX_SIDE * height) / width) };
}

/**
 * The renditions of a ladder. With `never`, those above the source are left out, but one stays, at the source's own size
 * (contract 3.3).
 */
export function planLadder(
  ladder: readonly string[],
  picture: SourcePicture,
  upscale: 'lanczos' | 'never',
): RenditionPlan[] {
  const keys = ladder.map(parseKey);
  const fitting = upscale === 'lanczos' ? keys : keys.filter((key) => key.lines <= picture.height);
  if (fitting.length > 0) return fitting.map((key) => planOf(key, key.lines, picture));
  const lowest = keys.toSorted((a, b) => a.lines - b.lines)[0];
  return lowest === undefined ? [] : [planOf(lowest, picture.height, picture)];
}
