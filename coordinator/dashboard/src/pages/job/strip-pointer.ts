import type { Task } from './job-picture.ts';
import type { StripModel } from './strip-model.ts';

/** A pointer that moved less far was a click. */
const CLICK_PX = 5;
const WHEEL_ZOOM = 1.0025;

/** Drag moves, two fingers or Ctrl and the wheel zoom, a click opens. Returns what ends it. */
export function followPointers(
  element: HTMLElement,
  model: StripModel,
  open: (task: Task) => void,
): () => void {
  const pointers = new Map<number, number>();
  let travelled = 0;
  const xOf = (event: MouseEvent): number => event.clientX - element.getBoundingClientRect().left;
  const spread = (): number => {
    const [a = 0, b = 0] = pointers.values();
    return Math.max(20, Math.abs(a - b));
  };
  const down = (event: PointerEvent): void => {
    if (event.button !== 0) return;
    pointers.set(event.pointerId, xOf(event));
    if (pointers.size === 1) travelled = 0;
    element.setPointerCapture(event.pointerId);
  };
  const move = (event: PointerEvent): void => {
    const x = xOf(event);
    const before = pointers.get(event.pointerId);
    if (before === undefined) {
      if (event.pointerType === 'mouse') model.point(x);
      return;
    }
    const wide = spread();
    pointers.set(event.pointerId, x);
    travelled += Math.abs(x - before);
    if (pointers.size === 2) {
      const [a = 0, b = 0] = pointers.values();
      model.zoom(spread() / wide, (a + b) / 2);
    } else if (travelled > CLICK_PX) {
      model.point(undefined);
      model.pan(before - x);
    }
  };
  const up = (event: PointerEvent): void => {
    if (!pointers.delete(event.pointerId) || event.type === 'pointercancel' || travelled > CLICK_PX) return;
    const task = model.pick(xOf(event));
    if (task) open(task);
  };
  const wheel = (event: WheelEvent): void => {
    const sideways = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX;
    if (event.ctrlKey || event.metaKey) model.zoom(WHEEL_ZOOM ** -event.deltaY, xOf(event));
    else if (sideways !== 0 && !model.isWhole.peek()) model.pan(sideways);
    else return;
    event.preventDefault();
  };
  const leave = (): void => model.point(undefined);
  element.addEventListener('pointerdown', down);
  element.addEventListener('pointermove', move);
  element.addEventListener('pointerup', up);
  element.addEventListener('pointercancel', up);
  element.addEventListener('pointerleave', leave);
  element.addEventListener('wheel', wheel, { passive: false });
  return () => {
    element.removeEventListener('pointerdown', down);
    element.removeEventListener('pointermove', move);
    element.removeEventListener('pointerup', up);
    element.removeEventListener('pointercancel', up);
    element.removeEventListener('pointerleave', leave);
    element.removeEventListener('wheel', wheel);
  };
}
