import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import UPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { useApp } from '../app/context.ts';

export interface PlotSeries {
  readonly label: string;
  /** A custom property of tokens.css, e.g. `--plot-1`. */
  readonly colour: string;
  readonly format: (value: number) => string;
}

interface PlotProps {
  readonly label: string;
  readonly series: readonly PlotSeries[];
  /** Seconds since 1970, then one array a series; null: not known. */
  readonly data: readonly (readonly (number | null)[])[];
  /** Pixels. */
  readonly height?: number;
}

/** A colour of tokens.css as it is now: canvas knows no custom properties. */
function colourOf(element: HTMLElement, name: string): string {
  element.style.color = `var(${name})`;
  const { color } = getComputedStyle(element);
  element.style.removeProperty('color');
  return color;
}

/** The same, almost transparent. */
function faint(colour: string): string {
  return colour.replace(/^rgb\((.*)\)$/, 'rgba($1, 0.13)');
}

interface PlotPlace {
  readonly element: HTMLElement;
  readonly width: number;
  readonly height: number;
}

function optionsOf({ series }: PlotProps, { element, ...size }: PlotPlace): UPlot.Options {
  const colour = (name: string): string => colourOf(element, name);
  const axis = {
    stroke: colour('--quiet'),
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { show: false },
    font: '12px system-ui, sans-serif',
  };
  return {
    ...size,
    cursor: { y: false, points: { size: 6 } },
    hooks: { setCursor: [showNewest] },
    scales: { y: { range: (_, min, max) => [Math.min(0, min), Math.max(1, max * 1.1)] } },
    axes: [axis, { ...axis, size: 52 }],
    series: [
      { value: '{HH}:{mm}:{ss}' },
      ...series.map(({ label, colour: name, format }) => ({
        label,
        stroke: colour(name),
        fill: faint(colour(name)),
        width: 1.5,
        points: { show: false },
        value: (_: UPlot, value: number | null) => (value === null ? '–' : format(value)),
      })),
    ],
  };
}

/** The legend tells of the place under the pointer, else of the newest. */
function showNewest(plot: UPlot): void {
  const at = plot.cursor.idx;
  if (at === null || at === undefined) plot.setLegend({ idx: plot.data[0].length - 1 }, false);
}

/** Values over time by uPlot, as wide as its place; drawn anew when the theme changes. */
export function Plot(props: PlotProps): JSX.Element {
  const { theme } = useApp();
  const { label, data, height = 220 } = props;
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<UPlot>(null);
  const dark = theme.dark.value;
  useEffect(() => {
    const element = place.current;
    if (!element) return undefined;
    const size = (): { width: number; height: number } => ({
      width: Math.max(200, element.clientWidth),
      height,
    });
    const made = new UPlot(optionsOf(props, { element, ...size() }), data as UPlot.AlignedData, element);
    plot.current = made;
    showNewest(made);
    const observer = new ResizeObserver(() => made.setSize(size()));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [dark]);
  useEffect(() => {
    plot.current?.setData(data as UPlot.AlignedData);
    if (plot.current) showNewest(plot.current);
  }, [data]);
  return <div class="plot" ref={place} role="img" aria-label={label} />;
}
