import type { StripClip, View } from './strip-layout.ts';

/** Closer than this many frames nobody needs to look. */
const FEWEST_FRAMES = 24;
/** A clip that is gone to has this share of the view free on its sides. */
const MARGIN = 0.15;

export function wholeView(frames: number): View {
  return { from: 0, to: Math.max(1, frames) };
}

export function isWhole(view: View, frames: number): boolean {
  return view.from <= 0 && view.to >= frames;
}

/** As wide as asked for, at least a few frames, at most the film; within the film. */
function within(from: number, span: number, frames: number): View {
  const width = Math.min(Math.max(span, Math.min(FEWEST_FRAMES, frames)), Math.max(1, frames));
  const start = Math.min(Math.max(0, from), Math.max(1, frames) - width);
  return { from: start, to: start + width };
}

/** Closer (`factor` above 1) or farther, with the frame `around` where it is on the screen. */
export function zoomed(
  view: View,
  { factor, around }: { readonly factor: number; readonly around: number },
  frames: number,
): View {
  const span = view.to - view.from;
  const narrow = Math.min(Math.max(span / factor, Math.min(FEWEST_FRAMES, frames)), Math.max(1, frames));
  return within(around - ((around - view.from) / span) * narrow, narrow, frames);
}

/** Moved by so many frames. */
export function panned(view: View, by: number, frames: number): View {
  return within(view.from + by, view.to - view.from, frames);
}

/** Moved as little as shows the whole clip; as it was where it is seen already. */
export function showing(view: View, clip: StripClip, frames: number): View {
  const span = Math.max(view.to - view.from, clip.end - clip.start);
  const margin = Math.min(span * MARGIN, (span - (clip.end - clip.start)) / 2);
  if (clip.start >= view.from && clip.end <= view.to) return view;
  const from = clip.start < view.from ? clip.start - margin : clip.end + margin - span;
  return within(from, span, frames);
}

/** So close that these clips (indices, both included) fill most of it. */
export function closeTo(
  clips: readonly StripClip[],
  { first, last }: { readonly first: number; readonly last: number },
  frames: number,
): View {
  const [start, end] = [clips[first]?.start ?? 0, clips[last]?.end ?? frames];
  const margin = (end - start) * MARGIN;
  return within(start - margin, end - start + 2 * margin, frames);
}

/** Where a key moves the cursor among `count` clips; undefined: the key means nothing here. */
export function movedCursor(key: string, at: number, count: number): number | undefined {
  const last = count - 1;
  const page = Math.max(1, Math.round(count / 20));
  const to: Readonly<Record<string, number>> = {
    ArrowLeft: at - 1,
    ArrowUp: at - 1,
    ArrowRight: at + 1,
    ArrowDown: at + 1,
    PageUp: at - page,
    PageDown: at + page,
    Home: 0,
    End: last,
  };
  const next = to[key];
  return next === undefined || count === 0 ? undefined : Math.min(Math.max(0, next), last);
}
