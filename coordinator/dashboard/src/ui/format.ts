/** `1,234`. */
export function count(value: number): string {
  return value.toLocaleString('en');
}

/** Frames a second: three digits are enough. */
export function rate(value: number): string {
  return value >= 100 ? count(Math.round(value)) : value.toFixed(value >= 10 ? 1 : 2).replace(/\.?0+$/, '');
}

const UNITS = ['B', 'KB', 'MB', 'GB', 'TB', 'PB'] as const;

/** Bytes in decimal units, as disks and networks have them: `1.5 GB`. */
export function bytes(value: number): string {
  let [size, unit] = [value, 0];
  while (size >= 999.5 && unit < UNITS.length - 1) [size, unit] = [size / 1000, unit + 1];
  return `${unit === 0 || size >= 99.5 ? Math.round(size) : size.toFixed(1)} ${UNITS[unit]}`;
}

/** Memory in binary units: `32 GiB`. */
export function memory(value: number): string {
  const gib = value / 2 ** 30;
  return gib >= 1
    ? `${gib >= 10 ? Math.round(gib) : gib.toFixed(1)} GiB`
    : `${Math.round(value / 2 ** 20)} MiB`;
}

/** Seconds as people say them: `42 s`, `3 min 20 s`, `2 h 5 min`, `4 d 3 h`. */
export function duration(seconds: number): string {
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return `${s} s`;
  if (s < 3600) return two(s, { big: 60, bigName: 'min', small: 1, smallName: 's' });
  if (s < 86_400) return two(s, { big: 3600, bigName: 'h', small: 60, smallName: 'min' });
  return two(s, { big: 86_400, bigName: 'd', small: 3600, smallName: 'h' });
}

interface TwoUnits {
  readonly big: number;
  readonly bigName: string;
  readonly small: number;
  readonly smallName: string;
}

function two(s: number, { big, bigName, small, smallName }: TwoUnits): string {
  const rest = Math.floor((s % big) / small);
  return `${Math.floor(s / big)} ${bigName}${rest > 0 ? ` ${rest} ${smallName}` : ''}`;
}

/** A share of 1 as `42 %`. */
export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** How long ago, or `now`; times of a clock that is ahead are now. */
export function ago(at: string, nowMs: number): string {
  const s = Math.floor((nowMs - Date.parse(at)) / 1000);
  if (s < 5) return 'now';
  if (s < 60) return `${s} s ago`;
  if (s < 3600) return `${Math.floor(s / 60)} min ago`;
  if (s < 86_400) return `${Math.floor(s / 3600)} h ago`;
  return `${Math.floor(s / 86_400)} d ago`;
}

/** The day and time in the reader's zone. */
export function dateTime(at: string): string {
  return new Date(at).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
}
