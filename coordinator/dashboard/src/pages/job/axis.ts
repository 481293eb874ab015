/** Steps of a time axis, in seconds. */
const STEPS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200];
/** Room for a label. */
const APART_PX = 84;

export interface Tick {
  readonly at: number;
  readonly label: string;
}

/** `1:02:03`, `2:03`, and with tenths where the step is finer than a second. */
export function clockText(seconds: number, isFine = false): string {
  const tenths = Math.round(seconds * 10);
  const whole = Math.floor(tenths / 10);
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (n: number): string => String(n).padStart(2, '0');
  const tail = isFine ? `.${tenths % 10}` : '';
  return h > 0 ? `${h}:${two(m)}:${two(s)}${tail}` : `${m}:${two(s)}${tail}`;
}

/** Round times in `[from, to]` seconds, so far apart that their labels have room. */
export function timeTicks(from: number, to: number, widthPx: number): Tick[] {
  const fit = Math.max(1, widthPx / APART_PX);
  const step = STEPS.find((one) => (to - from) / one <= fit) ?? Math.ceil((to - from) / fit / 3600) * 3600;
  const ticks: Tick[] = [];
  // Counted, not added up: tenths are no binary fractions.
  for (let n = Math.ceil(from / step - 1e-9); n * step <= to + 1e-9; n++)
    ticks.push({ at: n * step, label: clockText(n * step, step < 1) });
  return ticks;
}

/** The same in frames, for a film of which nobody knows how long it is. */
export function frameTicks(from: number, to: number, widthPx: number): Tick[] {
  const fit = Math.max(1, widthPx / APART_PX);
  const rough = Math.max(1, (to - from) / fit);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((n) => n * power).find((one) => one >= rough) ?? rough;
  const ticks: Tick[] = [];
  for (let at = Math.ceil(from / step) * step; at <= to; at += step)
    ticks.push({ at, label: at.toLocaleString('en') });
  return ticks;
}
