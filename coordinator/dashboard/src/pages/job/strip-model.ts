import { computed, signal, type ReadonlySignal } from '@preact/signals';
import type { Task } from './job-picture.ts';
import {
  filmFrames,
  frameAt,
  hitBlock,
  layOut,
  stripClips,
  type Block,
  type StripClip,
  type View,
} from './strip-layout.ts';
import { closeTo, isWhole, movedCursor, panned, showing, wholeView, zoomed } from './strip-view.ts';

const KEY_ZOOM = 1.6;

/** What the strip shows, and what keys and pointers do to it. */
export class StripModel {
  readonly #clips = signal<readonly StripClip[]>([]);
  readonly clips: ReadonlySignal<readonly StripClip[]> = this.#clips;
  readonly #view = signal<View>(wholeView(1));
  readonly view: ReadonlySignal<View> = this.#view;
  /** Index of the clip that the keyboard is at. */
  readonly cursor = signal(0);
  /** Of the strip in CSS pixels. */
  readonly width = signal(0);
  readonly #hover = signal<number | undefined>(undefined);
  /** Index of the block under the pointer. */
  readonly hover: ReadonlySignal<number | undefined> = this.#hover;
  readonly frames: ReadonlySignal<number> = computed(() => filmFrames(this.#clips.value));
  readonly isWhole: ReadonlySignal<boolean> = computed(() => isWhole(this.#view.value, this.frames.value));
  readonly blocks: ReadonlySignal<readonly Block[]> = computed(() =>
    layOut(this.#clips.value, this.#view.value, Math.max(1, this.width.value)),
  );

  update(tasks: readonly Task[], framesTotal: number): void {
    const before = this.frames.peek();
    this.#clips.value = stripClips(tasks, framesTotal);
    if (this.frames.peek() === before) return;
    this.#view.value = wholeView(this.frames.peek());
    this.cursor.value = 0;
  }

  /** `x` in pixels; undefined: around the cursor's clip. */
  zoom(factor: number, x?: number): void {
    const view = this.#view.peek();
    const clip = this.#clips.peek()[this.cursor.peek()];
    const inView = clip && clip.end > view.from && clip.start < view.to;
    const middle = inView ? (clip.start + clip.end) / 2 : (view.from + view.to) / 2;
    const around = x === undefined ? middle : frameAt(view, x, this.width.peek());
    this.#view.value = zoomed(view, { factor, around }, this.frames.peek());
  }

  /** To the right of the film by so many pixels. */
  pan(pixels: number): void {
    const view = this.#view.peek();
    const by = (pixels / Math.max(1, this.width.peek())) * (view.to - view.from);
    this.#view.value = panned(view, by, this.frames.peek());
  }

  showAll(): void {
    this.#view.value = wholeView(this.frames.peek());
  }

  /** The overview's thumb was put there: a share of the film. */
  centreAt(share: number): void {
    const view = this.#view.peek();
    const by = share * this.frames.peek() - (view.from + view.to) / 2;
    this.#view.value = panned(view, by, this.frames.peek());
  }

  point(x: number | undefined): void {
    const block = x === undefined ? undefined : hitBlock(this.blocks.peek(), x);
    this.#hover.value = block && this.blocks.peek().indexOf(block);
  }

  /** What is at a pixel becomes the cursor; its task, or undefined where several clips are one block: then it comes closer. */
  pick(x: number): Task | undefined {
    const block = hitBlock(this.blocks.peek(), x);
    if (!block) return undefined;
    this.cursor.value = block.first;
    if (block.first === block.last) return this.#clips.peek()[block.first]?.task;
    this.#view.value = closeTo(this.#clips.peek(), block, this.frames.peek());
    this.#hover.value = undefined;
    return undefined;
  }

  /** Whether the key means something here. */
  press(key: string): boolean {
    if (key === '+' || key === '=') this.zoom(KEY_ZOOM);
    else if (key === '-') this.zoom(1 / KEY_ZOOM);
    else if (key === '0') this.showAll();
    else return this.#move(key);
    return true;
  }

  #move(key: string): boolean {
    const clips = this.#clips.peek();
    const to = movedCursor(key, this.cursor.peek(), clips.length);
    const clip = to === undefined ? undefined : clips[to];
    if (to === undefined || !clip) return false;
    this.cursor.value = to;
    this.#view.value = showing(this.#view.peek(), clip, this.frames.peek());
    return true;
  }
}
