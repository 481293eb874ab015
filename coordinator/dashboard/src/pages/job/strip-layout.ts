import type { Task } from './job-picture.ts';

/** A clip on the film's axis, `[start, end)` in frames. */
export interface StripClip {
  readonly task: Task;
  readonly start: number;
  readonly end: number;
}

/** The part of the film that is seen, in frames; not whole numbers while it is moved. */
export interface View {
  readonly from: number;
  readonly to: number;
}

/** What is drawn as one: a clip, or neighbours that are too narrow to be told apart. */
export interface Block {
  /** In CSS pixels from the left edge of the strip. */
  readonly x: number;
  readonly width: number;
  /** Indices of clips, both included. */
  readonly first: number;
  readonly last: number;
}

/** Narrower clips are drawn together with their neighbours, in blocks of about this width. */
const NARROW_PX = 3;

/** The clips of a job in their order; a command on the whole source is one. */
export function stripClips(tasks: readonly Task[], framesTotal: number): StripClip[] {
  const clips: StripClip[] = [];
  for (const task of tasks) {
    if (task.kind === 'encode' && task.start_frame !== null && task.end_frame !== null)
      clips.push({ task, start: task.start_frame, end: task.end_frame });
    else if (task.kind === 'media') clips.push({ task, start: 0, end: Math.max(1, framesTotal) });
  }
  return clips;
}

/** The number of frames that the axis has. */
export function filmFrames(clips: readonly StripClip[]): number {
  return clips.at(-1)?.end ?? 0;
}

/** The first clip that ends behind a frame; the number of clips where none does. */
export function clipAt(clips: readonly StripClip[], frame: number): number {
  let [low, high] = [0, clips.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((clips[middle]?.end ?? 0) > frame) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** What is drawn of the clips in a view, from left to right. At most one block for each 3 pixels. */
export function layOut(clips: readonly StripClip[], view: View, widthPx: number): Block[] {
  const scale = widthPx / (view.to - view.from);
  const blocks: Block[] = [];
  let open: Block | undefined;
  for (let i = clipAt(clips, view.from); i < clips.length; i++) {
    const clip = clips[i];
    if (clip === undefined || clip.start >= view.to) break;
    const x = (clip.start - view.from) * scale;
    const width = (clip.end - clip.start) * scale;
    if (open && width < NARROW_PX && open.width < NARROW_PX) {
      open = { ...open, width: x + width - open.x, last: i };
      blocks[blocks.length - 1] = open;
    } else {
      open = { x, width, first: i, last: i };
      blocks.push(open);
    }
  }
  return blocks;
}

/** The block at a pixel; undefined beside the film. */
export function hitBlock(blocks: readonly Block[], x: number): Block | undefined {
  let [low, high] = [0, blocks.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const block = blocks[middle];
    if (block !== undefined && block.x + block.width > x) high = middle;
    else low = middle + 1;
  }
  const found = blocks[low];
  return found !== undefined && found.x <= x ? found : undefined;
}

/** The frame at a pixel, and the other way round. */
export function frameAt(view: View, x: number, widthPx: number): number {
  return view.from + (x / widthPx) * (view.to - view.from);
}

export function pixelOf(view: View, frame: number, widthPx: number): number {
  return ((frame - view.from) / (view.to - view.from)) * widthPx;
}
