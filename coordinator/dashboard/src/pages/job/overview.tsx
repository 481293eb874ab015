import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import type { StripModel } from './strip-model.ts';

/** Where the view is in the whole film; for the pointer, keys have the strip. */
export function Overview({ model }: { model: StripModel }): JSX.Element {
  const bar = useRef<HTMLDivElement>(null);
  const frames = Math.max(1, model.frames.value);
  const { from, to } = model.view.value;
  const drag = (event: PointerEvent): void => {
    const box = bar.current?.getBoundingClientRect();
    if (!box || event.buttons === 0) return;
    model.centreAt((event.clientX - box.left) / box.width);
  };
  const down = (event: PointerEvent): void => {
    bar.current?.setPointerCapture(event.pointerId);
    drag(event);
  };
  return (
    <div ref={bar} class="overview" aria-hidden="true" onPointerDown={down} onPointerMove={drag}>
      <div
        style={{
          left: `${(100 * from) / frames}%`,
          width: `${Math.max(0.5, (100 * (to - from)) / frames)}%`,
        }}
      />
    </div>
  );
}
