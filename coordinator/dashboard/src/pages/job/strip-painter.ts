import { rate } from '../../ui/format.ts';
import { frameTicks, timeTicks, type Tick } from './axis.ts';
import { countStates, doneShare, savedShare, type Task, type TaskState } from './job-picture.ts';
import type { Palette } from './strip-palette.ts';
import { clipAt, frameAt, pixelOf, type Block, type StripClip, type View } from './strip-layout.ts';
import type { Thumbnails } from './thumbnails.ts';

/** Heights of the strip's rows, in CSS pixels. */
export const ROWS = { axis: 24, film: 76, blocks: 58 } as const;

export interface Scene {
  readonly clips: readonly StripClip[];
  readonly blocks: readonly Block[];
  readonly view: View;
  readonly widthPx: number;
  /** Of the film; null: its axis is in frames. */
  readonly secondsPerFrame: number | null;
  /** Index of a clip. */
  readonly cursor: number | undefined;
  /** Of a block that the pointer is over. */
  readonly hover: number | undefined;
  /** Undefined: the job has none, and the film is not drawn. */
  readonly thumbnails: Thumbnails | undefined;
}

const HOLE = { width: 7, height: 5, apart: 15, edge: 5 } as const;
const TILE_HEIGHT = ROWS.film - 32;
const TILE_WIDTH = Math.round((TILE_HEIGHT * 16) / 9);

/** In CSS pixels, with and without thumbnails. */
export function stripHeight(hasFilm: boolean): number {
  return ROWS.axis + (hasFilm ? ROWS.film : 0) + ROWS.blocks;
}

/** Draws the whole strip: some hundred rectangles, however many clips there are. */
export function paintStrip(context: CanvasRenderingContext2D, scene: Scene, palette: Palette): void {
  context.clearRect(0, 0, scene.widthPx, stripHeight(scene.thumbnails !== undefined));
  context.font = `11px ${palette.font}`;
  context.textBaseline = 'middle';
  paintAxis(context, scene, palette);
  let top: number = ROWS.axis;
  if (scene.thumbnails) {
    paintFilm(context, { scene, palette, thumbnails: scene.thumbnails });
    top += ROWS.film;
  }
  for (const [i, block] of scene.blocks.entries()) {
    const paint = { context, palette, top, isHovered: scene.hover === i };
    const clip = scene.clips[block.first];
    if (block.first === block.last && clip) paintClip(paint, block, clip.task);
    else paintMany(paint, block, scene.clips);
  }
  paintCursor(context, { scene, palette, top });
}

function paintAxis(context: CanvasRenderingContext2D, scene: Scene, palette: Palette): void {
  const { view, widthPx, secondsPerFrame: unit } = scene;
  const ticks: Tick[] =
    unit === null
      ? frameTicks(view.from, view.to, widthPx)
      : timeTicks(view.from * unit, view.to * unit, widthPx);
  context.strokeStyle = palette.line;
  context.fillStyle = palette.faint;
  context.lineWidth = 1;
  for (const { at, label } of ticks) {
    const x = Math.round(pixelOf(view, unit === null ? at : at / unit, widthPx)) + 0.5;
    context.beginPath();
    context.moveTo(x, ROWS.axis - 6);
    context.lineTo(x, ROWS.axis);
    context.stroke();
    const width = context.measureText(label).width;
    context.fillText(label, Math.min(Math.max(0, x - width / 2), widthPx - width), ROWS.axis / 2 - 3);
  }
}

/** A strip of film with its holes; in it, at equal distances, a picture of the clip that lies there. */
function paintFilm(
  context: CanvasRenderingContext2D,
  { scene, palette, thumbnails }: { scene: Scene; palette: Palette; thumbnails: Thumbnails },
): void {
  const { widthPx, view, clips } = scene;
  const right = Math.min(widthPx, pixelOf(view, clips.at(-1)?.end ?? 0, widthPx));
  context.fillStyle = palette.film;
  context.fillRect(0, ROWS.axis, right, ROWS.film);
  context.fillStyle = palette.hole;
  const shift = -(pixelOf(view, 0, widthPx) * -1) % HOLE.apart;
  for (let x = shift; x < right; x += HOLE.apart) {
    for (const y of [ROWS.axis + HOLE.edge, ROWS.axis + ROWS.film - HOLE.edge - HOLE.height])
      context.fillRect(x, y, HOLE.width, HOLE.height);
  }
  const top = ROWS.axis + (ROWS.film - TILE_HEIGHT) / 2;
  const wanted: number[] = [];
  for (let x = 0; x < right; x += TILE_WIDTH + 2) {
    const clip = clips[clipAt(clips, frameAt(view, x + TILE_WIDTH / 2, widthPx))];
    const index = clip?.task.clip_index;
    if (index === null || index === undefined || clip?.task.state !== 'succeeded') continue;
    wanted.push(index);
    const picture = thumbnails.get(index);
    if (picture) drawCover(context, picture, { x, y: top, width: TILE_WIDTH, height: TILE_HEIGHT, right });
  }
  thumbnails.want(wanted);
}

function drawCover(
  context: CanvasRenderingContext2D,
  picture: HTMLImageElement,
  to: { x: number; y: number; width: number; height: number; right: number },
): void {
  const scale = Math.max(to.width / picture.naturalWidth, to.height / picture.naturalHeight);
  const width = Math.min(to.width, to.right - to.x);
  const [w, h] = [width / scale, to.height / scale];
  const [x, y] = [(picture.naturalWidth - to.width / scale) / 2, (picture.naturalHeight - h) / 2];
  context.drawImage(picture, x, y, w, h, to.x, to.y, width, to.height);
}

