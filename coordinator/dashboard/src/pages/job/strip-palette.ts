import type { TaskState } from './job-picture.ts';

/** Paint of the strip in the colours of the theme. Each state has a pattern of its own, so that colour is not all that tells them apart. */
export interface Palette {
  readonly state: Readonly<Record<TaskState, string>>;
  readonly pattern: Readonly<Record<TaskState, CanvasPattern | undefined>>;
  readonly text: string;
  readonly onState: string;
  readonly faint: string;
  readonly line: string;
  readonly film: string;
  readonly hole: string;
  readonly focus: string;
  readonly font: string;
}

const STATES: readonly TaskState[] = ['ready', 'leased', 'succeeded', 'failed', 'cancelled'];
const TILE_PX = 8;

type Draw = (context: CanvasRenderingContext2D) => void;

function lines(...spans: readonly (readonly [number, number, number, number])[]): Draw {
  return (context) => {
    context.beginPath();
    for (const [x1, y1, x2, y2] of spans) {
      context.moveTo(x1, y1);
      context.lineTo(x2, y2);
    }
    context.stroke();
  };
}

/** Lines go on beyond the tile, so that neighbours meet. */
const DIAGONAL = lines([-2, 2, 2, -2], [-2, 10, 10, -2], [6, 10, 10, 6]);
const CROSSED = lines(
  ...([
    [0, 0, 8, 8],
    [8, 0, 0, 8],
  ] as const),
);
const PATTERNS: Readonly<Record<TaskState, Draw | undefined>> = {
  ready: (context) => context.fillRect(3, 3, 1.5, 1.5),
  leased: DIAGONAL,
  succeeded: undefined,
  failed: CROSSED,
  cancelled: lines([0, 4, 8, 4]),
};

function tile(draw: Draw, colour: string, scale: number): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = TILE_PX * scale;
  const context = canvas.getContext('2d');
  if (context) {
    context.scale(scale, scale);
    context.strokeStyle = context.fillStyle = colour;
    context.lineWidth = 1.6;
    draw(context);
  }
  return canvas;
}

/** Resolves custom properties to colours that a canvas takes: by themselves they may be `light-dark(...)`. */
function colourReader(element: Element): (name: string) => string {
  const probe = element.appendChild(document.createElement('span'));
  probe.hidden = true;
  const style = getComputedStyle(probe);
  return (name) => {
    probe.style.color = `var(${name})`;
    return style.color;
  };
}

/** Reads the theme as it is now; made anew when it changes. */
export function readPalette(element: Element, scale: number): Palette {
  const value = colourReader(element);
  const context = document.createElement('canvas').getContext('2d');
  const all = <T>(make: (state: TaskState) => T): Record<TaskState, T> =>
    Object.fromEntries(STATES.map((state) => [state, make(state)])) as Record<TaskState, T>;
  const pattern = (state: TaskState): CanvasPattern | undefined => {
    const draw = PATTERNS[state];
    if (!draw || !context) return undefined;
    const made = context.createPattern(tile(draw, value(`--strip-${state}-mark`), scale), 'repeat');
    made?.setTransform(new DOMMatrix().scale(1 / scale));
    return made ?? undefined;
  };
  const palette: Palette = {
    state: all((state) => value(`--strip-${state}`)),
    pattern: all(pattern),
    text: value('--strip-text'),
    onState: value('--strip-on-state'),
    faint: value('--strip-faint'),
    line: value('--strip-line'),
    film: value('--strip-film'),
    hole: value('--strip-hole'),
    focus: value('--strip-focus'),
    font: getComputedStyle(element).fontFamily,
  };
  element.lastElementChild?.remove();
  return palette;
}
