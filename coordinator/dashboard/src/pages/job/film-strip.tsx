import { signal, type ReadonlySignal, type Signal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { HoverCard, spanText } from './hover-card.tsx';
import type { JobPicture, Task } from './job-picture.ts';
import { Overview } from './overview.tsx';
import { StripModel } from './strip-model.ts';
import { paintStrip, stripHeight, type Scene } from './strip-painter.ts';
import { followPointers } from './strip-pointer.ts';
import { Thumbnails } from './thumbnails.ts';
import { useCanvas } from './use-canvas.ts';
import { taskName, taskSentence } from './words.ts';

interface FilmStripProps {
  readonly picture: ReadonlySignal<JobPicture | undefined>;
  readonly jobId: string;
  readonly open: (task: Task) => void;
}

interface Strip {
  readonly model: StripModel;
  readonly thumbnails: Thumbnails;
  /** Counts pictures that came. */
  readonly pictures: ReadonlySignal<number>;
  /** The keyboard is here. */
  readonly focused: Signal<boolean>;
  readonly secondsPerFrame: () => number | null;
}

function makeStrip({ picture, jobId }: FilmStripProps): Strip {
  const model = new StripModel();
  const pictures = signal(0);
  const thumbnails = new Thumbnails(jobId, () => pictures.value++);
  const secondsPerFrame = (): number | null => {
    const seconds = picture.value?.job.duration_seconds ?? 0;
    return seconds > 0 && model.frames.value > 0 ? seconds / model.frames.value : null;
  };
  return { model, thumbnails, pictures, focused: signal(false), secondsPerFrame };
}

function sceneOf({ model, thumbnails, pictures, focused, secondsPerFrame }: Strip): Scene {
  void pictures.value;
  return {
    clips: model.clips.value,
    blocks: model.blocks.value,
    view: model.view.value,
    widthPx: model.width.value,
    secondsPerFrame: secondsPerFrame(),
    cursor: focused.value ? model.cursor.value : undefined,
    hover: model.hover.value,
    thumbnails: thumbnails.areNone ? undefined : thumbnails,
  };
}

/** The clips of a job on the film's time axis. Keys: arrows, Page, Home and End move, Enter opens, + - 0 zoom. */
export function FilmStrip(props: FilmStripProps): JSX.Element {
  const { picture, open } = props;
  const strip = useMemo(() => makeStrip(props), [props.jobId]);
  const { model } = strip;
  const canvas = useRef<HTMLCanvasElement>(null);
  const box = useRef<HTMLDivElement>(null);
  const { focused } = strip;
  const now = picture.value;
  useEffect(() => {
    if (now) model.update(now.tasks, now.job.frames_total);
  }, [now]);
  useCanvas({
    canvas,
    resized: (width) => (model.width.value = width),
    scene: () => sceneOf(strip),
    height: ({ thumbnails }) => stripHeight(thumbnails !== undefined),
    paint: paintStrip,
  });
  useEffect(() => (box.current ? followPointers(box.current, model, open) : undefined), [model, open]);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const task = model.clips.peek()[model.cursor.peek()]?.task;
    if (event.key === 'Enter' && task) open(task);
    else if (!model.press(event.key)) return;
    event.preventDefault();
  };
  return (
    <div class="strip">
      <div class="strip-place">
        <div
          ref={box}
          class="strip-box"
          role="listbox"
          tabIndex={0}
          aria-label="Clips on the film's time axis"
          aria-activedescendant="strip-cursor"
          aria-describedby="strip-keys"
          onKeyDown={onKeyDown}
          onFocus={() => (focused.value = box.current?.matches(':focus-visible') ?? false)}
          onBlur={() => (focused.value = false)}
        >
          <canvas ref={canvas} aria-hidden="true" />
          <Cursor strip={strip} />
        </div>
        <Hover strip={strip} />
      </div>
      <div class="strip-foot">
        <Overview model={model} />
        <Zoom model={model} />
      </div>
      <p id="strip-keys" class="unseen">
        Arrow keys, Page Up, Page Down, Home and End go from clip to clip, Enter opens one, plus and minus
        zoom, 0 shows the whole film.
      </p>
    </div>
  );
}

/** The clip that the keyboard is at, for screen readers. */
function Cursor({ strip: { model, secondsPerFrame } }: { strip: Strip }): JSX.Element {
  const at = model.cursor.value;
  const clip = model.clips.value[at];
  return (
    <div
      id="strip-cursor"
      class="unseen"
      role="option"
      aria-selected="true"
      aria-posinset={at + 1}
      aria-setsize={model.clips.value.length}
    >
      {clip
        ? `${taskName(clip.task)}, ${spanText(clip, secondsPerFrame())}: ${taskSentence(clip.task)}`
        : 'no clips yet'}
    </div>
  );
}

function Hover({ strip }: { strip: Strip }): JSX.Element | null {
  const { model, thumbnails, focused, secondsPerFrame } = strip;
  const blocks = model.blocks.value;
  const [hover, cursor] = [model.hover.value, model.cursor.value];
  const isKeyboard = hover === undefined && focused.value;
  const block = isKeyboard
    ? blocks.find(({ first, last }) => first <= cursor && cursor <= last)
    : blocks[hover ?? -1];
  if (!block) return null;
  const range = isKeyboard ? { first: cursor, last: cursor } : block;
  const clips = model.clips.value.slice(range.first, range.last + 1);
  return (
    <HoverCard
      clips={clips}
      at={{ x: block.x + block.width / 2, width: model.width.value }}
      secondsPerFrame={secondsPerFrame()}
      thumbnails={thumbnails}
    />
  );
}

function Zoom({ model }: { model: StripModel }): JSX.Element {
  return (
    <div class="strip-zoom" role="group" aria-label="Zoom">
      <button type="button" class="icon-button" aria-label="Zoom out" onClick={() => model.zoom(1 / 2)}>
        −
      </button>
      <button type="button" class="icon-button" aria-label="Zoom in" onClick={() => model.zoom(2)}>
        +
      </button>
      <button type="button" class="button" disabled={model.isWhole.value} onClick={() => model.showAll()}>
        Whole film
      </button>
    </div>
  );
}