interface Paint {
  readonly context: CanvasRenderingContext2D;
  readonly palette: Palette;
  readonly top: number;
  readonly isHovered: boolean;
}

function fill(paint: Paint, state: TaskState, box: readonly [number, number, number, number]): void {
  const { context, palette } = paint;
  context.fillStyle = palette.state[state];
  context.fillRect(...box);
  const pattern = palette.pattern[state];
  if (!pattern || box[2] < 3) return;
  context.fillStyle = pattern;
  context.fillRect(...box);
}

/** A gap between clips that are wide enough to have one. */
function gapOf(width: number): number {
  return width > 12 ? 2 : width > 4 ? 1 : 0;
}

function paintClip(paint: Paint, block: Block, task: Task): void {
  const { context, palette, top, isHovered } = paint;
  const x = block.x;
  const width = Math.max(1, block.width - gapOf(block.width));
  const height = ROWS.blocks - 4;
  const y = top + 4;
  context.save();
  context.beginPath();
  context.roundRect(x, y, width, height, width > 8 ? 4 : 0);
  context.clip();
  fill(paint, task.state, [x, y, width, height]);
  if (task.state === 'leased') {
    context.fillStyle = palette.state.succeeded;
    context.globalAlpha = 0.85;
    context.fillRect(x, y, width * doneShare(task), height);
    context.globalAlpha = 1;
  }
  const saved = task.state === 'succeeded' ? 0 : savedShare(task);
  if (saved > 0) {
    context.fillStyle = palette.state.succeeded;
    context.fillRect(x, y + height - 5, width * saved, 5);
  }
  if (isHovered) {
    context.fillStyle = palette.text;
    context.globalAlpha = 0.12;
    context.fillRect(x, y, width, height);
    context.globalAlpha = 1;
  }
  labelClip(paint, { x, y, width, height }, task);
  context.restore();
}

/** Names are put where they fit; the hover card and the list tell the rest. */
function labelClip(
  { context, palette }: Paint,
  box: { x: number; y: number; width: number; height: number },
  task: Task,
): void {
  const name = task.clip_index === null ? '' : String(task.clip_index + 1);
  context.font = `600 11px ${palette.font}`;
  if (box.width < context.measureText(name).width + 10) return;
  const mark = { ready: '', leased: '', succeeded: '✓', failed: '✕', cancelled: '–' }[task.state];
  const lines = [`${name} ${mark}`.trim()];
  if (box.width > 64) {
    const percent = `${Math.floor(100 * doneShare(task))} %`;
    if (task.state === 'leased') lines.push(task.fps > 0 ? `${percent} · ${rate(task.fps)} fps` : percent);
    if (task.agent !== null && task.state !== 'ready') lines.push(task.agent);
    if (task.state === 'ready') lines.push('waiting');
  }
  const tries = task.attempts > 1 && box.width > 46 ? `×${task.attempts}` : '';
  context.fillStyle = task.state === 'ready' ? palette.text : palette.onState;
  for (const [i, line] of lines.entries()) {
    context.font = `${i === 0 ? 600 : 400} 11px ${palette.font}`;
    context.fillText(line, box.x + 5, box.y + 12 + i * 15, box.width - 8);
  }
  if (tries !== '')
    context.fillText(tries, box.x + box.width - context.measureText(tries).width - 5, box.y + 12);
}

const STACK: readonly TaskState[] = ['failed', 'cancelled', 'ready', 'leased', 'succeeded'];
const LEAST_PX = 4;

/** Clips too narrow for their own: a column, as high for each state as it has clips; what failed is never too small to see. */
function paintMany(paint: Paint, block: Block, clips: readonly StripClip[]): void {
  const counts = countStates(clips.slice(block.first, block.last + 1).map(({ task }) => task));
  const total = block.last - block.first + 1;
  const width = Math.max(1, block.width - gapOf(block.width));
  const height = ROWS.blocks - 4;
  let y = paint.top + 4;
  let left = height;
  for (const state of STACK) {
    if (counts[state] === 0) continue;
    const share = Math.max(LEAST_PX, Math.round((height * counts[state]) / total));
    const part = state === 'succeeded' ? left : Math.min(left, share);
    fill(paint, state, [block.x, y, width, part]);
    y += part;
    left -= part;
  }
  if (left > 0) fill(paint, lastState(counts), [block.x, y, width, left]);
  if (!paint.isHovered) return;
  paint.context.fillStyle = paint.palette.text;
  paint.context.globalAlpha = 0.2;
  paint.context.fillRect(block.x, paint.top + 4, width, height);
  paint.context.globalAlpha = 1;
}

function lastState(counts: Readonly<Record<TaskState, number>>): TaskState {
  return STACK.findLast((state) => counts[state] > 0) ?? 'ready';
}

function paintCursor(
  context: CanvasRenderingContext2D,
  { scene, palette, top }: { scene: Scene; palette: Palette; top: number },
): void {
  const { cursor, blocks } = scene;
  const block =
    cursor === undefined ? undefined : blocks.find(({ first, last }) => first <= cursor && cursor <= last);
  if (!block) return;
  const width = Math.max(3, block.width - gapOf(block.width));
  context.strokeStyle = palette.focus;
  context.lineWidth = 2;
  context.strokeRect(block.x - 1, top + 2, width + 2, ROWS.blocks - 2);
}
