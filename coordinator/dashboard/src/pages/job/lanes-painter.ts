import { timeTicks } from './axis.ts';
import type { Lane, LaneItem } from './agent-lanes.ts';
import type { Palette } from './strip-palette.ts';

export interface LanesScene {
  readonly lanes: readonly Lane[];
  /** Milliseconds since 1970. */
  readonly span: { readonly from: number; readonly to: number };
  readonly widthPx: number;
  /** The pointer, in CSS pixels. */
  readonly at: { readonly x: number; readonly y: number } | undefined;
}

const AXIS_PX = 24;
const ROW_PX = 20;
const APART_PX = 6;
const NAME_PX = 120;
/** More lanes than this are not drawn: nobody reads them, and canvases have a largest size. */
const MOST_LANES = 400;

function heightOf({ rows }: Lane): number {
  return rows * ROW_PX + APART_PX;
}

/** CSS pixels. */
export function lanesHeight(lanes: readonly Lane[]): number {
  const shown = lanes.slice(0, MOST_LANES);
  return Math.max(80, AXIS_PX + APART_PX + shown.reduce((sum, lane) => sum + heightOf(lane), 0));
}

function nameWidth(widthPx: number): number {
  return Math.min(NAME_PX, widthPx / 4);
}

/** Where a bar is: x, y, width, height. */
function boxOf(
  { span, widthPx }: LanesScene,
  item: LaneItem,
  top: number,
): readonly [number, number, number, number] {
  const name = nameWidth(widthPx);
  const scale = (widthPx - name) / (span.to - span.from);
  const x = name + (item.from - span.from) * scale;
  return [
    x,
    top + APART_PX / 2 + item.row * ROW_PX,
    Math.max(2, (item.to - item.from) * scale - 1),
    ROW_PX - 3,
  ];
}

/** Calls back for each lane that is drawn, with its top. */
function eachLane({ lanes }: LanesScene, take: (lane: Lane, top: number) => void): void {
  let top = AXIS_PX;
  for (const lane of lanes.slice(0, MOST_LANES)) {
    take(lane, top);
    top += heightOf(lane);
  }
}

/** The bar under a pixel. */
export function hitLane(scene: LanesScene, { x, y }: { x: number; y: number }): LaneItem | undefined {
  let found: LaneItem | undefined;
  eachLane(scene, (lane, top) => {
    if (y < top || y >= top + heightOf(lane)) return;
    found = lane.items.find((item) => {
      const [left, up, width, height] = boxOf(scene, item, top);
      return x >= left && x <= left + width && y >= up && y <= up + height;
    });
  });
  return found;
}

export function paintLanes(context: CanvasRenderingContext2D, scene: LanesScene, palette: Palette): void {
  const { span, widthPx, lanes } = scene;
  const height = lanesHeight(lanes);
  context.clearRect(0, 0, widthPx, height);
  context.textBaseline = 'middle';
  context.font = `11px ${palette.font}`;
  const name = nameWidth(widthPx);
  const seconds = (span.to - span.from) / 1000;
  context.strokeStyle = palette.line;
  context.fillStyle = palette.faint;
  context.lineWidth = 1;
  for (const { at, label } of timeTicks(0, seconds, widthPx - name)) {
    const x = Math.round(name + (at / seconds) * (widthPx - name)) + 0.5;
    context.beginPath();
    context.moveTo(x, AXIS_PX - 4);
    context.lineTo(x, height);
    context.stroke();
    context.fillText(label, Math.min(x + 3, widthPx - context.measureText(label).width), AXIS_PX / 2 - 2);
  }
  eachLane(scene, (lane, top) => {
    context.font = `600 11px ${palette.font}`;
    context.fillStyle = palette.text;
    context.fillText(lane.agent, 0, top + APART_PX / 2 + ROW_PX / 2 - 1, name - 10);
    for (const item of lane.items) paintItem(context, { item, box: boxOf(scene, item, top), palette });
  });
}

function paintItem(
  context: CanvasRenderingContext2D,
  {
    item,
    box,
    palette,
  }: { item: LaneItem; box: readonly [number, number, number, number]; palette: Palette },
): void {
  const { state, kind, clip_index: clip } = item.task;
  const [x, y, width, height] = box;
  context.fillStyle = palette.state[state];
  context.beginPath();
  context.roundRect(x, y, width, height, Math.min(3, width / 2));
  context.fill();
  const pattern = palette.pattern[state];
  if (pattern) {
    context.fillStyle = pattern;
    context.fill();
  }
  const label = clip === null ? kind : String(clip + 1);
  context.font = `11px ${palette.font}`;
  if (context.measureText(label).width + 8 > width) return;
  context.fillStyle = palette.onState;
  context.fillText(label, x + 4, y + height / 2 + 0.5);
}
