import { effect } from '@preact/signals';
import type { RefObject } from 'preact';
import { useEffect } from 'preact/hooks';
import { useApp } from '../../app/context.ts';
import { readPalette, type Palette } from './strip-palette.ts';

interface CanvasUse<Scene> {
  readonly canvas: RefObject<HTMLCanvasElement | null>;
  /** The width of its place, in CSS pixels, has changed. */
  readonly resized: (width: number) => void;
  /** What is to be drawn; the signals that it reads are followed. */
  readonly scene: () => Scene;
  /** CSS pixels. */
  readonly height: (scene: Scene) => number;
  readonly paint: (context: CanvasRenderingContext2D, scene: Scene, palette: Palette) => void;
}

/** A canvas as wide as its place, drawn anew after changes of its scene and of the theme, at most once a frame. */
export function useCanvas<Scene>({ canvas, resized, scene, height, paint }: CanvasUse<Scene>): void {
  const { theme } = useApp();
  useEffect(() => {
    const element = canvas.current;
    const place = element?.parentElement;
    const context = element?.getContext('2d');
    if (!element || !place || !context) return undefined;
    const observer = new ResizeObserver(() => resized(place.clientWidth));
    observer.observe(place);
    resized(place.clientWidth);
    let frame = 0;
    let palette: { readonly of: string; readonly is: Palette } | undefined;
    const draw = (now: Scene, isDark: boolean): void => {
      const scale = Math.max(1, window.devicePixelRatio);
      const of = `${isDark} ${scale}`;
      if (palette?.of !== of) palette = { of, is: readPalette(place, scale) };
      fit(element, { width: place.clientWidth, height: height(now), scale });
      context.setTransform(scale, 0, 0, scale, 0, 0);
      paint(context, now, palette.is);
    };
    const stop = effect(() => {
      const [now, isDark] = [scene(), theme.dark.value];
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(() => draw(now, isDark));
    });
    return () => {
      stop();
      observer.disconnect();
      cancelAnimationFrame(frame);
    };
  }, []);
}

/** Sizes are in CSS pixels; `scale` device pixels are one. */
function fit(
  element: HTMLCanvasElement,
  { width, height, scale }: { readonly width: number; readonly height: number; readonly scale: number },
): void {
  const [wide, high] = [Math.round(width * scale), Math.round(height * scale)];
  if (element.width === wide && element.height === high) return;
  element.width = wide;
  element.height = high;
  element.style.width = `${width}px`;
  element.style.height = `${height}px`;
}
